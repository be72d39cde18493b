"""python -m bench.rush --accounts N --numbers M --bots P --seed S: the morning of a release, through the REST stack.

N accounts want M numbers of a few doctors that open at one instant; P of the accounts are bots with five devices each.
Everything is real: MariaDB that flushes every commit, Redis, the web server with two workers, the budgets and the
guards of a hospital. Afterwards the books are asked what became of it, and a second, hopeless crowd is sent to the
sold-out doctors while MariaDB counts its questions.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

import pymysql
from pymysql.cursors import Cursor
from sqlalchemy import func, select
from sqlmodel import col

from bench.crowd import BOT_GAP_SECONDS, THINK_SECONDS, Kind, Visitor, crowd
from bench.proving import Computers
from bench.server import serving
from bench.stage import Stage, stage
from bench.streams import Answer, Streams
from hospital_app import clock
from hospital_app import container as containers
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import sandbox
from hospital_app.flows.unit import perform
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.changing import ScalpingAlert
from hospital_app.services import audit, sessions
from hospital_app.services.sandbox_people import Invented
from tests.support.builders import a_doctor, a_schedule
from tests.support.processes import Process, running

DOCTORS = 5
PERIODS = 8  # half hours of a morning
LEAD_SECONDS = 15.0  # for those who come before the release
ACCOUNTS_AT_ONCE = 500
HOPELESS = 1000
DWELL_SECONDS = 1.5  # more than the house wants to have seen somebody before
PROOFS_AT_MOST = 3  # for one try
GIVEN_UP_SECONDS = 60.0  # after the release nobody computes for a number any more
CONNECTIONS = 256
GATE_SECONDS = 2.5  # longer than the scheduler's round for the gate
SCHEDULER = "scheduler"
#: What a hospital's own settings say; the stage of the other benchmarks has no budgets.
BUDGETS = {
    "budget_session_per_minute": 300,
    "budget_account_per_minute": 600,
    "budget_address_per_minute": 12_000,
    "budget_reading_per_minute": 12_000,
}


@dataclass
class Told:
    """What all visitors of one kind were answered."""

    numbers: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    accepted_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)
    looks_ms: list[float] = field(default_factory=list)
    barred: set[int] = field(default_factory=set)  # accounts that were taken for something else, or had to prove


@dataclass(frozen=True)
class Market:
    """The doctors whose numbers everybody wants: (doctor, schedule) each, and their half hours."""

    clinics: list[tuple[int, int]]
    starts: list[datetime]
    released_at: datetime


@dataclass
class Rush:
    """One release."""

    streams: Streams
    market: Market
    people: Sequence[Invented]
    tokens: dict[str, str]  # of each device
    begins: float  # of the event loop's clock: the release
    computers: Computers
    told: dict[Kind, Told] = field(default_factory=lambda: {kind: Told() for kind in Kind})
    granted: dict[str, int] = field(default_factory=dict)  # appointment -> account
    last_sold_at: float = 0.0

    async def visit(self, visitor: Visitor) -> None:
        draw, told = random.Random(visitor.seed), self.told[visitor.kind]
        doctor_id, schedule_id = draw.choice(self.market.clinics)
        left: dict[str, int] | None = None
        if visitor.looks_at is not None:
            await self._until(visitor.looks_at)
            left = await self._look(visitor, doctor_id, told)
        await self._until(visitor.first_try_at)
        for attempt in range(visitor.tries):
            if attempt and visitor.kind is Kind.HONEST:
                left = await self._look(visitor, doctor_id, told)
                await asyncio.sleep(draw.uniform(*THINK_SECONDS))
            wanted = [start for start, count in (left or {}).items() if count > 0]
            if attempt and visitor.kind is Kind.HONEST and not wanted:
                return
            starts_at = draw.choice(wanted or [start.isoformat() for start in self.market.starts])
            code = await self._try(visitor, schedule_id, starts_at, f"{visitor.device}-{attempt}", told)
            if code in ("booked", "duplicate_booking", "limit_reached", "account_frozen", "given up"):
                return
            if visitor.kind is Kind.BOT:
                await asyncio.sleep(BOT_GAP_SECONDS)

    async def _look(self, visitor: Visitor, doctor_id: int, told: Told) -> dict[str, int]:
        answer = await self.streams.ask(
            "GET", f"/api/v1/doctors/{doctor_id}/calendar?days=7", self._headers(visitor), None
        )
        told.looks_ms.append(answer.milliseconds)
        if answer.status != 200:
            return {}
        return {cell["starts_at"]: cell["left"] for cell in json.loads(answer.body)["cells"]}

    async def _try(self, visitor: Visitor, schedule_id: int, starts_at: str, key: str, told: Told) -> str:
        body = {
            "schedule_id": schedule_id,
            "starts_at": starts_at,
            "patient_id": self.people[visitor.account].patient_id,
        }
        headers = {**self._headers(visitor), "Idempotency-Key": key}
        answer = await self.streams.ask("POST", "/api/v1/appointments", headers, json.dumps(body))
        for _ in range(PROOFS_AT_MOST):
            if _code(answer) != "proof_needed":
                break
            told.codes["proof_needed"] += 1
            told.barred.add(visitor.account)
            proof = await self._prove(visitor)
            if proof is None:
                return "given up"
            headers["X-Guahao-Proof"] = proof
            answer = await self.streams.ask("POST", "/api/v1/appointments", headers, json.dumps(body))
        if answer.status == 201:
            told.numbers += 1
            told.accepted_ms.append(answer.milliseconds)
            told.codes["booked"] += 1
            self.granted[json.loads(answer.body)["no"]] = visitor.account
            self.last_sold_at = max(self.last_sold_at, asyncio.get_running_loop().time() - self.begins)
            return "booked"
        code = _code(answer)
        told.codes[code] += 1
        told.refused_ms.append(answer.milliseconds)
        if code in ("account_frozen", "too_many_requests"):
            told.barred.add(visitor.account)
        return code

    async def _prove(self, visitor: Visitor) -> str | None:
        try:
            async with asyncio.timeout_at(self.begins + GIVEN_UP_SECONDS):
                return await self.computers.prove(self.streams, self._headers(visitor), visitor.kind.value)
        except TimeoutError:
            return None

    def _headers(self, visitor: Visitor) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.tokens[visitor.device]}",
            "X-Forwarded-For": visitor.address,
            "X-Guahao-Device": visitor.device,
        }

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, self.begins + at - asyncio.get_running_loop().time()))


def _code(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["error"])
    except (ValueError, KeyError):
        return f"status {answer.status}"


def open_market(numbers: int) -> Market:
    """`numbers` over DOCTORS × PERIODS half hours of a morning, all released LEAD_SECONDS from now."""
    house = containers.container()
    on = clinic_day(clock.now()) + timedelta(days=6)
    released_at = clock.now() + timedelta(seconds=LEAD_SECONDS)
    per_period = numbers // (DOCTORS * PERIODS)
    if per_period < 1 or numbers % (DOCTORS * PERIODS):
        raise SystemExit(f"--numbers must be a multiple of {DOCTORS * PERIODS}")
    clinics = []
    for _ in range(DOCTORS):
        doctor_id = a_doctor(house.sessions)
        schedule_id = a_schedule(
            house.sessions, doctor_id=doctor_id, on=on, per_period=per_period, released_at=released_at
        )
        clinics.append((doctor_id, schedule_id))
    with house.sessions() as session:
        query = select(col(Slot.starts_at)).where(col(Slot.schedule_id) == clinics[0][1]).distinct()
        starts = sorted(session.scalars(query))
    return Market(clinics, starts, released_at)


def make_people(count: int) -> list[Invented]:
    people: list[Invented] = []
    while len(people) < count:
        people += sandbox.accounts(count=min(ACCOUNTS_AT_ONCE, count - len(people)))
    return people


def sign_in(visitors: Sequence[Visitor], people: Sequence[Invented]) -> dict[str, str]:
    """A token for each device: an account's first one has the session that it was made with."""
    tokens: dict[str, str] = {}
    signed_in: set[int] = set()
    for visitor in visitors:
        if visitor.account in signed_in:
            opened = perform(SYSTEM, sessions.open_for_account, account_id=people[visitor.account].account_id)
            tokens[visitor.device] = opened.token
        else:
            signed_in.add(visitor.account)
            tokens[visitor.device] = people[visitor.account].token
    return tokens


