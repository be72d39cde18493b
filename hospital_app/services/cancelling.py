"""退号: the quote, and the cancellation that keeps its word."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import MOVES, Action, CancelReason, SlotStatus, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.domain.ledger import Income
from hospital_app.domain.machine import move
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.policy import CancelQuote, cancel_quote
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import (
    adjusting,
    displaced,
    his_outbox,
    ledger,
    messages,
    on_behalf,
    onsite,
    refunds,
    releasing,
    slots,
)
from hospital_app.services.appointments import own
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What became of it. `refund_no` is None when nothing had been paid or nothing comes back."""

    no: str
    status: str
    refund_no: str | None
    refund_fen: int
    fee_fen: int


def quote(work: Work, *, no: str) -> CancelQuote:
    """What cancelling would cost now."""
    appointment = own(work, no=no)
    move(MOVES, Status(appointment.status), _action(appointment), work.actor.role)
    if displaced.is_open(work, appointment_id=appointment.id):
        kept = sum(payment.kept_fen for payment in _kept(work, appointment))
        return CancelQuote("suspended", 0, 0, kept, None)
    return _quote(work, appointment, _kept(work, appointment))


def cancel(work: Work, *, no: str, reason: Reason | None = None) -> Cancellation:
    """Cancel, free the number, owe the refund. Asking again gives the same answer and changes nothing.

    `reason`: why a clerk does it for the patient; raises Refusal `reason_needed` without.
    """
    appointment = own(work, no=no)
    if appointment.status == Status.CANCELLED:
        return outcome(work, appointment)
    if appointment.id is None:
        raise ValueError("unsaved appointment")
    action = _action(appointment)
    move(MOVES, Status(appointment.status), action, work.actor.role)
    if displaced.is_open(work, appointment_id=appointment.id):
        displaced.refund(work, no=no, reason=reason)
        return outcome(work, own(work, no=no))
    on_behalf.note(work, right=Right.CANCEL, act="cancel", subject=f"appointment:{no}", reason=reason)
    if action is Action.RELEASE:
        releasing.lapse(work, appointment_id=appointment.id, reason=CancelReason.RELEASED, deadline=None)
        return _ended(work, no=no)  # paid at the same moment, it may have been booked instead
    slots.lock(work, [appointment.slot_id, appointment.next_slot_id])
    done = work.change(
        update(Appointment)
        .where(
            col(Appointment.id) == appointment.id,
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.version) == appointment.version,
        )
        .values(
            status=Status.CANCELLED,
            cancel_reason=CancelReason.PATIENT,
            cancelled_at=work.now,
            version=col(Appointment.version) + 1,
        )
    )
    if done != 1:  # asked twice at the same moment, or moved on
        return _ended(work, no=no)
    if appointment.next_slot_id is not None:
        releasing.drop_next_slot(work, appointment_id=appointment.id)
    slots.free(work, slot_id=appointment.slot_id, source=SlotStatus.BUSY)
    onsite.drop(work, appointment_id=appointment.id)
    refund_all_but_fee(work, appointment)
    ledger.earn(work, appointment=appointment, income=Income.CANCELLATION)
    his_outbox.queue_appointment(work, appointment_id=appointment.id)
    messages.tell(work, account_id=appointment.account_id, kind="cancelled", appointment_no=no)
    work.record("cancel", f"appointment:{no}")
    work.hint(f"schedule:{appointment.schedule_id}", f"appointment:{no}", "today")
    return outcome(work, own(work, no=no))


def _ended(work: Work, *, no: str) -> Cancellation:
    """What became of it; Refusal `wrong_status` if it did not end."""
    latest = own(work, no=no)
    if latest.status != Status.CANCELLED:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    return outcome(work, latest)


def refund_all_but_fee(work: Work, appointment: Appointment) -> None:
    """Owe back what is kept, less the fee of this moment: out of the cash alone, on the oldest payments first."""
    payments = refunds.captured(work, appointment_id=appointment.id or 0)
    fee_fen = _quote(work, appointment, payments).fee_fen
    by_leg = refunds.kept(work, payments)
    for payment in reversed(payments):
        part = min(fee_fen, by_leg[payment.id or 0].cash_fen)
        refunds.owe_all_but(work, payment=payment, fee_fen=part, reason="cancel")
        fee_fen -= part


def outcome(work: Work, appointment: Appointment) -> Cancellation:
    rows = work.session.execute(
        select(col(Refund.no), col(Refund.amount_fen))
        .where(col(Refund.appointment_id) == appointment.id, col(Refund.reason).in_(["cancel", "suspended"]))
        .order_by(col(Refund.id))
    ).all()
    kept = sum(payment.kept_fen for payment in _kept(work, appointment))
    return Cancellation(
        no=appointment.no,
        status=appointment.status,
        refund_no=rows[0].no if rows else None,
        refund_fen=sum(row.amount_fen for row in rows),
        fee_fen=kept,
    )


def _action(appointment: Appointment) -> Action:
    return Action.RELEASE if appointment.status == Status.PENDING else Action.CANCEL


def _kept(work: Work, appointment: Appointment) -> list[Payment]:
    return list(
        work.session.scalars(
            select(Payment)
            .where(col(Payment.appointment_id) == appointment.id, col(Payment.kept_fen) > 0)
            .execution_options(populate_existing=True)
        )
    )


def _quote(work: Work, appointment: Appointment, payments: list[Payment]) -> CancelQuote:
    by_leg = refunds.kept(work, payments).values()
    paid_fen = sum(p.kept_fen for p in payments)
    if work.now < appointment.starts_at and adjusting.leaves_free(work, appointment):
        return CancelQuote("adjusted", 0, 0, paid_fen, appointment.starts_at)
    return cancel_quote(
        work.rules,
        now=work.now,
        starts_at=appointment.starts_at,
        cash_fen=sum(leg.cash_fen for leg in by_leg),
        paid_fen=paid_fen,
    )
