"""支付通知: what a channel says of a payment is recorded once, whatever comes late, twice or out of order."""

from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.ledger import Event, captured
from hospital_app.domain.payment import PAYMENT_MOVES, PaymentAction, PaymentPurpose
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment
from hospital_app.services import (
    confirming,
    his_outbox,
    insurance_orders,
    invoices,
    ledger,
    locked,
    refunds,
    releasing,
    settling,
)
from hospital_app.work import Work


def record_notice(work: Work, *, notice: PaymentNotice) -> bool:
    """What a channel says of a payment, by callback or query; True if it changed anything.

    Money always finds its place: it books the number, or it goes back in full and the patient is told once.
    Raises Refusal `unknown_payment` or `wrong_amount` for a notice that cannot be ours.
    """
    seen = work.session.execute(
        select(
            col(Payment.id),
            col(Payment.appointment_id),
            col(Payment.channel),
            col(Payment.cash_fen),
            col(Payment.purpose),
            (col(Payment.amount_fen) > col(Payment.cash_fen)).label("insured"),
            col(Appointment.slot_id),
            col(Appointment.next_slot_id),
        )
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .where(col(Payment.no) == notice.payment_no)
    ).one_or_none()
    if seen is None:
        raise Refusal("unknown_payment", "没有这笔支付。", 404)
    if notice.state == "captured" and notice.amount_fen != seen.cash_fen:
        raise Refusal("wrong_amount", "支付金额与订单不符。", 400)
    numbers = (seen.slot_id, seen.next_slot_id)
    appointment = locked.appointment(work, appointment_id=seen.appointment_id, numbers=numbers)
    action = {
        "captured": PaymentAction.CAPTURE,
        "failed": PaymentAction.FAIL,
        "closed": PaymentAction.CLOSE,
    }.get(notice.state)
    if action is None:
        return False
    if action is PaymentAction.CAPTURE and seen.insured:
        done = settling.await_insurance(
            work, payment_id=seen.id, appointment=appointment, transaction_id=notice.transaction_id
        )
    else:
        done = _move_payment(work, payment_id=seen.id, action=action, notice=notice)
    if not done:
        return False
    if action is PaymentAction.CAPTURE:
        his_outbox.queue_payment(work, payment_id=seen.id)
        invoices.follow(work, payment_no=notice.payment_no)
        lines = captured(seen.channel, seen.cash_fen)
        ledger.enter(work, Event.CAPTURED, notice.payment_no, lines, appointment.department_code)
        if not seen.insured:
            _give(work, payment_id=seen.id, appointment=appointment, purpose=PaymentPurpose(seen.purpose))
    elif action is PaymentAction.CLOSE and seen.insured:
        insurance_orders.forget_quote(work, payment_id=seen.id)
    work.record(f"payment.{notice.state}", f"payment:{notice.payment_no}", amount_fen=notice.amount_fen)
    work.hint(f"appointment:{appointment.no}", f"schedule:{appointment.schedule_id}", "today")
    return True


def _give(work: Work, *, payment_id: int, appointment: Appointment, purpose: PaymentPurpose) -> None:
    """What the money was for, or the money back."""
    if confirming.accept(work, appointment=appointment, purpose=purpose):
        releasing.close_open_payments(work, appointment_id=appointment.id or 0)
        return
    payment = work.session.get_one(Payment, payment_id, populate_existing=True)
    refunds.owe_whole(work, payment=payment, reason="late")
    confirming.tell_returned(work, appointment=appointment)


def _move_payment(work: Work, *, payment_id: int, action: PaymentAction, notice: PaymentNotice) -> bool:
    entry = PAYMENT_MOVES[action]
    values: dict[str, object] = {"status": entry.to}
    if action is PaymentAction.CAPTURE:
        values |= {
            "kept_fen": col(Payment.amount_fen),
            "cash_captured_at": func.coalesce(col(Payment.cash_captured_at), work.now),
            "captured_at": work.now,
            "transaction_id": notice.transaction_id,
        }
    elif action is PaymentAction.CLOSE:
        values |= {"closed_at": work.now}
    done = work.change(
        update(Payment)
        .where(col(Payment.id) == payment_id, col(Payment.status).in_([s.value for s in entry.sources]))
        .values(**values)
    )
    return done == 1
