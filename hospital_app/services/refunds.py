"""退款: born with the reason, one for each leg, carried out by a worker, recorded once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import not_found
from hospital_app.domain.exchange import RefundNotice, RefundOrder
from hospital_app.domain.ledger import Event, owed, refunded
from hospital_app.domain.machine import move
from hospital_app.domain.numbers import refund_no
from hospital_app.domain.payment import REFUND_MOVES, Channel, Leg, PaymentStatus, RefundAction, RefundStatus
from hospital_app.domain.settlement import SETTLEMENT_MOVES, SettlementAction
from hospital_app.models.booking import Appointment
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import his_outbox, invoices, ledger, messages
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a captured payment, by leg."""

    cash_fen: int
    insurance_fen: int


def kept(work: Work, payments: Sequence[Payment]) -> dict[int, Kept]:
    """Of captured payments, by their id."""
    query = (
        select(col(Refund.payment_id), col(Refund.leg), func.sum(col(Refund.amount_fen)))
        .where(col(Refund.payment_id).in_([payment.id for payment in payments]))
        .group_by(col(Refund.payment_id), col(Refund.leg))
    )
    back = {(payment_id, leg): int(fen) for payment_id, leg, fen in work.session.execute(query)}
    return {
        payment.id: Kept(
            payment.cash_fen - back.get((payment.id, Leg.CASH), 0),
            payment.fund_fen + payment.insurance_account_fen - back.get((payment.id, Leg.INSURANCE), 0),
        )
        for payment in payments
        if payment.id is not None
    }


def owe_whole(work: Work, *, payment: Payment, reason: str) -> list[str]:
    """Everything that is kept of a captured payment goes back, each leg the way it came; the refunds' numbers."""
    return owe_all_but(work, payment=payment, fee_fen=0, reason=reason)


def owe_all_but(work: Work, *, payment: Payment, fee_fen: int, reason: str) -> list[str]:
    """The same, less a fee out of the cash leg alone."""
    of = kept(work, [payment])[payment.id or 0]
    numbers = []
    if of.cash_fen > fee_fen:
        numbers.append(owe(work, payment=payment, amount_fen=of.cash_fen - fee_fen, reason=reason))
    if of.insurance_fen > 0:
        numbers.append(owe(work, payment=payment, amount_fen=of.insurance_fen, reason=reason, leg=Leg.INSURANCE))
    return numbers


def owe(work: Work, *, payment: Payment, amount_fen: int, reason: str, leg: Leg = Leg.CASH) -> str:
    """Owe `amount_fen` of one leg back; the number of the refund. Never more than was captured of that leg, which the
    database decides; the insurance leg only whole.
    """
    if payment.id is None or amount_fen <= 0:
        raise ValueError("a refund needs a saved payment and a positive amount")
    work.session.execute(select(col(Payment.id)).where(col(Payment.id) == payment.id).with_for_update())
    done = work.change(
        update(Payment)
        .where(
            col(Payment.id) == payment.id,
            col(Payment.kept_fen) >= amount_fen,
            _still_kept(payment.id, leg, amount_fen),
        )
        .values(kept_fen=col(Payment.kept_fen) - amount_fen)
    )
    if done != 1 or (leg is Leg.INSURANCE and not _begin_reversal(work, payment.id)):
        raise ValueError("a refund may not exceed what is kept of its leg")
    refund = Refund(
        no=refund_no(clinic_day(work.now), digits(10)),
        payment_id=payment.id,
        appointment_id=payment.appointment_id,
        reason=reason,
        leg=leg,
        amount_fen=amount_fen,
        created_at=work.now,
    )
    work.session.add(refund)
    work.session.flush()
    his_outbox.queue_refund(work, refund_no=refund.no)
    invoices.follow(work, payment_no=payment.no)
    purse = ledger.purse_of(work, payment_no=payment.no)
    lines = owed(payment.channel, refund.leg, amount_fen, out_of=purse)
    department = ledger.department_of(work, appointment_id=payment.appointment_id)
    ledger.enter(work, Event.OWED, refund.no, lines, department)
    if payment.channel == Channel.ONSITE and leg is Leg.CASH:
        _fetch_at_the_window(work, payment, amount_fen)
    else:
        work.later("refund.execute", refund_no=refund.no)
    work.record("refund.owed", f"refund:{refund.no}", amount_fen=amount_fen, reason=reason, leg=leg)
    work.hint("today")
    return refund.no


