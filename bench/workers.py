"""python -m bench.workers: two web workers against one, two RQ workers against one. Three minutes.

Numbers are taken over REST, and calendars read, at the same server with one worker process and with two; then the slips
(电子凭证, one job each) of paid appointments are made by one RQ worker and by two. What is compared takes turns.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from statistics import median

from redis import Redis
from rq import Worker
from sqlalchemy import func, select, update
from sqlmodel import col

from bench import inprocess, reading, rest
from bench.server import scheduling, serving
from bench.stage import Stage, stage
from hospital_app import clock
from hospital_app import container as containers
from hospital_app.flows import outbox
from hospital_app.models.operation import OutboxRow
from tests.support.processes import Process, running
from tests.support.waiting import free_port, wait_until

ROUNDS = 3
HOLDS = 1000
CONNECTIONS = 64
READ_SECONDS = 3
SLIPS = 400

Row = tuple[str, str, str]


def web(here: Stage) -> Iterator[Row]:
    holds: dict[int, list[float]] = {1: [], 2: []}
    calendars: dict[int, list[float]] = {1: [], 2: []}
    with scheduling(here):
        for turn in range(ROUNDS):
            for count in (1, 2):
                several = replace(here, settings=here.settings.model_copy(update={"web_workers": count}))
                with serving(several, port=free_port()) as url:
                    port = int(url.rsplit(":", 1)[1])
                    rest.holds(here, here.wishes(100, label=f"warm-{turn}-{count}"), port=port)
                    wishes = here.wishes(HOLDS, label=f"web-{turn}-{count}")
                    inprocess.know(wishes)
                    load = rest.holds(here, wishes, port=port, connections=CONNECTIONS)
                    holds[count].append(load.per_second)
                    read = reading.calendar(url, reading.a_busy_doctor(), seconds=READ_SECONDS)
                    calendars[count].append(read.per_second)
    yield from _compared("holds over REST", "web worker", holds)
    yield from _compared("calendar reads", "web worker", calendars)


def queue(here: Stage) -> Iterator[Row]:
    rates: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(ROUNDS):
        for count in (1, 2):
            rates[count].append(_slips(here, count, label=f"slips-{turn}-{count}"))
    yield from _compared("slips made", "RQ worker", rates)


def _slips(here: Stage, workers: int, *, label: str) -> float:
    """Slips a second, from the first job in the queue to the last row done; the workers are there before."""
    wishes = here.wishes(SLIPS, label=label)
    inprocess.holds(wishes, 64)
    inprocess.captures(here.bills(wishes), 8)
    with containers.container().sessions.begin() as session:  # partners that are not here would only be waited for
        session.execute(update(OutboxRow).where(col(OutboxRow.kind) != "slip.make").values(done_at=clock.now()))
    with ExitStack() as stack:
        for number in range(workers):
            process = Process(
                f"{label}-{number}", ["-m", "workers", "work"], directory=here.directory, environment=here.environment
            )
            stack.enter_context(running(process))
        with Redis.from_url(here.settings.redis_url) as client:
            wait_until(lambda: Worker.count(client) == workers, seconds=30, what="the workers")
        began = time.perf_counter()
        outbox.relay()
        wait_until(_all_made, seconds=120, what="the slips")
        return SLIPS / (time.perf_counter() - began)


def _all_made() -> bool:
    with containers.container().sessions() as session:
        mine = (col(OutboxRow.kind) == "slip.make", col(OutboxRow.done_at).is_(None))
        undone = select(func.count(col(OutboxRow.id))).where(*mine)
        return session.scalar(undone) == 0


def _compared(what: str, worker: str, rates: dict[int, list[float]]) -> Iterator[Row]:
    ratio = median(two / one for one, two in zip(rates[1], rates[2], strict=True))
    yield (f"{what}, 1 {worker}", f"{median(rates[1]):.0f} a second", "1")
    yield (f"{what}, 2 {worker}s", f"{median(rates[2]):.0f} a second", f"{ratio:.2f} of one")


def main() -> int:
    print("| what | median | beside it |\n|---|---:|---|")
    with stage() as here:
        parts: list[Callable[[Stage], Iterator[Row]]] = [web, queue]
        for part in parts:
            for name, value, note in part(here):
                print(f"| {name} | {value} | {note} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
