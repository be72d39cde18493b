"""加号: a number of its own for one named patient, after the regular ones of its half hour; capped for each clinic."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import change
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.identity import FamilyMember, Patient
from hospital_app.services import change_notices, his_outbox, limits, pending
from hospital_app.services.waiting_line import lock_line
from hospital_app.work import Work

CHANNEL = "overbook"
PAY_WITHIN = timedelta(hours=12)


def check(work: Work, schedule: Schedule, *, patient_id: int, starts_at: datetime) -> None:
    """The cap, the half hour, and that this person has no number with this provider on that day."""
    change.check_ahead(now=work.now, ends_at=schedule.ends_at)
    if schedule.suspended:
        raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    change.check_overbook(work.rules, capacity=schedule.capacity, overbooked=overbooked(work, schedule.id))
    _half_hour(work, schedule, starts_at)
    account_of(work, patient_id=patient_id)
    if pending.live_with(work, patient_id=patient_id, provider=schedule.provider, on=schedule.on) is not None:
        raise Refusal("duplicate_booking", "这位就诊人当天已经约了这位医生，请选择其他日期。")


def overbook(
    work: Work, *, schedule_id: int, patient_id: int, starts_at: datetime, held_until: datetime | None = None
) -> Appointment:
    """The number, held for this patient until it is paid for; nobody else can ever take it.

    `held_until`: by default 12 hours, and not beyond the end of the half hour before it is of no use.
    """
    account_id = account_of(work, patient_id=patient_id)
    for subject in limits.subjects(account_id=account_id, patient_id=patient_id):
        limits.count_booking(work, subject=subject, on=clinic_day(work.now))
    schedule = lock_line(work, schedule_id=schedule_id).schedule
    check(work, schedule, patient_id=patient_id, starts_at=starts_at)
    ends_at = _half_hour(work, schedule, starts_at)
    least = work.now + timedelta(minutes=work.rules.hold_minutes)
    until = held_until or max(least, min(work.now + PAY_WITHIN, schedule.starts_at))
    slot = Slot(
        schedule_id=schedule_id,
        seq=_next_seq(work, schedule_id),
        starts_at=starts_at,
        ends_at=ends_at,
        status=SlotStatus.HELD,
        held_until=until,
        overbooked=True,
        channel=CHANNEL,
        opens_at=schedule.ends_at,
    )
    work.session.add(slot)
    work.session.flush()
    appointment = pending.write(
        work,
        schedule=schedule,
        slot=slot,
        account_id=account_id,
        patient_id=patient_id,
        held_until=until,
        terminal=work.actor.terminal,
        channel=CHANNEL,
    )
    his_outbox.queue(work, appointment=appointment, slots=[slot])
    work.later("hold.expire", run_at=until, nos=[appointment.no])
    work.record("overbook", f"appointment:{appointment.no}", schedule_id=schedule_id, seq=slot.seq)
    work.hint(f"schedule:{schedule_id}", f"appointment:{appointment.no}", "today")
    return appointment


def tell(work: Work, appointment: Appointment) -> None:
    if appointment.held_until is None:
        raise ValueError("nothing to pay for")
    change_notices.tell(
        work,
        account_id=appointment.account_id,
        kind="overbooked",
        appointment_no=appointment.no,
        at=f"{local(appointment.starts_at):%m-%d %H:%M}",
        until=f"{local(appointment.held_until):%m-%d %H:%M}",
    )


def overbooked(work: Work, schedule_id: int | None) -> int:
    """How many of a clinic's overbooked numbers somebody has."""
    query = select(func.count(col(Slot.id))).where(
        col(Slot.schedule_id) == schedule_id, col(Slot.overbooked), col(Slot.status) != SlotStatus.BLOCKED
    )
    return work.session.scalar(query) or 0


def cap_left(work: Work, schedule: Schedule) -> int:
    """How many more may be added to a clinic."""
    return max(0, change.overbook_cap(work.rules, capacity=schedule.capacity) - overbooked(work, schedule.id))


def account_of(work: Work, *, patient_id: int) -> int:
    """Whose appointment it becomes: the person's own account, else the first in whose list they stand."""
    found = work.session.scalar(
        select(col(FamilyMember.account_id))
        .join(Patient, col(Patient.id) == col(FamilyMember.patient_id))
        .where(col(FamilyMember.patient_id) == patient_id)
        .order_by(col(FamilyMember.relation) != "self", col(FamilyMember.id))
        .limit(1)
    )
    if found is None:
        raise not_found("这位患者")
    return found


def _half_hour(work: Work, schedule: Schedule, starts_at: datetime) -> datetime:
    """The end of the half hour that begins then; it may have begun, but not be over."""
    ends_at = work.session.scalar(
        select(col(Slot.ends_at)).where(col(Slot.schedule_id) == schedule.id, col(Slot.starts_at) == starts_at).limit(1)
    )
    if ends_at is None or ends_at <= work.now:
        raise not_found("这个时段")
    return ends_at


def _next_seq(work: Work, schedule_id: int) -> int:
    """The schedule is locked: nobody else counts."""
    return (work.session.scalar(select(func.max(col(Slot.seq))).where(col(Slot.schedule_id) == schedule_id)) or 0) + 1
