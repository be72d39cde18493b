"""同级医生的门诊: where somebody may be moved whose clinic was suspended, without paying more and without losing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import col

from hospital_app.domain.appointment import LIVE
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.change import equal_or_better
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import provider_day
from hospital_app.domain.policy import check_bookable
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.hospital import Doctor
from hospital_app.services import grid
from hospital_app.services.grid import FreePeriod
from hospital_app.work import Work

OFFERED = 3
LOOKED_AT = 12  # the nearest ones; from those that are no good the rest is taken


@dataclass(frozen=True, slots=True)
class Offer:
    """A free period of an equal or better clinic, at the price already paid."""

    schedule_id: int
    doctor_name: str  # empty: 普通门诊
    doctor_title: str
    service_type: str
    session: str
    starts_at: datetime
    ends_at: datetime
    room: str
    left: int


def equal_clinics(work: Work, appointment: Appointment) -> ColumnElement[bool]:
    """The same department, the same or a higher service type, and no second number with one doctor on one day."""
    lost = work.session.get_one(Schedule, appointment.schedule_id)
    return and_(
        col(Schedule.department_code) == lost.department_code,
        col(Schedule.service_type).in_(equal_or_better(lost.service_type)),
        col(Schedule.id) != lost.id,
    )


def offers(work: Work, appointment: Appointment) -> list[Offer]:
    near = grid.nearest(work, wanted=equal_clinics(work, appointment), starts_at=appointment.starts_at, limit=LOOKED_AT)
    taken = _other_days(work, appointment)
    chosen = [period for period in near if provider_day(period.provider, period.on) not in taken][:OFFERED]
    doctors = {
        f"doctor:{doctor.id}": doctor
        for doctor in work.session.scalars(select(Doctor).where(col(Doctor.id).in_(_doctor_ids(chosen))))
    }
    return [
        Offer(
            schedule_id=period.schedule_id,
            doctor_name=doctor.name if (doctor := doctors.get(period.provider)) else "",
            doctor_title=doctor.title if doctor else "",
            service_type=period.service_type,
            session=period.session,
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            room=period.room,
            left=period.left,
        )
        for period in chosen
    ]


def _doctor_ids(periods: list[FreePeriod]) -> list[int]:
    return [int(period.provider[7:]) for period in periods if period.provider.startswith("doctor:")]


def _other_days(work: Work, appointment: Appointment) -> set[str]:
    query = select(col(Appointment.provider_day)).where(
        col(Appointment.patient_id) == appointment.patient_id,
        col(Appointment.id) != appointment.id,
        col(Appointment.on) >= clinic_day(work.now),
        col(Appointment.status).in_([status.value for status in LIVE]),
    )
    return set(work.session.scalars(query))


def target(work: Work, appointment: Appointment, *, schedule_id: int, starts_at: datetime) -> Schedule:
    schedule = work.session.scalar(
        select(Schedule).where(equal_clinics(work, appointment), col(Schedule.id) == schedule_id)
    )
    if schedule is None:
        raise Refusal("not_equal", "只能改到同科室同级或更高级别医生的门诊，请从列出的时段里选择。")
    if schedule.suspended:
        raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    ends_at = work.session.scalar(
        select(col(Slot.ends_at)).where(col(Slot.schedule_id) == schedule_id, col(Slot.starts_at) == starts_at).limit(1)
    )
    if ends_at is None:
        raise not_found("这个时段")
    check_bookable(work.rules, now=work.now, released_at=schedule.released_at, starts_at=starts_at, ends_at=ends_at)
    if provider_day(schedule.provider, schedule.on) in _other_days(work, appointment):
        raise Refusal("duplicate_booking", "这位就诊人当天已经约了这位医生，请选择其他日期。")
    return schedule
