"""释放: holds that end unpaid, by time or by wish. Every path gives the number back exactly once."""

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.payment import PaymentStatus
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment
from hospital_app.services import his_outbox, limits, slots
from hospital_app.work import Work


def lapse_stale(work: Work, *, account_id: int, patient_id: int) -> None:
    """End this account's and this person's own holds that are over, so that a late worker refuses nobody."""
    stale = work.session.scalars(
        select(col(Appointment.id)).where(
            (col(Appointment.account_id) == account_id) | (col(Appointment.patient_id) == patient_id),
            col(Appointment.status) == Status.PENDING,
            col(Appointment.held_until) <= work.now,
        )
    ).all()
    for appointment_id in sorted(i for i in stale if i is not None):
        lapse(work, appointment_id=appointment_id, reason=CancelReason.EXPIRED, deadline=work.now)


def lapse(work: Work, *, appointment_id: int, reason: CancelReason, deadline: datetime | None) -> bool:
    """Pending → cancelled and its number free; False if that had happened already or is not due.

    `deadline`: only if the hold ended by then; None: at once (the patient let go).
    """
    seen = work.session.get(Appointment, appointment_id, populate_existing=True)
    if seen is None or seen.status != Status.PENDING:
        return False
    on = clinic_day(seen.created_at)
    counted = limits.subjects(account_id=seen.account_id, patient_id=seen.patient_id)
    limits.lock_counts(work, subjects=counted, on=on)
    slots.lock(work, [seen.slot_id])
    conditions = [col(Appointment.id) == appointment_id, col(Appointment.status) == Status.PENDING]
    if deadline is not None:
        conditions.append(col(Appointment.held_until) <= deadline)
    done = work.change(
        update(Appointment)
        .where(*conditions)
        .values(
            status=Status.CANCELLED,
            cancel_reason=reason,
            cancelled_at=work.now,
            version=col(Appointment.version) + 1,
        )
    )
    if done != 1:
        return False
    slots.free(work, slot_id=seen.slot_id, source=SlotStatus.HELD)
    if reason is CancelReason.SUSPENDED:
        limits.give_back(work, subjects=counted, on=on)
    else:
        limits.count_lapse(work, subjects=counted, on=on)
    close_open_payments(work, appointment_id=appointment_id)
    his_outbox.queue_appointment(work, appointment_id=appointment_id)
    work.record(reason.value, f"appointment:{seen.no}")
    work.hint(f"schedule:{seen.schedule_id}", f"appointment:{seen.no}", "today")
    return True


def vacate(work: Work, *, slot: Slot) -> None:
    """Before somebody takes over a number whose hold is over: end what still claims it.

    The slot is locked, and read afresh at the end.
    """
    if slot.status != SlotStatus.HELD:
        return
    stale = work.session.scalar(
        select(col(Appointment.id)).where(
            col(Appointment.slot_id) == slot.id, col(Appointment.status) == Status.PENDING
        )
    )
    if stale is not None:
        lapse(work, appointment_id=stale, reason=CancelReason.EXPIRED, deadline=work.now)
    mover = work.session.scalar(select(col(Appointment.id)).where(col(Appointment.next_slot_id) == slot.id))
    if mover is not None:
        drop_next_slot(work, appointment_id=mover)
    slots.lock(work, [slot.id])


def drop_next_slot(work: Work, *, appointment_id: int) -> bool:
    """Give up the number held for a dearer reschedule; the appointment itself stays as it was."""
    seen = work.session.get_one(Appointment, appointment_id, populate_existing=True)
    if seen.next_slot_id is None:
        return False
    slot_id = seen.next_slot_id
    locked = slots.lock(work, [slot_id])
    done = work.change(
        update(Appointment)
        .where(col(Appointment.id) == appointment_id, col(Appointment.next_slot_id) == slot_id)
        .values(next_slot_id=None)
    )
    if done != 1:
        return False
    slots.free(work, slot_id=slot_id, source=SlotStatus.HELD)
    close_open_payments(work, appointment_id=appointment_id)
    his_outbox.queue_appointment(work, appointment_id=appointment_id, more_slot_ids=(slot_id,))
    work.record("reschedule.dropped", f"appointment:{seen.no}")
    work.hint(f"schedule:{locked[slot_id].schedule_id}", f"appointment:{seen.no}")
    return True


def close_open_payments(work: Work, *, appointment_id: int) -> None:
    """Ask the channel, after the commit, to stop accepting money for this appointment.

    A failed payment is as open as a pending one: the channel lets the payer try the same order again.
    """
    open_numbers = work.session.scalars(
        select(col(Payment.no)).where(
            col(Payment.appointment_id) == appointment_id,
            col(Payment.status).in_([PaymentStatus.PENDING.value, PaymentStatus.FAILED.value]),
        )
    ).all()
    for no in open_numbers:
        work.later("payment.close", payment_no=no)


def expire(work: Work, *, no: str) -> bool:
    """The job of one hold's deadline. Quietly False when there is nothing to do (any more, or yet)."""
    appointment_id = work.session.scalar(select(col(Appointment.id)).where(col(Appointment.no) == no))
    if appointment_id is None:
        return False
    return lapse(work, appointment_id=appointment_id, reason=CancelReason.EXPIRED, deadline=work.now)


def due(work: Work, *, limit: int) -> tuple[list[str], list[int]]:
    """What the sweep must still do: numbers of overdue holds, ids of appointments with an overdue new number."""
    holds = work.session.scalars(
        select(col(Appointment.no))
        .where(col(Appointment.status) == Status.PENDING, col(Appointment.held_until) <= work.now)
        .limit(limit)
    ).all()
    movers = work.session.scalars(
        select(col(Appointment.id))
        .join(Slot, col(Appointment.next_slot_id) == col(Slot.id))
        .where(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) <= work.now)
        .limit(limit)
    ).all()
    return list(holds), [m for m in movers if m is not None]


def expire_next_slot(work: Work, *, appointment_id: int) -> bool:
    """The deadline of a dearer reschedule: only if it is really over."""
    seen = work.session.get_one(Appointment, appointment_id, populate_existing=True)
    if seen.next_slot_id is None:
        return False
    slot = slots.lock(work, [seen.next_slot_id])[seen.next_slot_id]
    if slot.held_until is None or slot.held_until > work.now:
        return False
    return drop_next_slot(work, appointment_id=appointment_id)