async def rush(
    port: int, market: Market, visitors: Sequence[Visitor], people: Sequence[Invented], *, bot_cores: int
) -> Rush:
    tokens = sign_in(visitors, people)
    async with Streams(port, CONNECTIONS) as streams:
        # Somebody always looks long before a release.
        await streams.ask("GET", f"/api/v1/doctors/{market.clinics[0][0]}/calendar?days=7", {}, None)
        left = market.released_at.timestamp() - time.time()  # the house's clock knows whole seconds only
        begins = asyncio.get_running_loop().time() + left
        morning = Rush(streams, market, people, tokens, begins, Computers(bot_cores))
        await asyncio.gather(*(morning.visit(visitor) for visitor in visitors))
        morning.computers.close()
        return morning


async def hopeless(here: Stage, market: Market, people: Sequence[Invented]) -> tuple[float, float]:
    """Fresh accounts ask for what is sold out: the web server's questions to MariaDB for each refusal, and refusals a
    second.

    They have looked before, as people do, and are not the first: for a clinic that nobody asked for of late the gate
    does not speak before the scheduler has come by.
    """
    async with Streams(here.settings.port, 32) as streams:
        await streams.ask("GET", f"/api/v1/doctors/{market.clinics[0][0]}/calendar?days=7", {}, None)
        await asyncio.sleep(DWELL_SECONDS)
        wanted = [(person, market.clinics[i % DOCTORS][1]) for i, person in enumerate(people)]

        async def ask(person: Invented, schedule_id: int) -> None:
            body = {
                "schedule_id": schedule_id,
                "starts_at": market.starts[0].isoformat(),
                "patient_id": person.patient_id,
            }
            headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": person.phone}
            answer = await streams.ask("POST", "/api/v1/appointments", headers, json.dumps(body))
            assert _code(answer) == "slot_taken", answer.body

        await asyncio.gather(*(ask(*each) for each in wanted[:DOCTORS]))
        await asyncio.sleep(GATE_SECONDS)
        before, began = questions(here), time.perf_counter()
        others = wanted[DOCTORS:]
        await asyncio.gather(*(ask(*each) for each in others))
        took = time.perf_counter() - began
        return (questions(here) - before) / len(others), len(others) / took


