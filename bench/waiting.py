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
    web = _web(parts.port or 80)
    before = _memory(web)
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
        _still(waiting)
        await asyncio.sleep(0.2)
    memory, began = _memory(web), _processor(web)
    await asyncio.sleep(WATCHED_SECONDS)
    spent = _processor(web) - began
    people = _still(waiting)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return (memory - before) / 1024 / people, spent * 1000 / WATCHED_SECONDS / people


def _still(waiting: list[asyncio.Task[None]]) -> int:
    """How many wait: a few are let in meanwhile. Raises what went wrong for one of them."""
    for each in waiting:
        if each.done():
            each.result()
    return sum(not each.done() for each in waiting)


def _web(port: int) -> list[Path]:
    """The web server's processes: those that were told this port."""
    found = subprocess.run(["pgrep", "-f", "hospital_app serve"], check=True, capture_output=True, text=True).stdout
    here = f"HOSPITAL_PORT={port}".encode()
    return [proc for pid in found.split() if here in (proc := Path("/proc", pid, "environ")).read_bytes().split(b"\0")]


def _memory(web: list[Path]) -> float:
    return sum(int((each.parent / "statm").read_text().split()[1]) * PAGE for each in web)


def _processor(web: list[Path]) -> float:
    stats = [(each.parent / "stat").read_text().rpartition(")")[2].split() for each in web]
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
