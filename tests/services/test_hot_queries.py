"""EXPLAIN: no statement that a rush repeats reads a whole table, when the tables are those of an old house."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.flows.unit import perform
from hospital_app.services import (
    appointments,
    calendars,
    desk,
    expiring,
    gate_truth,
    opening,
    outbox,
    releasing,
    waiting_line,
    waitlist,
    waitlist_offers,
)
from hospital_app.services.holding import hold_many
from hospital_app.work import Work
from tests.support.builders import TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.old_times import fill, fill_ledgers

pytestmark = pytest.mark.timeout(180)

OLD = 12_000
#: Tables that grow for ever, by the names that the statements give them.
GROWING = (
    "slot",
    "appointment",
    "schedule",
    "outbox",
    "booking_count",
    "idempotency_key",
    "payment",
    "ticket",
    "waitlist_entry",
)
#: A read of so many rows of a table of 12,000 is no way to read it.
TOO_MANY = 2_000


@contextmanager
def said_to(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Statements as the driver got them."""
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        said.append((statement, parameters[0] if many and isinstance(parameters, list) else parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def old_house(mariadb_house: House) -> House:
    house = mariadb_house
    persons = people(house.sessions, 300)
    with house.engine.begin() as connection:
        fill(connection, appointments=OLD, persons=persons)
        fill_ledgers(connection, rows=OLD)
    with house.engine.connect() as connection:
        for table in GROWING:
            connection.execute(text(f"ANALYZE TABLE `{table}`")).all()
    return house


def scans(engine: Engine, said: list[tuple[str, Any]]) -> list[str]:
    """Those of these statements that read a growing table from end to end."""
    found = []
    with engine.connect() as connection:
        for statement, parameters in said:
            if not statement.lstrip("( ").upper().startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).mappings().all()
            whole = [step for step in plan if step["type"] in ("ALL", "index") and int(step["rows"] or 0) > TOO_MANY]
            found += [f"{step['table']} {step['type']} {step['rows']}: {statement[:400]}" for step in whole]
    return found


def the_rush(house: House) -> None:
    """Holds of every outcome, their ends, and what runs beside them."""
    schedules = [a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=3) for _ in range(8)]
    pairs = people(house.sessions, 24)
    wishes = [
        HoldRequest(*pair, schedules[i % 8], first_period(), "k", actor=patient_actor(pair[0]))
        for i, pair in enumerate(pairs)
    ]
    perform(SYSTEM, hold_many, [*wishes, *(replace(wish, key="again") for wish in wishes)])
    perform(SYSTEM, hold_many, wishes)
    perform(SYSTEM, opening.existing, {wish.period for wish in wishes})
    house.later(minutes=15)
    perform(SYSTEM, hold_many, [replace(wish, key="later") for wish in wishes[:12]])
    perform(SYSTEM, expiring.work_off, limit=5)
    perform(SYSTEM, releasing.expire_due, limit=200)
    perform(SYSTEM, releasing.overdue_movers, limit=200)
    _look_around(house, schedules, pairs[0][0])


def _look_around(house: House, schedules: list[int], account_id: int) -> None:
    reads: list[Callable[[Work], object]] = [
        lambda work: gate_truth.clinics(work, schedule_ids=schedules),
        gate_truth.opening_soon,
        lambda work: waiting_line.read_line(work, schedule_id=schedules[0]),
        lambda work: outbox.hand_out(work, limit=500, again_after_seconds=30),
        lambda work: outbox.next_in_lane(work, lane="his:1"),
        lambda work: waitlist_offers.due(work, limit=200),
        lambda work: waitlist_offers.clear_over(work, limit=500),
    ]
    for read in reads:
        perform(SYSTEM, read)
    with house.sessions() as session:
        doctor_id = session.execute(text("SELECT MAX(doctor_id) FROM schedule")).scalar_one()
    perform(SYSTEM, calendars.calendar, provider=f"doctor:{doctor_id}")
    perform(patient_actor(account_id), appointments.listing)
    perform(patient_actor(account_id), waitlist.with_ended)
    perform(SYSTEM, waitlist.ahead, provider=f"doctor:{doctor_id}", on=TOMORROW)
    perform(Actor(Role.DOCTOR, doctor_id=doctor_id, staff_id=1), desk.desk)


def test_no_hot_statement_reads_a_whole_table(old_house: House) -> None:
    with said_to(old_house.engine) as said:
        the_rush(old_house)
    assert len({statement for statement, _ in said}) > 40
    assert scans(old_house.engine, said) == []


def test_without_its_index_the_sweep_would(old_house: House) -> None:
    """Negative control: the same question, of a column that has none."""
    said = [("SELECT id FROM appointment WHERE terminal = %s AND booked_at <= %s", ("web", TOMORROW))]
    assert len(scans(old_house.engine, said)) == 1
