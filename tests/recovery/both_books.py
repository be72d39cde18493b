"""Our books of money and those of the channels and the bureau, leg by leg; and what everybody was promised."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from hospital_app.models.booking import Appointment, Slip
from hospital_app.models.identity import Message
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.ledger import LedgerLine
from hospital_app.models.operation import AuditEntry
from hospital_app.models.payment import Payment, Refund
from tests.recovery.payers import Payers
from tests.recovery.settlement import Settlement

#: What happens to a payment, a refund, a settlement or an order at most once.
ONCE = ("payment.captured", "payment.returned", "refund.owed", "refund.done", "settlement.settled", "cancel")


class Moved(NamedTuple):
    """Money that went one way. `kind`: paid, refunded, settled."""

    kind: str
    number: str
    fen: int


def differences(settlement: Settlement) -> list[str]:
    """What one side has and the other has not, or has otherwise; and effects that happened twice."""
    with settlement.town.house.sessions() as session:
        found = [
            f"{name}: {side} alone: {line}"
            for name, ours, theirs in (
                ("wechat", _ours(session, "wechat"), _wechat(settlement)),
                ("alipay", _ours(session, "alipay"), _alipay(settlement)),
                ("insurance", _our_settlements(session), _bureau(settlement)),
            )
            for side, lines in (("ours", ours - theirs), ("theirs", theirs - ours))
            for line in sorted(lines)
        ]
        left = [f"insurance: registered there alone: {number}" for number in _left_behind(session, settlement)]
        return [*found, *left, *_unlike_the_ledger(session, settlement), *_twice(session)]


def broken_promises(payers: Payers) -> list[str]:
    return list(_broken_promises(payers))


def _ours(session: Session, channel: str) -> set[Moved]:
    cash = col(Payment.channel) == channel, col(Payment.cash_captured_at).is_not(None)
    paid = session.execute(select(col(Payment.no), col(Payment.cash_fen)).where(*cash))
    back = session.execute(
        select(col(Refund.no), col(Refund.amount_fen))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(col(Payment.channel) == channel, col(Refund.leg) == "cash", col(Refund.status) == "done")
    )
    return {Moved("paid", *row) for row in paid} | {Moved("refunded", *row) for row in back}


def _wechat(settlement: Settlement) -> set[Moved]:
    there = settlement.town.world.wechat
    paid = there.books("SELECT out_trade_no, amount_fen FROM orders WHERE state = 'SUCCESS'")
    back = there.books("SELECT out_refund_no, amount_fen FROM refunds")
    return {Moved("paid", *row) for row in paid} | {Moved("refunded", *row) for row in back}


def _alipay(settlement: Settlement) -> set[Moved]:
    there = settlement.town.alipay
    paid = there.books("SELECT out_trade_no, amount_fen FROM trades WHERE captured_at IS NOT NULL")
    back = there.books("SELECT out_request_no, amount_fen FROM refunds")
    return {Moved("paid", *row) for row in paid} | {Moved("refunded", *row) for row in back}


def _our_settlements(session: Session) -> set[Moved]:
    """By the bureau's number; a settlement that was reversed is none any more, there as here."""
    parts = col(InsuranceSettlement.fund_fen) + col(InsuranceSettlement.account_fen)
    query = select(col(InsuranceSettlement.no), col(InsuranceSettlement.settlement_id), parts)
    rows = session.execute(query.where(col(InsuranceSettlement.status) == "settled"))
    return {Moved("settled", f"{row[0]}/{row[1]}", row[2]) for row in rows}


def _bureau(settlement: Settlement) -> set[Moved]:
    query = "SELECT ipt_otp_no || '/' || setl_id, fund_fen + account_fen FROM settlements WHERE state = 'settled'"
    return {Moved("settled", *row) for row in settlement.bureau.books(query)}


def _left_behind(session: Session, settlement: Settlement) -> list[str]:
    """Registrations that stand at the bureau for quotes that nobody here knows of."""
    there = settlement.bureau.books("SELECT ipt_otp_no FROM visits WHERE dropped = 0")
    return sorted({row["ipt_otp_no"] for row in there} - set(session.scalars(select(col(InsuranceSettlement.no)))))


def _unlike_the_ledger(session: Session, settlement: Settlement) -> Iterator[str]:
    """What the ledger says is at a channel or due from the bureau is there."""
    theirs = {
        "channel:wechat": _net(_wechat(settlement)),
        "channel:alipay": _net(_alipay(settlement)),
        "insurance:": sum(moved.fen for moved in _bureau(settlement)),
    }
    for account, there in theirs.items():
        sum_of = select(func.coalesce(func.sum(col(LedgerLine.amount_fen)), 0))
        here = session.scalar(sum_of.where(col(LedgerLine.account).startswith(account)))
        if here != there:
            yield f"ledger: {account} is {here}, and {there} there"


def _net(moves: set[Moved]) -> int:
    return sum(moved.fen if moved.kind == "paid" else -moved.fen for moved in moves)


def _twice(session: Session) -> Iterator[str]:
    told = session.execute(
        select(col(Message.appointment_no), col(Message.kind), func.count())
        .group_by(col(Message.appointment_no), col(Message.kind))
        .having(func.count() > 1)
    )
    # Each leg that comes back has a message of its own.
    legs = {
        row[0]: row[1]
        for row in session.execute(
            select(col(Appointment.no), func.count(col(Refund.id)))
            .join(Refund, col(Refund.appointment_id) == col(Appointment.id))
            .group_by(col(Appointment.no))
        )
    }
    yield from (
        f"told {times} times: {no} {kind}" for no, kind, times in told if kind != "refunded" or times > legs[no]
    )
    done = session.execute(
        select(col(AuditEntry.action), col(AuditEntry.subject), func.count())
        .where(col(AuditEntry.action).in_(ONCE))
        .group_by(col(AuditEntry.action), col(AuditEntry.subject))
        .having(func.count() > 1)
    )
    yield from (f"done {times} times: {action} {subject}" for action, subject, times in done)


def _broken_promises(payers: Payers) -> Iterator[str]:
    with payers.settlement.town.house.sessions() as session:
        kept = (
            select(func.coalesce(func.sum(col(Payment.kept_fen)), 0))
            .where(col(Payment.appointment_id) == col(Appointment.id))
            .scalar_subquery()
        )
        query = select(Appointment, kept, col(Slip.version)).outerjoin(
            Slip, col(Slip.appointment_id) == col(Appointment.id)
        )
        mine = col(Appointment.schedule_id) == payers.clinic.schedule_id
        seen = {row[0].no: tuple(row) for row in session.execute(query.where(mine))}
        if seen.keys() != payers.promised.keys():
            yield f"orders that nobody knows of, or lost: {sorted(seen.keys() ^ payers.promised.keys())}"
        for no, (row, kept_fen, slip) in seen.items():
            ended = row.status if row.status != "cancelled" else row.cancel_reason
            if ended not in payers.promised.get(no, {ended}):
                yield f"{no} is {ended}, and was promised to be one of {sorted(payers.promised[no])}"
            if kept_fen != (row.fee_fen if ended == "booked" else 0):
                yield f"{no} is {ended}, and {kept_fen} fen are kept of it"
            if ended == "booked" and slip != row.version:
                yield f"{no} has no slip"
