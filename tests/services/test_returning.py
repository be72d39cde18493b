"""恢复出诊: a doctor who comes back, or a department that opens again, has its clinics again, and nothing else has."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.change import Wanted as WantedChange
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import booking, changes, records, schedules, staffing
from hospital_app.models.booking import Schedule, ScheduleTemplate, Slot
from hospital_app.services import templates
from tests.support.builders import people
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House, patient_actor
from tests.support.people import a_member_of_staff


@pytest.fixture
def hospital(house: House) -> Hospital:
    built = a_hospital(house)
    schedules.generate_ahead()
    return built


@pytest.fixture
def admin(house: House) -> Actor:
    return Actor(Role.HOSPITAL_ADMIN, staff_id=a_member_of_staff(house, staff_no="M1"))


def employed(house: House, doctor_id: int, department: str = "03.01") -> int:
    more = {"doctor_id": doctor_id, "department_code": department}
    return a_member_of_staff(house, staff_no=f"D{doctor_id}", role=Role.DOCTOR, **more)


def coming(house: House, doctor_id: int) -> dict[tuple[date, str], tuple[bool, int]]:
    """Clinics that have not begun: whether suspended, and how many numbers are free."""
    found = {}
    with house.sessions() as session:
        for clinic in session.scalars(select(Schedule).where(col(Schedule.doctor_id) == doctor_id)):
            if clinic.starts_at > house.now:
                rows = session.scalars(select(col(Slot.status)).where(col(Slot.schedule_id) == clinic.id))
                found[clinic.on, clinic.session] = (clinic.suspended, list(rows).count("free"))
    return found


def test_a_doctor_who_comes_back_has_the_clinics_again(house: House, hospital: Hospital, admin: Actor) -> None:
    staff_id = employed(house, hospital.shan)
    before = coming(house, hospital.shan)
    assert before and not any(suspended for suspended, _ in before.values())
    staffing.deactivate(admin, staff_id=staff_id)
    assert all(standing == (True, 0) for standing in coming(house, hospital.shan).values())
    house.later(days=3)
    schedules.generate_ahead()
    staffing.reactivate(admin, staff_id=staff_id)
    after = coming(house, hospital.shan)
    assert {day: after[day] for day in before if day in after} == {day: before[day] for day in before if day in after}
    assert max(after) > max(before)  # what was not planned while they were away is planned now
    clinic, starts_at = first_of(house, hospital.shan)
    account_id, patient_id = people(house.sessions, 1)[0]
    wish = {"schedule_id": clinic, "starts_at": starts_at, "patient_id": patient_id, "key": "k"}
    assert booking.hold(patient_actor(account_id), **wish).status == "pending"
    staffing.reactivate(admin, staff_id=staff_id)  # twice is as good as once
    assert house.broken() == []


def first_of(house: House, doctor_id: int):  # type: ignore[no-untyped-def]
    with house.sessions() as session:
        rows = session.scalars(
            select(Schedule).where(col(Schedule.doctor_id) == doctor_id, col(Schedule.starts_at) > house.now)
        )
        clinic = min(rows, key=lambda row: row.starts_at)
        return clinic.id, clinic.starts_at


def test_what_was_suspended_on_request_or_ended_stays_so(house: House, hospital: Hospital, admin: Actor) -> None:
    staff_id = employed(house, hospital.shan)
    clinic, _ = first_of(house, hospital.shan)
    with house.sessions() as session:
        asked_on = session.get_one(Schedule, clinic).on
        ended = session.scalars(
            select(ScheduleTemplate).where(
                col(ScheduleTemplate.doctor_id) == hospital.shan, col(ScheduleTemplate.weekday) != asked_on.weekday()
            )
        ).first()
        assert ended is not None
    asked = changes.request(admin, schedule_id=clinic, kind="suspend", wanted=WantedChange(), reason="外出会诊")
    changes.approve(admin, change_id=asked)
    since = date(2026, 11, 30)
    house.do(templates.end, actor=admin, template_id=ended.id or 0, since=since, generated=True)
    before = coming(house, hospital.shan)
    staffing.deactivate(admin, staff_id=staff_id)
    staffing.reactivate(admin, staff_id=staff_id)
    assert coming(house, hospital.shan) == before
    assert any(suspended for suspended, _ in before.values())


def test_templates_of_another_department_wait_for_the_way_back(house: House, hospital: Hospital, admin: Actor) -> None:
    staff_id = employed(house, hospital.shan)
    before = coming(house, hospital.shan)
    staffing.transfer(admin, staff_id=staff_id, department_code="07")
    assert all(standing == (True, 0) for standing in coming(house, hospital.shan).values())
    staffing.deactivate(admin, staff_id=staff_id)
    staffing.reactivate(admin, staff_id=staff_id)
    assert all(standing == (True, 0) for standing in coming(house, hospital.shan).values())
    staffing.transfer(admin, staff_id=staff_id, department_code="03.01")
    assert coming(house, hospital.shan) == before


def test_a_department_that_opens_again_has_its_clinics_but_not_those_of_who_left(
    house: House, hospital: Hospital, admin: Actor
) -> None:
    gone = employed(house, hospital.zeng)
    before = coming(house, hospital.shan)
    staffing.deactivate(admin, staff_id=gone)
    records.close_department(admin, code="03.01")
    with pytest.raises(Refusal):
        staffing.reactivate(admin, staff_id=gone)
    records.open_department(admin, code="03.01")
    assert coming(house, hospital.shan) == before
    assert all(standing == (True, 0) for standing in coming(house, hospital.zeng).values())
    with house.sessions() as session:
        pool = session.scalars(select(Schedule).where(col(Schedule.provider) == hospital.pool))
        assert not any(clinic.suspended for clinic in pool)
    assert house.broken() == []
