"""python -m bench.paced URL A_SECOND SECONDS: reads one address at a steady pace, and prints how long each answer took.

Each read has its moment, and its time counts from that moment, whether the one before it has been answered or not: a
server that stands still for a second is seen by all who would have asked within that second, as people would see it.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from statistics import quantiles
from urllib.parse import urlsplit

from bench.client import Load

CONNECTIONS = 32
A_SECOND = 100


def paced(url: str, *, seconds: int) -> Load:
    """The same by a process of its own."""
    command = [sys.executable, "-m", "bench.paced", url, str(A_SECOND), str(seconds)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    took: list[float] = json.loads(said)
    cuts = quantiles(took, n=100)
    return Load(len(took) / seconds, cuts[49], cuts[98])


async def read(url: str, *, a_second: float, seconds: float) -> list[float]:
    """Milliseconds from the moment of each read to its answer."""
    parts = urlsplit(url)
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection(parts.hostname, parts.port))
    took: list[float] = []

    async def one(due: float) -> None:
        reader, writer = await idle.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        took.append((time.perf_counter() - due) * 1000)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        idle.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as reads:
        for turn in range(int(a_second * seconds)):
            due = began + turn / a_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            reads.create_task(one(due))
    return took


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"no length: {head!r}")


if __name__ == "__main__":
    with suppress(PermissionError):  # as if it were on a machine of its own
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    print(json.dumps(asyncio.run(read(sys.argv[1], a_second=float(sys.argv[2]), seconds=float(sys.argv[3])))))
