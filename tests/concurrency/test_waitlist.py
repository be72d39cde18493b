"""Races around a line on MariaDB: what comes free goes to the first in it; with a negative control that jumps it."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import ColumnElement, false, select
from sqlmodel import col

from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.flows import booking, waitlist
from hospital_app.models.booking import Appointment
from hospital_app.models.changing import WaitlistEntry
from hospital_app.services import picking, slots
from tests.support.builders import TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import race

pytestmark = pytest.mark.timeout(120)

DAY = TOMORROW + timedelta(days=2)
NUMBERS, WAITING, STRANGERS = 8, 12, 24


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


def rush(house: House) -> tuple[list[str], list[str]]:
    """Holders give up, strangers grab, sweeps offer, all at once: (statuses of the line, strangers' numbers)."""
    schedule_id, holders, entries = a_line(house)

    def give_up(account: int, no: str) -> Callable[[], object]:
        return lambda: booking.cancel(patient_actor(account), no=no)

    def grab(pair: tuple[int, int]) -> Callable[[], object]:
        return lambda: hold(pair, schedule_id)

    deeds = [give_up(*holder) for holder in holders[: NUMBERS // 2]]
    deeds += [grab(pair) for pair in people(house.sessions, STRANGERS)]
    deeds += [waitlist.sweep] * 6
    Random(4).shuffle(deeds)
    answers = race(deeds, lambda deed: deed())
    waitlist.sweep()
    with house.sessions() as session:
        line = session.scalars(
            select(col(WaitlistEntry.status)).where(col(WaitlistEntry.id).in_(entries)).order_by(col(WaitlistEntry.id))
        ).all()
    return list(line), [got for got in answers if isinstance(got, str)]


def test_numbers_given_up_in_a_rush_go_to_the_line_in_its_order(mariadb_house: House) -> None:
    house = mariadb_house
    line, strangers = rush(house)
    assert strangers == []
    assert line == [EntryStatus.OFFERED] * (NUMBERS // 2) + [EntryStatus.WAITING] * (WAITING - NUMBERS // 2)
    assert house.broken() == []


def test_offers_that_lapse_at_one_moment_go_on_in_order_and_none_is_lost(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id, _, entries = a_line(house)
    house.later(minutes=15)
    strangers = people(house.sessions, STRANGERS)
    deeds: list[Callable[[], object]] = [waitlist.sweep, booking.sweep] * 4
    deeds += [lambda pair=pair: hold(pair, schedule_id) for pair in strangers]  # type: ignore[misc]
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

    def nobody_waits() -> ColumnElement[bool]:
        return false()

    monkeypatch.setattr(slots, "awaited", nobody_waits)
    picking._part.cache_clear()
    try:
        _, strangers = rush(mariadb_house)
    finally:
        picking._part.cache_clear()
    assert strangers, "the control must let a stranger in, or the race is no race"
