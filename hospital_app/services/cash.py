"""窗口收退现金: fees taken and refunds given by a clerk's hand, each with a number of our own and on the trail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.exchange import PaymentNotice, RefundNotice
from hospital_app.domain.payment import Channel, Leg, PaymentPurpose, PaymentStatus, RefundStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.hospital import Department
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import capturing, locked, onsite, payments, refunds, shifts
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the clerk hands over with the slip."""

    no: str
    payment_no: str
    seq: int
    fee_fen: int


@dataclass(frozen=True, slots=True)
class CashRefund:
    """Cash that waits for its patient at the window."""

    refund_no: str
    appointment_no: str
    amount_fen: int
    created_at: datetime


def collect(work: Work, *, no: str, payment_no: str = "") -> Receipt:
    """The fee of a held number, or of one that was booked to be paid here, in cash, by this clerk.

    Where insurance pays a part (quoted for the window), the rest: then the bureau settles. `payment_no`: the quote that
    was read out; raises Refusal `wrong_status` if another order has taken its place.
    """
    authority.check(work.actor, Right.REGISTER)
    appointment_id = work.session.scalar(select(col(Appointment.id)).where(col(Appointment.no) == no))
    if appointment_id is None:
        raise not_found("这张挂号单")
    appointment = locked.appointment(work, appointment_id=appointment_id)
    if appointment.status == Status.BOOKED and not payment_no:
        payment = onsite.collect(work, appointment=appointment)
        return _received(work, payment=payment, appointment=appointment)
    if appointment.status != Status.PENDING:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    until = payments.open_until(work, appointment)
    standing = payments.open_payment(work, appointment)
    if payment_no and (standing is None or standing.no != payment_no):
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    payment = (
        standing
        if standing is not None and standing.channel == Channel.ONSITE
        else payments.create(
            work,
            appointment=appointment,
            channel=Channel.ONSITE.value,
            amount_fen=appointment.fee_fen,
            purpose=PaymentPurpose.BOOKING,
            expires_at=until,
        )
    )
    notice = PaymentNotice(payment.no, "captured", payment.cash_fen, transaction_id=f"onsite-{payment.no}")
    if not capturing.record_notice(work, notice=notice):
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    return _received(work, payment=payment, appointment=appointment)


def _received(work: Work, *, payment: Payment, appointment: Appointment) -> Receipt:
    _into_the_drawer(work, payment_no=payment.no)
    work.record("counter.collected", f"payment:{payment.no}", amount_fen=payment.cash_fen, appointment=appointment.no)
    return Receipt(appointment.no, payment.no, appointment.seq, payment.cash_fen)


@dataclass(frozen=True, slots=True)
class Due:
    """到院付：a fee that its patient has still to pay here."""

    no: str
    starts_at: datetime
    department_name: str
    amount_fen: int


def dues(work: Work, *, patient_id: int) -> list[Due]:
    """What this person has to pay at the window before check-in."""
    authority.check(work.actor, Right.REGISTER)
    query = (
        select(col(Appointment.no), col(Appointment.starts_at), col(Department.name), col(Payment.cash_fen))
        .join(Payment, col(Payment.appointment_id) == col(Appointment.id))
        .join(Department, col(Department.code) == col(Appointment.department_code))
        .where(
            col(Appointment.patient_id) == patient_id,
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.ends_at) > work.now,
            col(Payment.status) == PaymentStatus.DUE,
        )
        .order_by(col(Appointment.starts_at))
    )
    return [Due(*row) for row in work.session.execute(query)]


def cash_refunds(work: Work, *, patient_id: int) -> list[CashRefund]:
    """What this person can have back at the window."""
    authority.check(work.actor, Right.REGISTER)
    query = (
        select(col(Refund.no), col(Appointment.no), col(Refund.amount_fen), col(Refund.created_at))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .join(Appointment, col(Appointment.id) == col(Refund.appointment_id))
        .where(
            col(Appointment.patient_id) == patient_id,
            col(Payment.channel) == Channel.ONSITE,
            col(Refund.leg) == Leg.CASH,
            col(Refund.status) == RefundStatus.PROCESSING,
        )
        .order_by(col(Refund.id))
    )
    return [CashRefund(*row) for row in work.session.execute(query)]


def pay_out(work: Work, *, refund_no: str) -> bool:
    """The clerk has given the cash back; False if that was recorded before."""
    authority.check(work.actor, Right.REGISTER)
    found = work.session.execute(
        select(Refund, col(Payment.no))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(col(Refund.no) == refund_no, col(Refund.leg) == Leg.CASH, col(Payment.channel) == Channel.ONSITE)
    ).one_or_none()
    if found is None:
        raise not_found("这笔退款")
    refund, payment_no = found
    back = RefundNotice(refund.no, payment_no, "done", refund.amount_fen, channel_refund_id=f"onsite-{refund.no}")
    done = refunds.record_notice(work, notice=back)
    if done:
        shift_id = shifts.current(work)
        work.change(update(Refund).where(col(Refund.no) == refund_no).values(shift_id=shift_id))
        work.record("counter.paid-out", f"refund:{refund.no}", amount_fen=refund.amount_fen)
    return done


def _into_the_drawer(work: Work, *, payment_no: str) -> None:
    """What was collected is of this clerk's shift. Locked after everything else, so that nobody waits for a count."""
    shift_id = shifts.current(work)
    work.change(update(Payment).where(col(Payment.no) == payment_no).values(shift_id=shift_id))
