"""python -m bench.waiting [people]: what a web server spends on a crowd in the lobby, one connection each."""

import asyncio
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.server import scheduling, serving
from bench.stage import stage
from hospital_app.domain.policy import Rules
from tests.support.waiting import free_port

PEOPLE = 2_000
WATCHED_SECONDS = 20
#: So slow that all of them still wait at the end.
RULES = Rules(lobby_per_second=1, lobby_burst_seconds=1)
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


async def crowd(url: str, people: int) -> tuple[float, float]:
    """They come, and wait. KiB of memory and milliseconds of processor time a second that each of them costs."""
    parts = urlsplit(url)
    request = f"GET /api/v1/lobby/events HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode()
    before = _memory()
    told: set[int] = set()

    async def wait(who: int) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(request)
            if b" 200 " not in (status := await reader.readline()):
                raise RuntimeError(status.decode())
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    told.add(who)
        finally:
            writer.close()

    waiting = []
    for who in range(people):
        waiting.append(asyncio.create_task(wait(who)))
        await asyncio.sleep(0.002)
    while len(told) < people:
        _nobody_left(waiting)
        await asyncio.sleep(0.2)
    memory, began = _memory(), _processor()
    await asyncio.sleep(WATCHED_SECONDS)
    spent = _processor() - began
    _nobody_left(waiting)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return (memory - before) / 1024 / people, spent * 1000 / WATCHED_SECONDS / people


def _nobody_left(waiting: list[asyncio.Task[None]]) -> None:
    """Raises why somebody waits no more."""
    for each in waiting:
        if each.done():
            each.result()
            raise RuntimeError("somebody was let in")


def _web() -> list[Path]:
    """The web server's processes: those that this one started, and theirs."""
    found = subprocess.run(["pgrep", "-f", "hospital_app serve"], check=True, capture_output=True, text=True).stdout
    return [Path("/proc", pid) for pid in found.split()]


def _memory() -> float:
    return sum(int((each / "statm").read_text().split()[1]) * PAGE for each in _web())


def _processor() -> float:
    stats = [(each / "stat").read_text().rpartition(")")[2].split() for each in _web()]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS


def main(arguments: list[str]) -> int:
    people = int(arguments[0]) if arguments else PEOPLE
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with stage(rules=RULES) as here, scheduling(here), serving(here, port=free_port()) as url:
        time.sleep(2)  # what a server does once at its start is not the crowd's
        memory, processor = asyncio.run(crowd(url, people))
    print("| who waits in the lobby | memory each | processor time each |\n|---|---:|---:|")
    print(f"| {people:,} people | {memory:.0f} KiB | {processor:.2f} ms a second |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
