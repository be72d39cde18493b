"""Races around a line on MariaDB: what comes free goes to the first in it; with a negative control that jumps it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event, Semaphore

import pytest
from sqlalchemy import ColumnElement, false, select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.flows import booking, waitlist
from hospital_app.models.booking import Appointment
from hospital_app.models.changing import WaitlistEntry
from hospital_app.services import granting, picking, slots
from tests.support.builders import TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import race

pytestmark = pytest.mark.timeout(120)

DAY = TOMORROW + timedelta(days=2)
NUMBERS, WAITING, STRANGERS = 8, 12, 12


def hold(pair: tuple[int, int], schedule_id: int) -> str:
    return booking.hold_one(
        patient_actor(pair[0]),
        HoldRequest(
            account_id=pair[0], patient_id=pair[1], schedule_id=schedule_id, starts_at=first_period(DAY), key="k"
        ),
    )


def a_line(house: House) -> tuple[int, list[tuple[int, str]], list[int]]:
    """A clinic whose numbers are all held, its holders, and the entries of its line in their order."""
    doctor = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor, on=DAY, per_period=NUMBERS, period_count=1)
    holders = [(pair[0], hold(pair, schedule_id)) for pair in people(house.sessions, NUMBERS)]
    entries = [
        waitlist.join(patient_actor(account), provider=f"doctor:{doctor}", on=DAY, patient_id=patient).id
        for account, patient in people(house.sessions, WAITING)
    ]
    return schedule_id, holders, entries


def rush(house: House, *, sweeps: int) -> tuple[list[str], list[str]]:
    """Holders give up, strangers grab, sweeps offer, all at once: (statuses of the line, strangers' numbers)."""
    schedule_id, holders, entries = a_line(house)

    given_up = Semaphore(0)
    all_given_up = Event()

    def give_up(account: int, no: str) -> None:
        booking.cancel(patient_actor(account), no=no)
        given_up.release()

    def grab(pair: tuple[int, int]) -> str:
        """Again and again while numbers come free, and once more afterwards."""
        while not all_given_up.is_set():
            try:
                return hold(pair, schedule_id)
            except Refusal:
                continue
        return hold(pair, schedule_id)

    def watch() -> None:
        for _ in range(NUMBERS // 2):
            given_up.acquire(timeout=60)
        all_given_up.set()

    deeds: list[Callable[[], object]] = [partial(give_up, *holder) for holder in holders[: NUMBERS // 2]]
    deeds += [partial(grab, pair) for pair in people(house.sessions, STRANGERS)]
    deeds += [waitlist.sweep] * sweeps
    Random(4).shuffle(deeds)
    answers = race([watch, *deeds], lambda deed: deed())
    waitlist.sweep()
    with house.sessions() as session:
        line = session.scalars(
            select(col(WaitlistEntry.status)).where(col(WaitlistEntry.id).in_(entries)).order_by(col(WaitlistEntry.id))
        ).all()
    return list(line), [got for got in answers if isinstance(got, str)]


def test_numbers_given_up_in_a_rush_go_to_the_line_in_its_order(mariadb_house: House) -> None:
    house = mariadb_house
    line, strangers = rush(house, sweeps=6)
    assert strangers == []
    assert line == [EntryStatus.OFFERED] * (NUMBERS // 2) + [EntryStatus.WAITING] * (WAITING - NUMBERS // 2)
    assert house.broken() == []


def test_offers_that_lapse_at_one_moment_go_on_in_order_and_none_is_lost(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id, _, entries = a_line(house)
    house.later(minutes=15)
    strangers = people(house.sessions, STRANGERS)
    deeds: list[Callable[[], object]] = [waitlist.sweep, booking.sweep] * 4
    deeds += [partial(hold, pair, schedule_id) for pair in strangers]
    answers = race(deeds, lambda deed: deed())
    waitlist.sweep()
    assert not [got for got in answers if isinstance(got, str)]
    with house.sessions() as session:
        offered = session.scalars(
            select(col(WaitlistEntry.id)).where(col(WaitlistEntry.status) == EntryStatus.OFFERED)
        ).all()
        held = session.scalars(select(col(Appointment.slot_id)).where(col(Appointment.terminal) == "waitlist")).all()
    assert sorted(e for e in offered if e) == entries[:NUMBERS]
    assert len(set(held)) == len(held) == NUMBERS
    assert house.broken() == []


def test_without_looking_at_the_line_strangers_jump_it(mariadb_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the same rush, and whoever is quick has the number."""

    def nobody_waits(_now: object) -> ColumnElement[bool]:
        return false()

    def forget() -> None:
        for prepared in (picking._part, picking._these, granting._taking):
            prepared.cache_clear()

    monkeypatch.setattr(slots, "awaited", nobody_waits)
    forget()
    try:
        _, strangers = rush(mariadb_house, sweeps=0)
    finally:
        forget()
    assert strangers, "the control must let a stranger in, or the race is no race"
