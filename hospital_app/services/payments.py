"""支付: it is opened for what is held, and asked of a channel. What the channel then says of it: capturing.py."""

import json
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.exchange import Method, PaymentOrder, Prepay
from hospital_app.domain.money import Split, all_cash
from hospital_app.domain.numbers import payment_no as new_payment_no
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import Channel, PaymentPurpose, PaymentStatus
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment
from hospital_app.services import (
    confirming,
    on_behalf,
    payment_views,
    releasing,
)
from hospital_app.services.appointments import own
from hospital_app.services.lottery import digits
from hospital_app.services.payment_views import PaymentView
from hospital_app.work import Work


def start(work: Work, *, no: str, channel: str, method: str = "", reason: Reason | None = None) -> PaymentView:
    """The open payment of a held appointment, made if there is none. Raises Refusal `hold_expired`.

    Another channel or method than the open one's: that is closed, after the commit, and one is made.

    `reason`: why a clerk does it for the patient; raises Refusal `reason_needed` without.
    """
    appointment, deadline = payable(work, no=no)
    payment = open_payment(work, appointment)
    if payment is not None and _otherwise(payment, channel, method):
        releasing.close_open_payments(work, appointment_id=payment.appointment_id)
        payment = None
    if payment is None:
        on_behalf.note(work, right=Right.BOOK, act="payment.started", subject=f"appointment:{no}", reason=reason)
        purpose = PaymentPurpose.BOOKING if appointment.next_slot_id is None else PaymentPurpose.RESCHEDULE
        amount = appointment.fee_fen if purpose is PaymentPurpose.BOOKING else _difference(work, appointment)
        payment = create(
            work,
            appointment=appointment,
            channel=channel,
            method=method,
            amount_fen=amount,
            purpose=purpose,
            expires_at=deadline,
        )
    return payment_views.view(payment, appointment.no)


def payable(work: Work, *, no: str) -> tuple[Appointment, datetime]:
    """An own appointment that can be paid for, locked, and until when. Raises as `open_until`."""
    appointment_id = own(work, no=no).id
    appointment = work.session.scalars(
        select(Appointment)
        .where(col(Appointment.id) == appointment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return appointment, open_until(work, appointment)


def open_until(work: Work, appointment: Appointment) -> datetime:
    """Until when it can be paid for. Raises Refusal `already_paid`, `hold_expired`."""
    if appointment.status == Status.BOOKED and appointment.next_slot_id is None:
        raise Refusal("already_paid", "这张挂号单已经支付，无需再付。")
    if _in_the_house(work, appointment):
        raise Refusal("already_paid", "已经付款，正在等医保结算，请稍候。")
    deadline = _deadline(work, appointment)
    if deadline is None or deadline <= work.now:
        raise Refusal("hold_expired", "锁号时间已到，号已释放，请重新选择时段。")
    return deadline


def create(
    work: Work,
    *,
    appointment: Appointment,
    channel: str,
    amount_fen: int,
    purpose: PaymentPurpose,
    expires_at: datetime,
    method: str = "",
    split: Split | None = None,
    status: PaymentStatus = PaymentStatus.PENDING,
) -> Payment:
    split = split or all_cash(amount_fen)
    payment = Payment(
        no=new_payment_no(clinic_day(work.now), digits(10)),
        appointment_id=appointment.id or 0,
        purpose=purpose,
        channel=channel,
        method=method,
        status=status,
        amount_fen=split.total_fen,
        fund_fen=split.fund_fen,
        insurance_account_fen=split.insurance_account_fen,
        cash_fen=split.cash_fen,
        created_at=work.now,
        expires_at=expires_at,
    )
    work.session.add(payment)
    work.session.flush()
    if channel not in {Channel.ONSITE, Channel.INSURANCE}:
        work.later(
            "payment.query",
            run_at=work.now + timedelta(seconds=work.rules.query_after_seconds),
            payment_no=payment.no,
        )
    work.record("payment.started", f"payment:{payment.no}", amount_fen=amount_fen, channel=channel)
    return payment


def open_payment(work: Work, appointment: Appointment) -> Payment | None:
    return work.session.scalar(
        select(Payment)
        .where(
            col(Payment.appointment_id) == appointment.id,
            col(Payment.status) == PaymentStatus.PENDING,
            col(Payment.expires_at) > work.now,
        )
        .order_by(col(Payment.id).desc())
        .limit(1)
    )


def order(work: Work, *, payment_no: str) -> tuple[str, PaymentOrder] | None:
    """(channel, what to ask of it) of a payment that is still open."""
    found = work.session.execute(
        select(Payment, col(Appointment.no))
        .join(Appointment, col(Payment.appointment_id) == col(Appointment.id))
        .where(col(Payment.no) == payment_no, col(Payment.status) == PaymentStatus.PENDING)
    ).one_or_none()
    if found is None:
        return None
    payment, appointment_no = found
    return payment.channel, PaymentOrder(
        payment_no=payment.no,
        amount_fen=payment.cash_fen,
        description="挂号诊查费",
        expires_at=payment.expires_at,
        appointment_no=appointment_no,
        payer_ip=work.actor.address or "127.0.0.1",
        method=Method(payment.method) if payment.method else None,
    )


def save_cashier(work: Work, *, payment_no: str, prepay: Prepay) -> None:
    """How the payer's page opens the channel's cashier."""
    kept = {"parameters": dict(prepay.parameters), "code_url": prepay.code_url}
    work.change(
        update(Payment)
        .where(col(Payment.no) == payment_no)
        .values(cashier_url=prepay.cashier_url, prepay=json.dumps(kept) if any(kept.values()) else "")
    )


def status(work: Work, *, payment_no: str) -> tuple[str, str]:
    """(channel, status); raises Refusal not_found."""
    found = work.session.execute(
        select(col(Payment.channel), col(Payment.status)).where(col(Payment.no) == payment_no)
    ).one_or_none()
    if found is None:
        raise not_found("这笔支付")
    return found.channel, found.status


def cashier_of(work: Work, *, payment_no: str) -> str:
    """Its address; empty if there is none."""
    return work.session.scalar(select(col(Payment.cashier_url)).where(col(Payment.no) == payment_no)) or ""


def _otherwise(payment: Payment, channel: str, method: str) -> bool:
    insured = payment.amount_fen > payment.cash_fen
    return insured or payment.channel != channel or method not in ("", payment.method)


def _in_the_house(work: Work, appointment: Appointment) -> bool:
    """The cash has arrived, and the bureau still works on the rest."""
    settling_now = select(col(Payment.id)).where(
        col(Payment.appointment_id) == appointment.id, col(Payment.status) == PaymentStatus.SETTLING
    )
    return work.session.scalar(settling_now) is not None


def _deadline(work: Work, appointment: Appointment) -> datetime | None:
    """Until when money is welcome: the hold's end, or the end of the new number of a dearer reschedule."""
    if appointment.status == Status.PENDING:
        return appointment.held_until
    if appointment.status == Status.BOOKED and appointment.next_slot_id is not None:
        slot = work.session.get_one(Slot, appointment.next_slot_id, populate_existing=True)
        return slot.held_until if slot.status == SlotStatus.HELD else None
    return None


def _difference(work: Work, appointment: Appointment) -> int:
    return confirming.price_of_next(work, appointment=appointment) - appointment.fee_fen
