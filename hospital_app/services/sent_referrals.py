"""我的转诊: whom a doctor has referred, where to, and whether the number was taken."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import forbidden
from hospital_app.models.booking import Appointment, Referral, Schedule
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Patient
from hospital_app.work import Work

DAYS = 90
LISTED = 200


@dataclass(frozen=True, slots=True)
class SentReferral:
    """One patient, masked, and where the appointment is now: patients may move it.

    `status` and `cancel_reason` are the appointment's; what nobody paid for in time is expired from that second on.
    """

    no: str
    referred_at: datetime
    patient_name: str
    department_name: str
    doctor_name: str  # empty: 普通门诊
    doctor_title: str
    service_type: str
    session: str
    room: str
    seq: int
    starts_at: datetime
    ends_at: datetime
    status: str
    cancel_reason: str
    held_until: datetime | None

    @property
    def taken(self) -> bool:
        return self.status not in (Status.PENDING, Status.CANCELLED)


def listing(work: Work) -> list[SentReferral]:
    """The caller's own of the last DAYS days, the newest first."""
    authority.check(work.actor, Right.REFER)
    if work.actor.doctor_id is None:
        raise forbidden()
    rows = work.session.execute(
        select(Referral, Appointment, Schedule, Doctor, col(Department.name), col(Patient.name_masked))
        .join(Appointment, col(Appointment.id) == col(Referral.appointment_id))
        .join(Schedule, col(Schedule.id) == col(Appointment.schedule_id))
        .join(Department, col(Department.code) == col(Schedule.department_code))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .outerjoin(Doctor, col(Doctor.id) == col(Schedule.doctor_id))
        .where(
            col(Referral.doctor_id) == work.actor.doctor_id,
            col(Referral.referred_at) > work.now - timedelta(days=DAYS),
        )
        .order_by(col(Referral.appointment_id).desc())
        .limit(LISTED)
    )
    return [
        view(work.now, sent, appointment, schedule, doctor, department, patient)
        for sent, appointment, schedule, doctor, department, patient in rows
    ]


def view(
    now: datetime,
    sent: Referral,
    appointment: Appointment,
    schedule: Schedule,
    doctor: Doctor | None,
    department: str,
    patient: str,
) -> SentReferral:
    status, reason, until = appointment.status, appointment.cancel_reason, appointment.held_until
    if status == Status.PENDING and until is not None and until <= now:
        status, reason = Status.CANCELLED.value, CancelReason.EXPIRED.value
    return SentReferral(
        no=appointment.no,
        referred_at=sent.referred_at,
        patient_name=patient,
        department_name=department,
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        service_type=schedule.service_type,
        session=schedule.session,
        room=schedule.room,
        seq=appointment.seq,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        status=status,
        cancel_reason=reason,
        held_until=until if status == Status.PENDING else None,
    )
