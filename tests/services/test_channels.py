from collections import Counter
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.models.booking import Schedule, ScheduleTemplate, Slot
from hospital_app.services import grid, releases, schedules, slots, statistics
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House

TUESDAY = date(2026, 11, 24)


@pytest.fixture
def hospital(house: House) -> Hospital:
    """Of the pool's 32 numbers on Tuesday 6 are kept for referrals and 3 for the window."""
    built = a_hospital(house)
    with house.sessions.begin() as session:
        for template in session.scalars(select(ScheduleTemplate).where(col(ScheduleTemplate.doctor_id).is_(None))):
            template.referral_percent, template.onsite_percent = 20, 10
    house.at(datetime(2026, 11, 18, 2, tzinfo=UTC))
    house.do(schedules.generate, start=TUESDAY, days=2)
    return built


def left(house: House, hospital: Hospital) -> int:
    return sum(cell.left for cell in house.do(grid.cells, provider=hospital.pool, start=TUESDAY, days=1))


def test_numbers_are_kept_and_the_clinic_knows_its_template(house: House, hospital: Hospital) -> None:
    with house.sessions() as session:
        clinic = session.scalars(
            select(Schedule).where(Schedule.provider == hospital.pool, Schedule.on == TUESDAY)
        ).one()
        kept = session.scalars(select(Slot).where(Slot.schedule_id == clinic.id)).all()
        template = session.get_one(ScheduleTemplate, clinic.template_id)
    assert (template.doctor_id, template.department_code, template.weekday) == (None, "03.01", 1)
    assert Counter(slot.channel for slot in kept) == {"online": 23, "referral": 6, "onsite": 3}
    assert {slot.opens_at for slot in kept if slot.channel == "online"} == {None}
    assert {slot.opens_at for slot in kept if slot.channel == "referral"} == {datetime(2026, 11, 22, 23, tzinfo=UTC)}
    assert all((slot.starts_at - slot.opens_at).seconds == 1800 for slot in kept if slot.channel == "onsite")
    assert house.broken() == []


def test_they_return_to_everybody_by_the_clock_alone(house: House, hospital: Hospital) -> None:
    assert left(house, hospital) == 23
    house.at(datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC))
    assert left(house, hospital) == 23
    house.at(datetime(2026, 11, 22, 23, tzinfo=UTC))
    assert left(house, hospital) == 29
    house.at(datetime(2026, 11, 24, 0, 30, tzinfo=UTC))  # the first half hour is over
    assert left(house, hospital) == 26  # and two are still at the window


def test_nobody_takes_a_kept_number_before_and_the_desk_counts_it_as_free(house: House, hospital: Hospital) -> None:
    cells = house.do(grid.cells, provider=hospital.pool, start=TUESDAY, days=1)
    tight = next(cell for cell in cells if cell.left == 2)  # one for referrals, one for the window
    found = house.do(slots.candidates, schedule_id=tight.schedule_id, starts_at=tight.starts_at, count=9)
    assert len(found) == 2
    house.at(datetime(2026, 11, 24, 0, tzinfo=UTC))
    today = house.do(statistics.dashboard)
    assert (today.blocked, today.free) == (0, today.free + today.held + today.taken)


def test_a_department_may_release_at_another_time(house: House, hospital: Hospital) -> None:
    admin = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
    house.at(datetime(2026, 11, 17, 2, tzinfo=UTC))
    moved = house.do(releases.set_time, actor=admin, department_code="03.01", release=time(7, 30))
    assert moved == 6  # two doctors and the pool, two days

    def released() -> dict[str, datetime]:
        with house.sessions() as session:
            rows = session.execute(
                select(col(Schedule.provider), col(Schedule.released_at)).where(Schedule.on == TUESDAY)
            )
            return {row.provider: row.released_at for row in rows}

    assert released()[hospital.pool] == datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    assert released()[f"doctor:{hospital.wang}"] == datetime(2026, 11, 17, 23, tzinfo=UTC)
    assert house.do(releases.follow_rules) == 0
    house.do(schedules.generate, start=date(2026, 11, 26), days=1)
    with house.sessions() as session:
        later = session.scalars(
            select(Schedule).where(Schedule.provider == hospital.pool, Schedule.on == date(2026, 11, 26))
        ).one()
    assert later.released_at == datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    house.at(datetime(2026, 11, 17, 23, 30, tzinfo=UTC))
    house.do(releases.set_time, actor=admin, department_code="03.01", release=None)
    assert released()[hospital.pool] == datetime(2026, 11, 17, 23, 30, tzinfo=UTC)  # it has been released


@pytest.mark.parametrize("role", [Role.DEPARTMENT_ADMIN, Role.DOCTOR, Role.CLERK])
def test_only_the_hospitals_admin_sets_times_of_release(house: House, hospital: Hospital, role: Role) -> None:
    with pytest.raises(Refusal) as refused:
        house.do(
            releases.set_time,
            actor=Actor(role, staff_id=1, department_code="03.01"),
            department_code="03.01",
            release=None,
        )
    assert refused.value.code == "forbidden"
