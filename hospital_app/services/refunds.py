"""退款: born with the reason, carried out by a worker, recorded once."""

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.exchange import RefundNotice, RefundOrder
from hospital_app.domain.ledger import Event, owed, refunded
from hospital_app.domain.numbers import refund_no
from hospital_app.domain.payment import REFUND_MOVES, Channel, PaymentStatus, RefundAction, RefundStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import his_outbox, ledger, messages
from hospital_app.services.lottery import digits
from hospital_app.work import Work


def captured(work: Work, *, appointment_id: int) -> list[Payment]:
    """Payments of an appointment that still keep money, locked, newest first."""
    return list(
        work.session.scalars(
            select(Payment)
            .where(
                col(Payment.appointment_id) == appointment_id,
                col(Payment.status) == PaymentStatus.CAPTURED,
                col(Payment.kept_fen) > 0,
            )
            .order_by(col(Payment.id).desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def owe(work: Work, *, payment: Payment, amount_fen: int, reason: str) -> str:
    """Owe `amount_fen` of a captured payment back; the number of the refund. Never more than is kept."""
    if payment.id is None or amount_fen <= 0:
        raise ValueError("a refund needs a saved payment and a positive amount")
    done = work.change(
        update(Payment)
        .where(col(Payment.id) == payment.id, col(Payment.kept_fen) >= amount_fen)
        .values(kept_fen=col(Payment.kept_fen) - amount_fen)
    )
    if done != 1:
        raise ValueError("a refund may not exceed what is kept")
    refund = Refund(
        no=refund_no(clinic_day(work.now), digits(10)),
        payment_id=payment.id,
        appointment_id=payment.appointment_id,
        reason=reason,
        amount_fen=amount_fen,
        created_at=work.now,
    )
    work.session.add(refund)
    work.session.flush()
    his_outbox.queue_refund(work, refund_no=refund.no)
    purse = ledger.purse_of(work, payment_no=payment.no)
    lines = owed(payment.channel, refund.leg, amount_fen, out_of=purse)
    department = ledger.department_of(work, appointment_id=payment.appointment_id)
    ledger.enter(work, Event.OWED, refund.no, lines, department)
    if payment.channel == Channel.ONSITE:
        _fetch_at_the_window(work, payment, amount_fen)
    else:
        work.later("refund.execute", refund_no=refund.no)
    work.record("refund.owed", f"refund:{refund.no}", amount_fen=amount_fen, reason=reason)
    work.hint("today")
    return refund.no


def _fetch_at_the_window(work: Work, payment: Payment, amount_fen: int) -> None:
    """Cash goes back where it was paid, by a clerk's hand (counter.py); the patient is told to come."""
    appointment = work.session.get_one(Appointment, payment.appointment_id)
    messages.tell(
        work,
        account_id=appointment.account_id,
        kind="fetch-cash",
        appointment_no=appointment.no,
        amount_fen=amount_fen,
    )


def order(work: Work, *, refund_no: str) -> tuple[str, RefundOrder] | None:
    """(channel, what to ask of it), or None if this refund is done."""
    found = work.session.execute(
        select(Refund, Payment)
        .join(Payment, col(Refund.payment_id) == col(Payment.id))
        .where(col(Refund.no) == refund_no)
    ).one_or_none()
    if found is None or found[0].status == RefundStatus.DONE:
        return None
    refund, payment = found
    return payment.channel, RefundOrder(
        refund_no=refund.no,
        payment_no=payment.no,
        amount_fen=refund.amount_fen,
        total_fen=payment.amount_fen,
        reason=refund.reason,
    )


def record_notice(work: Work, *, notice: RefundNotice) -> bool:
    """What the channel says of a refund, by answer, callback or query; True if it changed anything."""
    action = {"done": RefundAction.COMPLETE, "failed": RefundAction.FAIL}.get(notice.state)
    if action is None:
        return False
    entry = REFUND_MOVES[action]
    done = work.change(
        update(Refund)
        .where(
            col(Refund.no) == notice.refund_no,
            col(Refund.amount_fen) == notice.amount_fen,
            col(Refund.status).in_([s.value for s in entry.sources]),
        )
        .values(
            status=entry.to,
            channel_refund_id=notice.channel_refund_id,
            done_at=work.now if entry.to is RefundStatus.DONE else None,
        )
    )
    if done != 1:
        return False
    refund, payment, appointment = work.session.execute(
        select(Refund, Payment, Appointment)
        .join(Payment, col(Refund.payment_id) == col(Payment.id))
        .join(Appointment, col(Refund.appointment_id) == col(Appointment.id))
        .where(col(Refund.no) == notice.refund_no)
        .execution_options(populate_existing=True)
    ).one()
    if entry.to is RefundStatus.DONE:
        his_outbox.queue_refund(work, refund_no=refund.no)
        lines = refunded(payment.channel, refund.leg, refund.amount_fen, fund_fen=payment.fund_fen)
        ledger.enter(work, Event.REFUNDED, refund.no, lines, appointment.department_code)
        messages.tell(
            work,
            account_id=appointment.account_id,
            kind="refunded",
            appointment_no=appointment.no,
            amount_fen=refund.amount_fen,
        )
    work.record(f"refund.{entry.to.value}", f"refund:{refund.no}", amount_fen=refund.amount_fen)
    work.hint(f"appointment:{appointment.no}", "today")
    return True