def _still_kept(payment_id: int, leg: Leg, amount_fen: int) -> ColumnElement[bool]:
    back = (
        select(func.coalesce(func.sum(col(Refund.amount_fen)), 0))
        .where(col(Refund.payment_id) == payment_id, col(Refund.leg) == leg)
        .scalar_subquery()
    )
    if leg is Leg.CASH:
        return back + amount_fen <= col(Payment.cash_fen)
    return back + amount_fen == col(Payment.fund_fen) + col(Payment.insurance_account_fen)


def _begin_reversal(work: Work, payment_id: int) -> bool:
    entry = SETTLEMENT_MOVES[SettlementAction.REVERSE]
    done = work.change(
        update(InsuranceSettlement)
        .where(
            col(InsuranceSettlement.payment_id) == payment_id,
            col(InsuranceSettlement.status).in_([each.value for each in entry.sources]),
        )
        .values(status=entry.to)
    )
    return done == 1


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
    """(channel, what to ask of it), or None if this refund is done or left to finance. The channel of an insurance leg
    is `insurance`.
    """
    found = work.session.execute(
        select(Refund, Payment)
        .join(Payment, col(Refund.payment_id) == col(Payment.id))
        .where(col(Refund.no) == refund_no)
    ).one_or_none()
    if found is None or found[0].status != RefundStatus.PROCESSING:
        return None
    refund, payment = found
    return Channel.INSURANCE if refund.leg == Leg.INSURANCE else payment.channel, RefundOrder(
        refund_no=refund.no,
        payment_no=payment.no,
        amount_fen=refund.amount_fen,
        total_fen=payment.cash_fen,
        reason=refund.reason,
    )


def note_attempt(work: Work, *, refund_no: str, error: str = "", taken_on: bool = False, final: bool = False) -> bool:
    """The channel was asked and this refund is not through. `taken_on`: it works on it; `final`: it refused.

    True once trying again by itself is of no use: the refund is left to finance.
    """
    refund = work.session.scalar(
        select(Refund)
        .where(col(Refund.no) == refund_no, col(Refund.status) == RefundStatus.PROCESSING)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if refund is None:
        return True
    refund.attempts += 1
    refund.last_error = error[:200]
    if taken_on and refund.sent_at is None:
        refund.sent_at = work.now
    if not final and refund.attempts < work.rules.refund_tries:
        return False
    entry = REFUND_MOVES[RefundAction.FAIL]
    refund.status = entry.to
    work.record(f"refund.{entry.to.value}", f"refund:{refund.no}", amount_fen=refund.amount_fen, leg=refund.leg)
    work.hint("today")
    return True


def retry(work: Work, *, refund_no: str) -> None:
    """财务：a refund in trouble is tried again from the beginning. Raises Refusal `wrong_status` if it is not."""
    authority.check(work.actor, Right.MANAGE_FINANCE)
    refund = work.session.scalar(
        select(Refund).where(col(Refund.no) == refund_no).with_for_update().execution_options(populate_existing=True)
    )
    if refund is None:
        raise not_found("这笔退款")
    entry = REFUND_MOVES[RefundAction.RETRY]
    refund.status = move(REFUND_MOVES, RefundStatus(refund.status), RefundAction.RETRY, work.actor.role)
    refund.attempts = 0
    work.later("refund.execute", refund_no=refund_no)
    work.record(f"refund.{entry.to.value}", f"refund:{refund_no}", amount_fen=refund.amount_fen, leg=refund.leg)
    work.hint("today")


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
            sent_at=func.coalesce(col(Refund.sent_at), work.now),
            last_error="",
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
        if refund.leg == Leg.INSURANCE:
            _end_reversal(work, refund.payment_id)
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


def _end_reversal(work: Work, payment_id: int) -> None:
    entry = SETTLEMENT_MOVES[SettlementAction.COMPLETE]
    work.change(
        update(InsuranceSettlement)
        .where(
            col(InsuranceSettlement.payment_id) == payment_id,
            col(InsuranceSettlement.status).in_([each.value for each in entry.sources]),
        )
        .values(status=entry.to, reversed_at=work.now)
    )
