"""Races for numbers on MariaDB; each with a negative control that oversells without the guard."""

from datetime import datetime

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.identity import FamilyMember
from tests.support.builders import a_doctor, a_patient, a_schedule, an_account, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import codes, granted, race

pytestmark = pytest.mark.timeout(120)


def wish(pair: tuple[int, int], schedule_id: int, starts_at: datetime, key: str = "k") -> HoldRequest:
    return HoldRequest(account_id=pair[0], patient_id=pair[1], schedule_id=schedule_id, starts_at=starts_at, key=key)


def hold(request: HoldRequest) -> str:
    return booking.hold_one(patient_actor(request.account_id), request)


def live_count(house: House) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count()).where(col(Appointment.status) != Status.CANCELLED)) or 0


def test_two_hundred_threads_for_twenty_numbers_sell_twenty(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20, period_count=1)
    wishes = [wish(pair, schedule_id, first_period()) for pair in people(house.sessions, 200)]
    answers = race(wishes, hold)
    assert len(granted(answers)) == 20
    assert len(set(granted(answers))) == 20
    assert codes(answers) == {"slot_taken"}
    assert live_count(house) == 20
    assert house.broken() == []


def test_without_the_conditional_update_the_same_race_oversells(mariadb_house: House) -> None:
    """Negative control: read a free number, then write it, as a naive system does."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20, period_count=1)

    def read_then_write(_: int) -> int:
        with house.sessions.begin() as session:
            slot = session.scalars(
                select(Slot).where(col(Slot.schedule_id) == schedule_id, col(Slot.status) == SlotStatus.FREE).limit(1)
            ).first()
            if slot is None or slot.id is None:
                return 0
            session.execute(update(Slot).where(col(Slot.id) == slot.id).values(status=SlotStatus.BUSY))
            return slot.id

    sold = [slot_id for slot_id in granted(race(range(200), read_then_write)) if slot_id]
    assert len(sold) > len(set(sold)), "the control must sell some number twice, or the race is no race"


def test_sixty_four_at_once_for_one_number(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=1, period_count=1)
    answers = race([wish(pair, schedule_id, first_period()) for pair in people(house.sessions, 64)], hold)
    assert len(granted(answers)) == 1
    assert codes(answers) == {"slot_taken"}
    assert house.broken() == []


def test_requests_grouped_by_period_fill_every_period_exactly(mariadb_house: House) -> None:
    """Requests that come grouped by period are what oversold elsewhere."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=5)
    with house.sessions() as session:
        starts = sorted(set(session.scalars(select(col(Slot.starts_at)).where(col(Slot.schedule_id) == schedule_id))))
    pairs = people(house.sessions, 12 * len(starts))
    wishes = [wish(pair, schedule_id, starts[i // 12]) for i, pair in enumerate(pairs)]
    answers = race(wishes, hold, threads=48)
    assert len(granted(answers)) == 5 * len(starts)
    with house.sessions() as session:
        per_period = session.execute(
            select(col(Appointment.starts_at), func.count()).group_by(col(Appointment.starts_at))
        ).all()
    assert [count for _, count in per_period] == [5] * len(starts)
    assert house.broken() == []


def test_fifty_parallel_holds_by_one_patient_give_one(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20)
    account = an_account(house.sessions)
    patient = a_patient(house.sessions, account_id=account)
    wishes = [wish((account, patient), schedule_id, first_period(), key=f"key-{i}") for i in range(50)]
    answers = race(wishes, hold)
    assert len(granted(answers)) == 1
    assert codes(answers) <= {"duplicate_booking", "limit_reached"}
    assert house.broken() == []


def test_the_same_key_fifty_times_is_one_hold(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20)
    pair = people(house.sessions, 1)[0]
    answers = race([wish(pair, schedule_id, first_period())] * 50, hold)
    assert len(granted(answers)) == 50
    assert len(set(granted(answers))) == 1
    assert live_count(house) == 1


def test_a_person_in_two_accounts_is_limited_as_one(mariadb_house: House) -> None:
    """Three a day per account and per person: four doctors, two accounts, one person → three."""
    house = mariadb_house
    first, second = people(house.sessions, 2)
    with house.sessions.begin() as session:
        session.add(FamilyMember(account_id=second[0], patient_id=first[1], relation="parent", created_at=house.now))
    schedules = [a_schedule(house.sessions, doctor_id=a_doctor(house.sessions)) for _ in range(6)]
    wishes = [
        wish(((first if i % 2 else second)[0], first[1]), schedule, first_period(), key=f"k{i}")
        for i, schedule in enumerate(schedules)
    ]
    answers = race(wishes, hold)
    assert len(granted(answers)) == 3
    assert codes(answers) == {"limit_reached"}
    assert house.broken() == []


def test_an_expired_hold_is_taken_over_once(mariadb_house: House) -> None:
    """No worker has run: the hold's end is a comparison."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=1, period_count=1)
    pairs = people(house.sessions, 33)
    first = hold(wish(pairs[0], schedule_id, first_period()))
    house.later(minutes=15)
    answers = race([wish(pair, schedule_id, first_period()) for pair in pairs[1:]], hold)
    assert len(granted(answers)) == 1
    assert booking.one(patient_actor(pairs[0][0]), no=first).status == Status.CANCELLED
    assert live_count(house) == 1
    assert house.broken() == []
