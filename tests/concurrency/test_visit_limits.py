"""限约 on MariaDB: one person who books with many doctors at one moment, on many days, and who moves."""

from datetime import timedelta

import pytest

from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.domain.policy import Rules
from hospital_app.flows import booking
from hospital_app.services import holding, rescheduling
from tests.concurrency.test_rescheduling import a_booked, move
from tests.support.builders import TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import codes, granted, race

pytestmark = pytest.mark.timeout(120)


def ruled(house: House, **rules: int) -> House:
    """The same house with limits of its own."""
    url = house.container.settings.redis_url
    return House(house.engine, url, rules=Rules(bookings_per_day=20, **rules))


def wish(pair: tuple[int, int], schedule_id: int, *, after: int = 0) -> HoldRequest:
    return HoldRequest(*pair, schedule_id, first_period(TOMORROW + timedelta(days=after)), key=f"{schedule_id}")


@pytest.mark.parametrize(("limit", "sold"), [(1, 1), (2, 2), (0, 6)])
def test_one_person_at_six_doctors_of_a_department_at_one_moment(mariadb_house: House, limit: int, sold: int) -> None:
    """Each in a transaction of its own, as by six processes. 0 is the control: without the limit all six are hers."""
    house = ruled(mariadb_house, bookings_per_department=limit)
    (pair,) = people(house.sessions, 1)
    wishes = [wish(pair, a_schedule(house.sessions)) for _ in range(6)]

    def hold(request: HoldRequest) -> str:
        (answer,) = house.do(holding.hold_many, actor=patient_actor(pair[0]), requests=[request])
        if isinstance(answer, Refusal):
            raise answer
        assert isinstance(answer, Held)
        return answer.no

    answers = race(wishes, hold)
    assert len(granted(answers)) == sold
    assert codes(answers) == ({"department_limit"} if sold < 6 else set())
    assert house.broken() == []


def test_seven_days_until_one_is_cancelled(mariadb_house: House) -> None:
    house = ruled(mariadb_house, bookings_per_week=2)
    (pair,) = people(house.sessions, 1)
    actor, doctor = patient_actor(pair[0]), a_doctor(house.sessions)
    days = [a_schedule(house.sessions, doctor_id=doctor, on=TOMORROW + timedelta(days=after)) for after in range(3)]
    first, _ = (booking.hold_one(actor, wish(pair, days[after], after=after)) for after in (0, 1))
    with pytest.raises(Refusal) as refused:
        booking.hold_one(actor, wish(pair, days[2], after=2))
    assert refused.value.code == "week_limit"
    booking.cancel(actor, no=first)
    assert booking.hold_one(actor, wish(pair, days[2], after=2))
    assert house.broken() == []


def test_moving_counts_the_others_only(mariadb_house: House) -> None:
    house = ruled(mariadb_house, bookings_per_department=1, bookings_per_week=2)
    (pair,) = people(house.sessions, 1)
    doctor = a_doctor(house.sessions)
    morning = a_schedule(house.sessions, doctor_id=doctor)
    afternoon = a_schedule(house.sessions, doctor_id=doctor, session=ClinicSession.AFTERNOON)
    elsewhere = a_schedule(house.sessions, session=ClinicSession.AFTERNOON)
    no = a_booked(house, pair, morning, first_period())
    other = a_booked(house, pair, elsewhere, first_period(session=ClinicSession.AFTERNOON))
    with pytest.raises(Refusal) as refused:
        move(house, pair[0], no, afternoon, first_period(session=ClinicSession.AFTERNOON))
    assert refused.value.code == "department_limit"
    booking.cancel(patient_actor(pair[0]), no=other)
    assert move(house, pair[0], no, afternoon, first_period(session=ClinicSession.AFTERNOON)) == no
    assert house.broken() == []


@pytest.mark.parametrize(("limit", "moved"), [(1, 1), (2, 2), (0, 4)])
def test_four_appointments_that_move_to_one_half_day_at_one_moment(
    mariadb_house: House, limit: int, moved: int
) -> None:
    """On a day on which this person has booked nothing, so that there is no counter to lock yet. 0 is the control."""
    house = ruled(mariadb_house, bookings_per_department=limit)
    (pair,) = people(house.sessions, 1)
    at, wishes = first_period(session=ClinicSession.AFTERNOON), []
    for after in range(1, 5):
        doctor, day = a_doctor(house.sessions), TOMORROW + timedelta(days=after)
        no = a_booked(house, pair, a_schedule(house.sessions, doctor_id=doctor, on=day), first_period(day))
        wishes.append((no, a_schedule(house.sessions, doctor_id=doctor, session=ClinicSession.AFTERNOON)))
    house.later(days=1)
    answers = race(wishes, lambda wished: move(house, pair[0], *wished, at))
    assert len(granted(answers)) == moved
    assert codes(answers) == ({"department_limit"} if moved < 4 else set())
    assert house.broken() == []


def test_a_dearer_number_that_is_held_beside_the_old_one_counts(mariadb_house: House) -> None:
    house = ruled(mariadb_house, bookings_per_department=1)
    (pair,) = people(house.sessions, 1)
    doctor, actor = a_doctor(house.sessions), patient_actor(pair[0])
    morning = a_schedule(house.sessions, doctor_id=doctor)
    dearer = a_schedule(house.sessions, doctor_id=doctor, session=ClinicSession.AFTERNOON, fee_fen=9000)
    elsewhere = a_schedule(house.sessions, session=ClinicSession.AFTERNOON)
    no, at = a_booked(house, pair, morning, first_period()), first_period(session=ClinicSession.AFTERNOON)
    move(house, pair[0], no, dearer, at)
    with pytest.raises(Refusal) as refused:
        booking.hold_one(actor, HoldRequest(*pair, elsewhere, at, key="beside"))
    assert refused.value.code == "department_limit"
    house.do(rescheduling.abandon, actor=actor, no=no)
    assert booking.hold_one(actor, HoldRequest(*pair, elsewhere, at, key="alone"))
    assert house.broken() == []
