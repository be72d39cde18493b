"""支付: start it, and record what the channel says - once, whatever comes late, twice or out of order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.exchange import Method, PaymentNotice, PaymentOrder, Prepay
from hospital_app.domain.ledger import Event, captured
from hospital_app.domain.money import Split, all_cash
from hospital_app.domain.numbers import payment_no as new_payment_no
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import PAYMENT_MOVES, Channel, PaymentAction, PaymentPurpose, PaymentStatus
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment
from hospital_app.services import (
    confirming,
    his_outbox,
    insurance_orders,
    invoices,
    ledger,
    locked,
    on_behalf,
    refunds,
    releasing,
    settling,
)
from hospital_app.services.appointments import own
from hospital_app.services.lottery import digits
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class PaymentView:
    """支付单. Until the channel has accepted the order it cannot be `opened`.

    That is by `cashier_url`, by `parameters` (a page inside WeChat) or by `code_url` (drawn as a QR), as `method` says.
    """

    no: str
    appointment_no: str
    purpose: str
    channel: str
    status: str
    amount_fen: int
    fund_fen: int
    insurance_account_fen: int
    cash_fen: int
    cashier_url: str
    expires_at: datetime
    method: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    code_url: str = ""

    @property
    def opened(self) -> bool:
        return bool(self.cashier_url or self.parameters or self.code_url)


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
    return view(payment, appointment.no)


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


def latest(work: Work, *, no: str) -> PaymentView | None:
    """The newest payment of an own appointment, for the cashier page."""
    appointment = own(work, no=no)
    payment = work.session.scalar(
        select(Payment)
        .where(col(Payment.appointment_id) == appointment.id)
        .order_by(col(Payment.id).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return None if payment is None else view(payment, no)


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
        ).where(col(Payment.no) == notice.payment_no)
    ).one_or_none()
    if seen is None:
        raise Refusal("unknown_payment", "没有这笔支付。", 404)
    if notice.state == "captured" and notice.amount_fen != seen.cash_fen:
        raise Refusal("wrong_amount", "支付金额与订单不符。", 400)
    appointment = locked.appointment(work, appointment_id=seen.appointment_id)
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
        invoices.follow(work, payment_id=seen.id)
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


def view(payment: Payment, appointment_no: str) -> PaymentView:
    prepay = json.loads(payment.prepay or "{}")
    return PaymentView(
        no=payment.no,
        appointment_no=appointment_no,
        purpose=payment.purpose,
        channel=payment.channel,
        status=payment.status,
        amount_fen=payment.amount_fen,
        fund_fen=payment.fund_fen,
        insurance_account_fen=payment.insurance_account_fen,
        cash_fen=payment.cash_fen,
        cashier_url=payment.cashier_url,
        expires_at=payment.expires_at,
        method=payment.method,
        parameters=prepay.get("parameters", {}),
        code_url=prepay.get("code_url", ""),
    )


def _otherwise(payment: Payment, channel: str, method: str) -> bool:
    insured = payment.amount_fen > payment.cash_fen
    return insured or payment.channel != channel or method not in ("", payment.method)


def _in_the_house(work: Work, appointment: Appointment) -> bool:
    """The cash has arrived, and the bureau still works on the rest."""
    settling_now = select(col(Payment.id)).where(
        col(Payment.appointment_id) == appointment.id, col(Payment.status) == PaymentStatus.SETTLING
    )
    return work.session.scalar(settling_now) is not None


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
