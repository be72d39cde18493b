"""审批前先看影响: whom a request would touch, how much money would go back, and where they could go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.change import ChangeKind, equal_or_better
from hospital_app.domain.errors import not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import ScheduleChange
from hospital_app.models.hospital import Doctor
from hospital_app.models.identity import Patient
from hospital_app.models.payment import Payment
from hospital_app.services.grid import bookable, left_count
from hospital_app.services.overbooking import overbooked
from hospital_app.work import Work

EQUALS = 6
#: Who has a number and was not seen yet.
CONCERNED = (Status.PENDING.value, Status.BOOKED.value, Status.CHECKED_IN.value)


@dataclass(frozen=True, slots=True)
class Concerned:
    """One patient with a number in the clinic, masked."""

    name: str
    seq: int
    starts_at: datetime
    status: str
    paid_fen: int


@dataclass(frozen=True, slots=True)
class Equal:
    """A colleague's clinics of the same or a higher service type: how many numbers are free in the coming days."""

    doctor_name: str  # empty: 普通门诊
    doctor_title: str
    service_type: str
    left: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """`refund_fen`: what would go back if nobody were moved. `equals` only for a suspension."""

    patients: tuple[Concerned, ...]
    paying: int
    refund_fen: int
    free: int
    overbooked: int
    equals: tuple[Equal, ...]


def effect(work: Work, *, change_id: int) -> Effect:
    """What approving would do now; for whoever decides."""
    authority.check(work.actor, Right.MANAGE_SCHEDULE)
    row = work.session.get(ScheduleChange, min(change_id, ID_MAX))
    if row is None:
        raise not_found("这个申请")
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, row.department_code)
    schedule = work.session.get_one(Schedule, row.schedule_id)
    patients = _patients(work, schedule) if row.kind in {ChangeKind.SUSPEND, ChangeKind.ADJUST} else []
    free = work.session.scalar(select(left_count(work)).where(col(Slot.schedule_id) == schedule.id)) or 0
    return Effect(
        patients=tuple(patients),
        paying=sum(patient.status == Status.PENDING for patient in patients),
        refund_fen=sum(patient.paid_fen for patient in patients),
        free=int(free),
        overbooked=overbooked(work, schedule.id),
        equals=tuple(_equals(work, schedule)) if row.kind == ChangeKind.SUSPEND else (),
    )


def _patients(work: Work, schedule: Schedule) -> list[Concerned]:
    kept = (
        select(func.coalesce(func.sum(col(Payment.kept_fen)), 0))
        .where(col(Payment.appointment_id) == col(Appointment.id))
        .scalar_subquery()
    )
    query = (
        select(
            col(Patient.name_masked),
            col(Appointment.seq),
            col(Appointment.starts_at),
            col(Appointment.status),
            kept,
        )
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            col(Appointment.schedule_id) == schedule.id,
            col(Appointment.status).in_(CONCERNED),
            (col(Appointment.status) != Status.PENDING) | (col(Appointment.held_until) > work.now),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.seq))
    )
    return [
        Concerned(name, seq, starts_at, status, int(paid))
        for name, seq, starts_at, status, paid in work.session.execute(query)
    ]


def _equals(work: Work, schedule: Schedule) -> list[Equal]:
    left = left_count(work)
    query = (
        select(
            col(Schedule.doctor_id),
            col(Schedule.service_type),
            left.label("left"),
            func.min(col(Slot.starts_at)).label("next_at"),
        )
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(
            col(Schedule.department_code) == schedule.department_code,
            col(Schedule.service_type).in_(equal_or_better(schedule.service_type)),
            col(Schedule.id) != schedule.id,
            *bookable(work),
        )
        .group_by(col(Schedule.doctor_id), col(Schedule.service_type))
        .having(left > 0)
        .order_by(func.min(col(Slot.starts_at)))
        .limit(EQUALS)
    )
    rows = work.session.execute(query).all()
    doctors = {
        doctor.id: doctor
        for doctor in work.session.scalars(select(Doctor).where(col(Doctor.id).in_([row[0] for row in rows])))
    }
    return [
        Equal(
            doctor_name=doctor.name if (doctor := doctors.get(row[0])) else "",
            doctor_title=doctor.title if doctor else "",
            service_type=row[1],
            left=int(row[2]),
            next_at=row[3],
        )
        for row in rows
    ]
