"""What captured money does to an appointment. Its numbers and itself are locked by the caller."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import LIVE, CancelReason, SlotStatus, Status
from hospital_app.domain.numbers import provider_day
from hospital_app.domain.payment import PaymentPurpose
from hospital_app.domain.waitlist import TERMINAL
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.services import his_outbox, messages, slots, waitlist_ends
from hospital_app.services.lottery import digits
from hospital_app.work import Work


def accept(work: Work, *, appointment: Appointment, purpose: PaymentPurpose) -> bool:
    """Give the payer what the money was for; False if that cannot be had any more (then it goes back)."""
    if purpose is PaymentPurpose.RESCHEDULE:
        return appointment.next_slot_id is not None and swap(work, appointment=appointment)
    if appointment.status == Status.PENDING:
        return slots.settle(work, slot_id=appointment.slot_id) and _book(work, appointment, source=Status.PENDING)
    if appointment.status == Status.CANCELLED and appointment.cancel_reason == CancelReason.EXPIRED:
        return _revive(work, appointment)
    return False


def tell_returned(work: Work, *, appointment: Appointment) -> None:
    messages.tell(work, account_id=appointment.account_id, kind="paid_too_late", appointment_no=appointment.no)


def price_of_next(work: Work, *, appointment: Appointment) -> int:
    """The fee of the number held for a dearer reschedule."""
    fee = work.session.scalar(
        select(col(Schedule.fee_fen))
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(col(Slot.id) == appointment.next_slot_id)
    )
    if fee is None:
        raise ValueError("no number is held for this reschedule")
    return fee


def swap(work: Work, *, appointment: Appointment) -> bool:
    """改签：give back the old number, settle the new one, reissue the slip - one transaction, both numbers locked."""
    new_slot_id = appointment.next_slot_id
    if new_slot_id is None or appointment.id is None or appointment.status != Status.BOOKED:
        return False
    slot = work.session.get_one(Slot, new_slot_id, populate_existing=True)
    schedule = work.session.get_one(Schedule, slot.schedule_id)
    if schedule.suspended or not slots.settle(work, slot_id=new_slot_id):
        return False
    fee_fen, changes = schedule.fee_fen, appointment.changes + 1
    if not stand_on(work, appointment=appointment, slot=slot, schedule=schedule, fee_fen=fee_fen, changes=changes):
        return False
    messages.tell(work, account_id=appointment.account_id, kind="rescheduled", appointment_no=appointment.no)
    work.record("reschedule", f"appointment:{appointment.no}", seq=slot.seq)
    return True


def stand_on(work: Work, *, appointment: Appointment, slot: Slot, schedule: Schedule, **values: object) -> bool:
    """A booked appointment leaves its number for `slot`, which is its own already; the slip is reissued.

    Both numbers and the appointment are locked or checked here by its slot; `values` are what else changes with it.
    """
    if appointment.id is None or slot.id is None:
        raise ValueError("unsaved appointment or number")
    old_slot_id, old_schedule_id = appointment.slot_id, appointment.schedule_id
    done = work.change(
        update(Appointment)
        .where(
            col(Appointment.id) == appointment.id,
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.slot_id) == old_slot_id,
        )
        .values(
            slot_id=slot.id,
            next_slot_id=None,
            schedule_id=schedule.id,
            doctor_id=schedule.doctor_id,
            provider_day=provider_day(schedule.provider, schedule.on),
            on=schedule.on,
            seq=slot.seq,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            code=digits(8),
            version=col(Appointment.version) + 1,
            **values,
        )
    )
    if done != 1:
        return False
    slots.free(work, slot_id=old_slot_id, source=SlotStatus.BUSY)
    his_outbox.queue_appointment(work, appointment_id=appointment.id, more_slot_ids=(old_slot_id,))
    work.later("slip.make", no=appointment.no)
    work.hint(f"schedule:{old_schedule_id}", f"schedule:{schedule.id}", f"appointment:{appointment.no}", "today")
    return True


def _book(work: Work, appointment: Appointment, *, source: Status) -> bool:
    done = work.change(
        update(Appointment)
        .where(col(Appointment.id) == appointment.id, col(Appointment.status) == source)
        .values(
            status=Status.BOOKED,
            cancel_reason="",
            cancelled_at=None,
            held_until=None,
            booked_at=work.now,
            version=col(Appointment.version) + 1,
        )
    )
    if done != 1 or appointment.id is None:
        return False
    if appointment.terminal == TERMINAL:
        waitlist_ends.follow_payment(work, no=appointment.no)
    work.later("slip.make", no=appointment.no)
    messages.tell(work, account_id=appointment.account_id, kind="booked", appointment_no=appointment.no)
    _queue_his(work, appointment.id)
    return True


def _revive(work: Work, appointment: Appointment) -> bool:
    """Paid after the hold had ended: the same number if it can still be had."""
    if not may_revive(work, appointment) or not slots.occupy(work, slot_id=appointment.slot_id):
        return False
    return _book(work, appointment, source=Status.CANCELLED)


def may_revive(work: Work, appointment: Appointment) -> bool:
    """Whether the number of an expired hold is still free, has not begun, and breaks no rule."""
    if appointment.ends_at - timedelta(minutes=work.rules.same_day_cutoff_minutes) <= work.now:
        return False
    other = work.session.scalar(
        select(col(Appointment.id)).where(
            col(Appointment.patient_id) == appointment.patient_id,
            col(Appointment.provider_day) == appointment.provider_day,
            col(Appointment.status).in_([status.value for status in LIVE]),
        )
    )
    taken = work.session.scalar(
        select(col(Appointment.id)).where(
            col(Appointment.slot_id) == appointment.slot_id,
            col(Appointment.status).in_([status.value for status in LIVE]),
        )
    )
    free = work.session.scalar(
        select(col(Slot.id)).where(col(Slot.id) == appointment.slot_id, slots.takeable(work.now))
    )
    return other is None and taken is None and free is not None


def _queue_his(work: Work, appointment_id: int) -> None:
    his_outbox.queue_appointment(work, appointment_id=appointment_id)
