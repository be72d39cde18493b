"""到院付：a number booked at once, its fee due at the window before check-in; who never pays there misses the visit.

Whether that time is over is a comparison with the end of the half hour; the round of the scheduler only tidies up.
"""

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.domain.ledger import Event
from hospital_app.domain.ledger import captured as captured_lines
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import PAYMENT_MOVES, Channel, PaymentAction, PaymentPurpose, PaymentStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment
from hospital_app.services import (
    confirming,
    his_outbox,
    ledger,
    locked,
    messages,
    on_behalf,
    payment_views,
    payments,
    releasing,
)
from hospital_app.services.appointments import own
from hospital_app.services.payment_views import PaymentView
from hospital_app.work import Work


def promise(work: Work, *, no: str, reason: Reason | None = None) -> PaymentView:
    """Book a held number now; its fee is due at the window. Asking again gives the same answer."""
    seen = own(work, no=no)
    appointment = locked.appointment(work, appointment_id=seen.id or 0)
    standing = due(work, appointment_id=appointment.id)
    if standing is not None and appointment.status == Status.BOOKED:
        return payment_views.view(standing, no)
    payments.open_until(work, appointment)
    if appointment.next_slot_id is not None:
        raise Refusal("channel_unavailable", "改签差价请用微信、支付宝支付，或到窗口办理。", 422)
    on_behalf.note(work, right=Right.BOOK, act="payment.started", subject=f"appointment:{no}", reason=reason)
    releasing.close_open_payments(work, appointment_id=appointment.id or 0)
    payment = payments.create(
        work,
        appointment=appointment,
        channel=Channel.ONSITE.value,
        amount_fen=appointment.fee_fen,
        purpose=PaymentPurpose.BOOKING,
        expires_at=appointment.ends_at,
        status=PaymentStatus.DUE,
    )
    if not confirming.accept(work, appointment=appointment, purpose=PaymentPurpose.BOOKING):
        raise Refusal("hold_expired", "锁号时间已到，号已释放，请重新选择时段。")
    messages.tell(
        work,
        account_id=appointment.account_id,
        kind="payment-due",
        appointment_no=no,
        amount_fen=payment.amount_fen,
    )
    work.hint(f"appointment:{no}", f"schedule:{appointment.schedule_id}", "today")
    return payment_views.view(payment, no)


def due(work: Work, *, appointment_id: int | None) -> Payment | None:
    """What is still to be paid at the window."""
    return work.session.scalar(
        select(Payment)
        .where(col(Payment.appointment_id) == appointment_id, col(Payment.status) == PaymentStatus.DUE)
        .execution_options(populate_existing=True)
    )


def check_paid(work: Work, appointment: Appointment) -> None:
    """Before check-in. Raises Refusal `payment_due`."""
    if due(work, appointment_id=appointment.id) is not None:
        text = "这张挂号单还没有缴费，请先到挂号窗口缴费，再来签到。"
        raise Refusal("payment_due", text, extra={"no": appointment.no})


def collect(work: Work, *, appointment: Appointment) -> Payment:
    """The clerk has the cash in hand. Raises Refusal `period_over` or `wrong_status`."""
    payment = due(work, appointment_id=appointment.id)
    if payment is not None and appointment.ends_at <= work.now:
        raise Refusal("period_over", "就诊时段已经结束，没有缴费按爽约处理，请重新挂号。")
    entry = PAYMENT_MOVES[PaymentAction.COLLECT]
    values = {
        "status": entry.to,
        "kept_fen": col(Payment.amount_fen),
        "cash_captured_at": work.now,
        "captured_at": work.now,
    }
    if payment is None or work.actor.role not in entry.by or not _move(work, payment, PaymentAction.COLLECT, values):
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    lines = captured_lines(payment.channel, payment.cash_fen)
    ledger.enter(work, Event.CAPTURED, payment.no, lines, appointment.department_code)
    his_outbox.queue_payment(work, payment_id=payment.id)
    work.record("payment.captured", f"payment:{payment.no}", amount_fen=payment.amount_fen)
    work.hint(f"appointment:{appointment.no}", "today")
    return payment


def drop(work: Work, *, appointment_id: int | None) -> None:
    """Nothing is due any more: the visit was cancelled, or missed."""
    payment = due(work, appointment_id=appointment_id)
    if payment is None:
        return
    values = {"status": PAYMENT_MOVES[PaymentAction.CLOSE].to, "closed_at": work.now}
    if _move(work, payment, PaymentAction.CLOSE, values):
        work.record("payment.closed", f"payment:{payment.no}", amount_fen=payment.amount_fen)


def reprice(work: Work, *, payment: Payment, amount_fen: int) -> None:
    """改签：nothing has been paid, so that the new number's fee is what is due."""
    work.change(
        update(Payment)
        .where(col(Payment.id) == payment.id, col(Payment.status) == PaymentStatus.DUE)
        .values(amount_fen=amount_fen, cash_fen=amount_fen)
    )


def overdue(work: Work, *, limit: int = 200) -> list[int]:
    """Appointments whose half hour is over and whose fee nobody has paid."""
    query = (
        select(col(Appointment.id))
        .join(Payment, col(Payment.appointment_id) == col(Appointment.id))
        .where(
            col(Payment.status) == PaymentStatus.DUE,
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.ends_at) <= work.now,
        )
        .limit(limit)
    )
    return [found for found in work.session.scalars(query) if found is not None]


def _move(work: Work, payment: Payment, action: PaymentAction, values: dict[str, object]) -> bool:
    sources = [each.value for each in PAYMENT_MOVES[action].sources]
    done = work.change(
        update(Payment).where(col(Payment.id) == payment.id, col(Payment.status).in_(sources)).values(**values)
    )
    return done == 1
