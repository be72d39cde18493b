"""待支付的挂号单: how one number that the house, a doctor or a clerk gives is written; what patients take at once is
written many at a time (holding.py)."""

from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import LIVE, Status
from hospital_app.domain.numbers import appointment_no, provider_day
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.services.lottery import digits
from hospital_app.work import Work


def write(
    work: Work,
    *,
    schedule: Schedule,
    slot: Slot,
    account_id: int,
    patient_id: int,
    held_until: datetime,
    terminal: str,
    channel: str = "online",
) -> Appointment:
    """The slot is held already; what the patient is told, and when the hold ends, is the caller's affair."""
    appointment = Appointment(
        no=appointment_no(schedule.on, digits(8)),
        account_id=account_id,
        patient_id=patient_id,
        schedule_id=slot.schedule_id,
        slot_id=slot.id or 0,
        provider_day=provider_day(schedule.provider, schedule.on),
        department_code=schedule.department_code,
        doctor_id=schedule.doctor_id,
        on=schedule.on,
        seq=slot.seq,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        status=Status.PENDING,
        held_until=held_until,
        fee_fen=schedule.fee_fen,
        terminal=terminal,
        channel=channel,
        code=digits(8),
        created_at=work.now,
    )
    work.session.add(appointment)
    work.session.flush()
    return appointment


def live_with(work: Work, *, patient_id: int, provider: str, on: date, but_id: int | None = None) -> str | None:
    """The number of the appointment that this person has with this provider on that day; the index allows one."""
    query = select(col(Appointment.no)).where(
        col(Appointment.patient_id) == patient_id,
        col(Appointment.provider_day) == provider_day(provider, on),
        col(Appointment.status).in_([status.value for status in LIVE]),
    )
    if but_id is not None:
        query = query.where(col(Appointment.id) != but_id)
    return work.session.scalar(query)