@contextmanager
def scheduling(here: Stage) -> Iterator[None]:
    """`python -m workers schedule` as a user of its own, so that the web server's questions can be counted alone."""
    with asking(here) as cursor:
        cursor.execute("SET GLOBAL userstat = 1")
        cursor.execute(f"CREATE USER '{SCHEDULER}'@'%'")
        cursor.execute(f"GRANT ALL ON *.* TO '{SCHEDULER}'@'%'")
    environment: dict[str, Any] = dict(here.environment)
    environment["HOSPITAL_DATABASE_URL"] = environment["HOSPITAL_DATABASE_URL"].replace("//root@", f"//{SCHEDULER}@")
    with running(Process("schedule", ["-m", "workers", "schedule"], directory=here.directory, environment=environment)):
        yield


def questions(here: Stage) -> int:
    """What MariaDB was asked so far by all but the scheduler; the asking itself is one, counted with the next."""
    with asking(here) as cursor:
        cursor.execute(
            "SELECT SUM(SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS) FROM information_schema.USER_STATISTICS"
            f" WHERE USER <> '{SCHEDULER}'"
        )
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def asking(here: Stage) -> Iterator[Cursor]:
    connection = pymysql.connect(host="127.0.0.1", port=here.mariadb_port, user="root")
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def books(market: Market, morning: Rush) -> dict[str, int]:
    """What stands in the database, against what was promised."""
    ids = [schedule_id for _, schedule_id in market.clinics]
    with containers.container().sessions() as session:
        live = session.execute(
            select(Appointment.no, Appointment.account_id, Appointment.schedule_id, Appointment.slot_id).where(
                col(Appointment.schedule_id).in_(ids), col(Appointment.status) != "cancelled"
            )
        ).all()
        numbers = session.scalar(select(func.count(col(Slot.id))).where(col(Slot.schedule_id).in_(ids))) or 0
    standing = {row.no for row in live}
    per_account = Counter((row.account_id, row.schedule_id) for row in live)
    return {
        "numbers": numbers,
        "sold": len(live),
        "oversold": max(0, len(live) - numbers) + len(live) - len({row.slot_id for row in live}),
        "lost": len(set(morning.granted) - standing),
        "never acknowledged": len(standing - set(morning.granted)),
        "duplicate": sum(count - 1 for count in per_account.values()),
    }


