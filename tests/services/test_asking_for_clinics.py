"""申请变更门诊: whose clinics somebody may ask something for, general clinics included."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.change import Wanted
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import changes, schedules
from hospital_app.models.booking import Schedule
from hospital_app.models.hospital import Doctor
from tests.support.booked import CLERK, doctor_actor
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House
from tests.support.people import a_member_of_staff


def head_of(house: House, department: str) -> Actor:
    staff_id = a_member_of_staff(house, staff_no=f"H{department}", role=Role.DEPARTMENT_ADMIN)
    return Actor(Role.DEPARTMENT_ADMIN, staff_id=staff_id, department_code=department)


def test_a_general_clinic_is_asked_for_by_its_departments_admin(house: House) -> None:
    hospital: Hospital = a_hospital(house)
    schedules.generate_ahead()
    with house.sessions() as session:
        pool = session.scalars(
            select(Schedule)
            .where(col(Schedule.provider) == hospital.pool, col(Schedule.starts_at) > house.now)
            .order_by(col(Schedule.starts_at).desc())
        ).first()
        assert pool is not None and pool.id is not None
    head, other = head_of(house, "03.01"), head_of(house, "07")
    seen = changes.askable(head, schedule_id=pool.id)
    assert (seen.clinic.schedule_id, seen.substitutes, seen.doctor_name) == (pool.id, (), "")
    with house.sessions() as session:
        doctors = col(Schedule.provider) == f"doctor:{hospital.shan}"
        own = session.scalars(select(Schedule).where(doctors).order_by(col(Schedule.id))).first()
        assert own is not None and own.id is not None
        doctor = session.get_one(Doctor, hospital.shan)
    named = changes.askable(head, schedule_id=own.id)
    assert (named.doctor_name, named.doctor_title) == (doctor.name, doctor.title)
    for stranger in (other, doctor_actor(hospital.shan), CLERK):
        with pytest.raises(Refusal) as refusal:
            changes.askable(stranger, schedule_id=pool.id)
        assert refusal.value.status in (403, 404)
    wanted = Wanted(per_period=2)
    asked = changes.request(head, schedule_id=pool.id, kind="quota", wanted=wanted, reason="诊室检修")
    assert changes.askable(head, schedule_id=pool.id).clinic.asked == ("quota",)
    changes.approve(head, change_id=asked)
    after = changes.askable(head, schedule_id=pool.id).clinic
    assert after.free < seen.clinic.free and after.closed > 0
    assert house.broken() == []
