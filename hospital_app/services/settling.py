"""医保结算, once the cash is there: begun, settled or come to nothing - and then the cash goes back by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.ledger import Event
from hospital_app.domain.ledger import settled as settled_lines
from hospital_app.domain.payment import PAYMENT_MOVES, PaymentAction, PaymentPurpose
from hospital_app.domain.settlement import (
    SECOND_CHOICE,
    SETTLEMENT_MOVES,
    BureauOrder,
    BureauQuote,
    BureauSettled,
    SettlementAction,
    SettlementStatus,
)
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment
from hospital_app.services import (
    confirming,
    his_outbox,
    insurance_orders,
    invoices,
    ledger,
    locked,
    messages,
    refunds,
    releasing,
)
from hospital_app.vault import vault
from hospital_app.work import Work


class Errand(StrEnum):
    """What the bureau is asked for next."""

    SETTLE = "settle"  # 2207
    CORRECT = "correct"  # 2601: nobody knows what became of the last message
    PLACE = "place"  # 6201: the mobile order ended with its correction


@dataclass(frozen=True, slots=True)
class Step:
    errand: Errand
    order: BureauOrder


def await_insurance(work: Work, *, payment_id: int, appointment: Appointment, transaction_id: str = "") -> bool:
    """The cash has arrived, or there is none: the insurance is settled next, and the number is kept meanwhile.

    False if the payment had moved on. The appointment and its numbers are locked by the caller.
    """
    if not _move(
        work,
        payment_id,
        PaymentAction.AWAIT,
        kept_fen=col(Payment.cash_fen),
        cash_captured_at=work.now,
        transaction_id=transaction_id,
    ):
        return False
    payment = work.session.get_one(Payment, payment_id, populate_existing=True)
    his_outbox.queue_payment(work, payment_id=payment_id)
    releasing.close_open_payments(work, appointment_id=payment.appointment_id)
    settlement = _settlement(work, payment_id)
    if settlement.status == SettlementStatus.QUOTED and _wanted(work, appointment):
        _hold(work, appointment, until=_patience(work, payment))
        work.later("settlement.settle", payment_no=payment.no)
    else:
        _return(work, payment=payment, settlement=settlement, appointment=appointment, error="")
    return True


def begin(work: Work, *, payment_no: str, message_id: str) -> Step | None:
    """The next errand to the bureau; None: there is none (any more). `message_id` is written down for a settlement."""
    payment, appointment, settlement = _read(work, payment_no)
    awaited = payment.status == PAYMENT_MOVES[PaymentAction.AWAIT].to
    if awaited and not (
        _wanted(work, appointment)
        and work.now < _patience(work, payment)
        and settlement.attempts < work.rules.settle_tries
    ):
        error = settlement.last_error or "not settled in time"
        _return(work, payment=payment, settlement=settlement, appointment=appointment, error=error)
        awaited = False
    if settlement.status == SettlementStatus.SETTLING and settlement.message_id:
        return Step(Errand.CORRECT, insurance_orders.order_of(work, settlement))
    if not awaited:
        _fail(work, settlement)
        return None
    entry = SETTLEMENT_MOVES[SettlementAction.BEGIN]
    if settlement.status not in {*entry.sources, entry.to}:
        return None
    if settlement.pay_token and not settlement.pay_order_id:
        return Step(Errand.PLACE, insurance_orders.order_of(work, settlement))
    settlement.status, settlement.message_id = entry.to, message_id
    settlement.attempts += 1
    return Step(Errand.SETTLE, insurance_orders.order_of(work, settlement))


def corrected(work: Work, *, payment_no: str, message_id: str) -> None:
    """2601 is through: the bureau has nothing of this message. A mobile order has ended with it, and is placed anew."""
    _, _, settlement = _read(work, payment_no)
    if settlement.message_id == message_id and settlement.status == SettlementStatus.SETTLING:
        settlement.message_id = settlement.pay_order_id = ""


def placed(work: Work, *, payment_no: str, quote: BureauQuote) -> bool:
    """A mobile order stands in the place of the corrected one, of the same split; False: nobody waits for it, or the
    split is another than the payer agreed to, and the cash goes back.
    """
    payment, appointment, settlement = _read(work, payment_no)
    awaited = payment.status == PAYMENT_MOVES[PaymentAction.AWAIT].to
    if not awaited or settlement.message_id or settlement.pay_order_id or not settlement.pay_token:
        return False
    agreed = (settlement.fund_fen, settlement.account_fen, settlement.cash_fen)
    if (quote.split.fund_fen, quote.split.insurance_account_fen, quote.split.cash_fen) != agreed:
        error = "the split is another than was agreed to"
        _return(work, payment=payment, settlement=settlement, appointment=appointment, error=error)
        return False
    settlement.pay_order_id, settlement.pay_token = quote.pay_order_id, vault().encrypt(quote.pay_token)
    return True


def refused(work: Work, *, payment_no: str, message_id: str, error: str) -> None:
    """The bureau has settled nothing and will not: the cash goes back in full, and the patient is told once."""
    payment, appointment, settlement = _read(work, payment_no)
    if settlement.message_id != message_id or settlement.status != SettlementStatus.SETTLING:
        return
    settlement.message_id, settlement.last_error = "", error[:200]
    if payment.status == PAYMENT_MOVES[PaymentAction.AWAIT].to:
        _return(work, payment=payment, settlement=settlement, appointment=appointment, error=error)
    else:
        _fail(work, settlement)


def settled(work: Work, *, payment_no: str, message_id: str, answer: BureauSettled) -> bool:
    """Both legs are there: the number is booked, or everything goes back. False: nobody waits for this message any
    more, so that it must be corrected.
    """
    payment, appointment, settlement = _read(work, payment_no)
    entry = SETTLEMENT_MOVES[SettlementAction.SETTLE]
    if settlement.settlement_id == answer.settlement_id and settlement.status == entry.to:
        return True
    if settlement.message_id != message_id or settlement.status not in entry.sources or payment.id is None:
        return False
    whole = col(Payment.kept_fen) + col(Payment.fund_fen) + col(Payment.insurance_account_fen)
    if not _move(work, payment.id, PaymentAction.CAPTURE, kept_fen=whole, captured_at=work.now):
        return False
    settlement.status, settlement.settlement_id, settlement.settled_at = entry.to, answer.settlement_id, work.now
    settlement.last_error = ""
    work.session.flush()
    lines = settled_lines(settlement.fund_fen, settlement.account_fen)
    ledger.enter(work, Event.SETTLED, payment_no, lines, appointment.department_code)
    his_outbox.queue_payment(work, payment_id=payment.id)
    invoices.follow(work, payment_no=payment.no)
    work.record("settlement.settled", f"settlement:{settlement.no}", amount_fen=payment.amount_fen - payment.cash_fen)
    if not confirming.accept(work, appointment=appointment, purpose=PaymentPurpose(payment.purpose)):
        payment = work.session.get_one(Payment, payment.id, populate_existing=True)
        refunds.owe_whole(work, payment=payment, reason="late")
        confirming.tell_returned(work, appointment=appointment)
    _hint(work, appointment)
    return True


def _return(
    work: Work, *, payment: Payment, settlement: InsuranceSettlement, appointment: Appointment, error: str
) -> None:
    """The insurance leg comes to nothing: the cash goes back whole. Who still has the number keeps it a little, to pay
    otherwise.
    """
    if payment.id is None or not _move(work, payment.id, PaymentAction.RETURN, closed_at=work.now):
        return
    if not settlement.message_id:  # else 2601 first
        _fail(work, settlement)
    his_outbox.queue_payment(work, payment_id=payment.id)
    if payment.cash_fen:
        refunds.owe(work, payment=payment, amount_fen=payment.cash_fen, reason="insurance")
    if appointment.status == Status.PENDING:
        _hold(work, appointment, until=work.now + SECOND_CHOICE, at_least=payment.expires_at)
        _tell(work, appointment, "insurance-unsettled" if payment.cash_fen else "insurance-failed")
    elif appointment.status == Status.CANCELLED and payment.cash_fen:
        confirming.tell_returned(work, appointment=appointment)
    elif appointment.cancel_reason == CancelReason.EXPIRED:  # who let it go, or whose clinic is off, knows
        _tell(work, appointment, "insurance-too-late")
    work.record("payment.returned", f"payment:{payment.no}", amount_fen=payment.cash_fen, error=error[:80])
    _hint(work, appointment)


def _fail(work: Work, settlement: InsuranceSettlement) -> None:
    if settlement.status in SETTLEMENT_MOVES[SettlementAction.FAIL].sources:
        insurance_orders.fail(work, settlement)


def _wanted(work: Work, appointment: Appointment) -> bool:
    """Whether the number can still be had for this money."""
    if appointment.status == Status.PENDING:
        return True
    expired = appointment.status == Status.CANCELLED and appointment.cancel_reason == CancelReason.EXPIRED
    return expired and confirming.may_revive(work, appointment)


def _patience(work: Work, payment: Payment) -> datetime:
    since = payment.cash_captured_at or work.now
    return since + timedelta(minutes=work.rules.settle_minutes)


def _hold(work: Work, appointment: Appointment, *, until: datetime, at_least: datetime | None = None) -> None:
    """A hold whose money is in the house does not end while the bureau is slow; `at_least`: that may shorten it."""
    if appointment.status != Status.PENDING or appointment.held_until is None:
        return
    until = max(until, appointment.held_until if at_least is None else at_least)
    work.change(
        update(Appointment)
        .where(col(Appointment.id) == appointment.id, col(Appointment.status) == Status.PENDING)
        .values(held_until=until)
    )
    work.change(
        update(Slot)
        .where(col(Slot.id) == appointment.slot_id, col(Slot.status) == SlotStatus.HELD)
        .values(held_until=until)
    )


def _move(work: Work, payment_id: int, action: PaymentAction, **values: object) -> bool:
    entry = PAYMENT_MOVES[action]
    done = work.change(
        update(Payment)
        .where(col(Payment.id) == payment_id, col(Payment.status).in_([each.value for each in entry.sources]))
        .values(status=entry.to, **values)
    )
    return done == 1


def _read(work: Work, payment_no: str) -> tuple[Payment, Appointment, InsuranceSettlement]:
    """All three locked, in the house's order."""
    appointment_id = work.session.scalars(
        select(col(Payment.appointment_id)).where(col(Payment.no) == payment_no)
    ).one()
    appointment = locked.appointment(work, appointment_id=appointment_id)
    payment = work.session.scalars(
        select(Payment).where(col(Payment.no) == payment_no).with_for_update().execution_options(populate_existing=True)
    ).one()
    return payment, appointment, _settlement(work, payment.id or 0)


def _settlement(work: Work, payment_id: int) -> InsuranceSettlement:
    return work.session.scalars(
        select(InsuranceSettlement)
        .where(col(InsuranceSettlement.payment_id) == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _tell(work: Work, appointment: Appointment, kind: str) -> None:
    messages.tell(work, account_id=appointment.account_id, kind=kind, appointment_no=appointment.no)


def _hint(work: Work, appointment: Appointment) -> None:
    work.hint(f"appointment:{appointment.no}", f"schedule:{appointment.schedule_id}", "today")