def warned(people: Sequence[Invented], *, bots: int) -> dict[str, int]:
    """Whom the house wrote alerts of, and whom it froze by itself."""
    machines = {person.account_id for person in people[:bots]}
    with containers.container().sessions() as session:
        rows = session.execute(select(ScalpingAlert.account_id, ScalpingAlert.frozen_until)).all()
    alerted = {row.account_id for row in rows}
    frozen = {row.account_id for row in rows if row.frozen_until is not None}
    return {
        "bots with an alert": len(alerted & machines),
        "bots frozen by themselves": len(frozen & machines),
        "honest people with an alert": len(alerted - machines),
        "honest people frozen": len(frozen - machines),
    }


def spread(milliseconds: list[float]) -> str:
    if len(milliseconds) < 2:
        return "-"
    cuts = quantiles(milliseconds, n=100)
    return f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms"


def report(morning: Rush, found: dict[str, int], *, bots: int, asked: float, refusals: float) -> list[tuple[str, str]]:
    honest, bot = morning.told[Kind.HONEST], morning.told[Kind.BOT]
    accepted, refused = honest.accepted_ms + bot.accepted_ms, honest.refused_ms + bot.refused_ms
    people = len(morning.people) - bots
    share = 100 * bot.numbers / max(1, honest.numbers + bot.numbers)
    return [
        *((name, str(count)) for name, count in found.items()),
        *((name, str(count)) for name, count in warned(morning.people, bots=bots).items()),
        ("broken invariants of the audit", str(len(perform(SYSTEM, audit.broken)))),
        ("time to sell the last number", f"{morning.last_sold_at:.1f} s after the release"),
        ("accepted holds", f"{len(accepted)}, {spread(accepted)}"),
        ("refused holds", f"{len(refused)}, {spread(refused)}"),
        ("calendar reads", f"{len(honest.looks_ms)}, {spread(honest.looks_ms)}"),
        ("numbers of honest people", f"{honest.numbers} of {people} people"),
        ("numbers of bots", f"{bot.numbers} of {bots} accounts ({share:.1f} %; limit 2 %)"),
        (
            "honest people taken for bots",
            f"{len(honest.barred)} ({100 * len(honest.barred) / max(1, people):.2f} %; limit 1 %)",
        ),
        ("proofs of work by honest people", morning.computers.told("honest")),
        ("proofs of work by bots", morning.computers.told("bot")),
        ("answers to honest people", _listed(honest.codes)),
        ("answers to bots", _listed(bot.codes)),
        ("questions to MariaDB for a refusal when sold out", f"{asked:.2f}"),
        ("such refusals", f"{refusals:.0f} a second"),
    ]


def _listed(codes: Counter[str]) -> str:
    return ", ".join(f"{code} {count}" for code, count in codes.most_common())


def main(arguments: list[str]) -> int:
    asked = argparse.ArgumentParser(prog="python -m bench.rush")
    asked.add_argument("--accounts", type=int, default=10_000)
    asked.add_argument("--numbers", type=int, default=200)
    asked.add_argument("--bots", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--bot-cores", type=int, default=1, help="what the bots have to compute proofs of work with")
    wanted = asked.parse_args(arguments)
    with stage(**BUDGETS) as here, scheduling(here), serving(here):
        people, late = make_people(wanted.accounts), make_people(HOPELESS)
        visitors = crowd(accounts=wanted.accounts, bots=wanted.bots, seed=wanted.seed)
        market = open_market(wanted.numbers)
        morning = asyncio.run(rush(here.settings.port, market, visitors, people, bot_cores=wanted.bot_cores))
        per_refusal, refusals = asyncio.run(hopeless(here, market, late))
        rows = report(morning, books(market, morning), bots=wanted.bots, asked=per_refusal, refusals=refusals)
    print(f"\n{clock.now():%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, {vars(wanted)}\n")
    print("| what | measured |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
