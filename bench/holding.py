"""python -m bench.holding: holds a second, in process and over REST, and the end of many holds at once.

All rates of a line are of one run; what is compared takes turns. A minute or two.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from statistics import median

from sqlalchemy import select, update
from sqlmodel import col

from bench import bare, inprocess, rest
from bench.client import Load
from bench.server import scheduling, serving
from bench.stage import Stage, Wish, stage
from hospital_app import clock
from hospital_app import container as containers
from hospital_app.flows import booking
from hospital_app.launch.serve import spare_what_stays
from hospital_app.models.booking import Appointment, Slot
from tests.support.waiting import free_port

ROUNDS = 3
BARE_THREADS = (8, 32)
CALLERS = (("threads", 256), ("tasks", 64), ("tasks", 256), ("tasks", 512))
#: Enough that filling the first batch and emptying the last one is no part of what is compared: 512 callers fill two.
PER_ROUND = 2000
OVER_REST = 1000
CONNECTIONS = 64
EXPIRING = 10_000
CONSTANT = "/api/v1/bench/constant"  # bench/constant.py

Row = tuple[str, str, str]


def in_process(here: Stage) -> Iterator[Row]:
    """Holds a second, spread over the clinics, against the two statements by bare PyMySQL."""
    own: dict[str, Callable[[list[Wish], int], float]] = {
        "threads": inprocess.holds,
        "tasks": inprocess.holds_of_tasks,
    }
    inprocess.holds(here.wishes(200, label="warm"), 64)
    spare_what_stays()  # as a web process does
    floors: list[float] = []
    rates: dict[tuple[str, int], list[float]] = {each: [] for each in CALLERS}
    for turn in range(ROUNDS):
        floors.append(
            max(
                bare.holds(here, here.wishes(PER_ROUND, label=f"bare-{turn}-{threads}"), threads)
                for threads in BARE_THREADS
            )
        )
        for kind, callers in rates:
            wishes = here.wishes(PER_ROUND, label=f"{kind}-{turn}-{callers}")
            inprocess.know(wishes)
            rates[kind, callers].append(own[kind](wishes, callers))
    yield ("hold, bare PyMySQL, best of 8 and 32 threads", f"{median(floors):.0f} holds/s", "1")
    for (kind, callers), mine in rates.items():
        ratio = median(rate / floor for rate, floor in zip(mine, floors, strict=True))
        yield (f"hold, in process, {callers} {kind}", f"{median(mine):.0f} holds/s", f"{ratio:.2f} of bare")


def over_rest(here: Stage) -> Iterator[Row]:
    """POST /api/v1/appointments against an endpoint that parses the same body and reads the session."""
    constants, loads = [], []
    with serving(here, "bench.constant", port=free_port()) as url, scheduling(here):
        port = int(url.rsplit(":", 1)[1])
        rest.holds(here, here.wishes(200, label="rest-warm"), port=port, connections=CONNECTIONS)
        for turn in range(ROUNDS):
            wishes = here.wishes(OVER_REST, label=f"rest-{turn}")
            constants.append(rest.holds(here, wishes, port=port, connections=CONNECTIONS, path=CONSTANT))
            inprocess.know(wishes)
            loads.append(rest.holds(here, wishes, port=port, connections=CONNECTIONS))
    ratio = median(mine.per_second / other.per_second for mine, other in zip(loads, constants, strict=True))
    yield (
        f"POST of the same body answered with a constant, {CONNECTIONS} connections",
        _rate(constants),
        _times(constants),
    )
    yield ("hold over REST", _rate(loads), f"{ratio:.2f} of the constant, {_times(loads)}")


def expiry(here: Stage) -> Iterator[Row]:
    """So many holds end at one second; what the scheduler does then."""
    with containers.container().sessions.begin() as session:  # those of the other lines are not in the way
        session.execute(update(Appointment).values(held_until=clock.now() + timedelta(days=1)))
    wishes = here.wishes(EXPIRING, label="expiring")
    inprocess.holds(wishes, 256)
    over = clock.now()
    with containers.container().sessions.begin() as session:
        mine = col(Appointment.held_until) < over + timedelta(hours=1)
        numbers = select(col(Appointment.slot_id)).where(mine)
        session.execute(update(Slot).where(col(Slot.id).in_(numbers)).values(held_until=over))
        session.execute(update(Appointment).where(mine).values(held_until=over))
    began = time.perf_counter()
    done = booking.sweep()
    took = time.perf_counter() - began
    if done != EXPIRING:
        raise RuntimeError(f"{done} of {EXPIRING} ended")
    what = f"{EXPIRING:,} holds that end at one second are all free after"
    yield (what, f"{took:.1f} s", f"{done / took:.0f} a second")


def _rate(loads: list[Load]) -> str:
    return f"{median(load.per_second for load in loads):.0f} req/s"


def _times(loads: list[Load]) -> str:
    p50, p99 = median(load.p50_ms for load in loads), median(load.p99_ms for load in loads)
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def main() -> int:
    print("| what | median | beside it |\n|---|---:|---|")
    with stage(hold_committers=2) as here:  # the best of one process that does nothing else
        served = replace(here, settings=here.settings.model_copy(update={"hold_committers": 1}))
        for part in (in_process(here), over_rest(served), expiry(here)):
            for name, value, note in part:
                print(f"| {name} | {value} | {note} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
