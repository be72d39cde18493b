"""python -m bench: measures everything in one run and prints one Markdown table. About two minutes.

All rates are of the same run on the same machine, so the ratios hold where the absolute numbers don't. Each line is
the median of ROUNDS rounds; within a round the things that are compared take turns.
"""

import os
import platform
import sys
from collections.abc import Iterator
from statistics import median

import httpx

from bench import bare, events, inprocess, logins, pages, rest
from bench import calendars as kept
from bench.client import Load
from bench.server import serving
from bench.stage import Stage, stage
from hospital_app import clock
from tests.support.waiting import free_port

ROUNDS = 3
THREADS = (8, 32)
BARE_PAIRS = 800
OWN_PAIRS = 240
READ_SECONDS = 2
ROUND_TRIPS = 200
LOGINS = 20
PAGES = ["/", "/find", "/departments", "/signin", "/appointments", "/screen", "/desk", "/admin"]

Row = tuple[str, str, str]


def booking(stage: Stage) -> Iterator[Row]:
    """Hold + pay: pairs a second, each pair two transactions."""
    floors, own, over_rest = [], [], []
    loads: list[tuple[Load, Load]] = []
    for turn in range(ROUNDS):
        floors.append(max(_bare(stage, threads, f"bare-{turn}-{threads}") for threads in THREADS))
        own.append(max(_own(stage, threads, f"own-{turn}-{threads}") for threads in THREADS))
        wishes = stage.wishes(OWN_PAIRS, label=f"rest-{turn}")
        loads.append((rest.holds(stage, wishes), rest.captures(stage, stage.bills(wishes))))
        over_rest.append(_pairs(loads[-1][0].per_second, loads[-1][1].per_second))
    floor = median(floors)
    yield ("hold + pay, bare PyMySQL, best of 8 and 32 threads", f"{floor:.0f} pairs/s", "1")
    ratio = median(mine / bare for mine, bare in zip(own, floors, strict=True))
    yield ("hold + pay, in process, best of 8 and 32 threads", f"{median(own):.0f} pairs/s", f"{ratio:.3f} of bare")
    ratio = median(mine / bare for mine, bare in zip(over_rest, floors, strict=True))
    yield ("hold + pay over REST, 32 connections", f"{median(over_rest):.0f} pairs/s", f"{ratio:.3f} of bare")
    for which, name in ((0, "hold"), (1, "payment callback")):
        each = [load[which] for load in loads]
        yield (f"· {name} over REST", f"{_rate(each):.0f} req/s", _latency(each))


def _bare(stage: Stage, threads: int, label: str) -> float:
    wishes = stage.wishes(BARE_PAIRS, label=label)
    holds = bare.holds(stage, wishes, threads)
    return _pairs(holds, bare.captures(stage, stage.bills(wishes), threads))


def _own(stage: Stage, threads: int, label: str) -> float:
    wishes = stage.wishes(OWN_PAIRS, label=label)
    holds = inprocess.holds(wishes, threads)
    return _pairs(holds, inprocess.captures(stage.bills(wishes), threads))


def _pairs(holds: float, captures: float) -> float:
    """Pairs a second of two rates: each pair takes one of each."""
    return 1 / (1 / holds + 1 / captures)


def calendars(stage: Stage) -> Iterator[Row]:
    """The limits: 0.7 of what is passed through, and 5 times the p99 of a quiet hour."""
    rounds = kept.rounds(stage, count=ROUNDS, seconds=READ_SECONDS)
    passed = [each.passed_through for each in rounds]
    loads = [each.calendar for each in rounds]
    ratio = median(each.calendar.per_second / each.passed_through.per_second for each in rounds)
    yield ("GET one value of Redis, passed through", f"{_rate(passed):.0f} req/s", _latency(passed))
    yield ("GET a doctor's calendar of 7 days", f"{_rate(loads):.0f} req/s", f"{ratio:.2f} of the value passed through")
    yield ("· its latency at 32 connections", "", _latency(loads))
    quiet, rush = [each.quiet for each in rounds], [each.rush for each in rounds]
    slower = median(each.rush.p99_ms / each.quiet.p99_ms for each in rounds)
    yield ("· 100 reads a second, in a quiet hour", f"{_rate(quiet):.0f} req/s", _latency(quiet))
    yield ("· 100 reads a second, while numbers are taken", f"{_rate(rush):.0f} req/s", _latency(rush))
    yield ("· its p99 then", f"{slower:.1f} times the quiet one", "")


def signing_in() -> Iterator[Row]:
    """What a password costs beside a code: Argon2id, on purpose."""
    rounds = [logins.costs(LOGINS) for _ in range(ROUNDS)]
    ratio = median(each.by_password / each.by_code for each in rounds)
    yield ("sign in by SMS code, in process", f"{median(each.by_code for each in rounds):.1f} ms", "1")
    yield (
        "sign in by password, in process",
        f"{median(each.by_password for each in rounds):.1f} ms",
        f"{ratio:.1f} of a code",
    )
    yield (
        "· the comparison of its hash alone (Argon2id, 64 MiB)",
        f"{median(each.comparison for each in rounds):.1f} ms",
        "",
    )


def sockets(url: str) -> Iterator[Row]:
    rounds = [events.round_trips(url, ROUND_TRIPS) for _ in range(ROUNDS)]
    for name in rounds[0]:
        p50, p99 = (median(each[name][which] for each in rounds) for which in (0, 1))
        yield (f"event round trip, {name}", f"{p50:.1f} ms", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def gatekeeper(stage: Stage, url: str) -> Iterator[Row]:
    """What asking who somebody is costs: the same server beside itself without its gatekeeper."""
    account = httpx.post(f"{url}/sandbox/accounts", json={"count": 1}, trust_env=False).json()[0]
    cookie = f"{stage.settings.session_cookie}={account['token']}"
    with serving(stage, "bench.ungated", port=free_port()) as ungated:
        rounds = [events.gate(url, ungated, cookie, ROUND_TRIPS) for _ in range(ROUNDS)]
    asked, unasked = (median(each[which] for each in rounds) for which in (0, 1))
    ratio = median(each[0] / each[1] for each in rounds)
    yield ("event that needs a right, without the gatekeeper", f"{unasked:.2f} ms", "1")
    yield ("event that needs a right", f"{asked:.2f} ms", f"{ratio:.2f} of it without")


def visits(url: str) -> Iterator[Row]:
    for visit in pages.first_visits(url, PAGES):
        yield (f"first visit of {visit.path}", f"{visit.kib:.0f} KiB gz", f"{visit.requests} requests")


def _rate(loads: list[Load]) -> float:
    return median(load.per_second for load in loads)


def _latency(loads: list[Load]) -> str:
    p50, p99 = median(load.p50_ms for load in loads), median(load.p99_ms for load in loads)
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def main() -> int:
    rows: list[Row] = []
    with stage() as here, serving(here) as url:
        for part in (
            booking(here),
            signing_in(),
            calendars(here),
            sockets(url),
            gatekeeper(here, url),
            visits(url),
        ):
            for row in part:
                rows.append(row)
                print(f"  {row[0]}: {row[1]}  {row[2]}", file=sys.stderr, flush=True)
    print(f"\n{clock.now():%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, {ROUNDS} rounds\n")
    print("| what | median | beside it |\n|---|---:|---|")
    for name, value, note in rows:
        print(f"| {name} | {value} | {note} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
