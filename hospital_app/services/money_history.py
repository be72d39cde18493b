"""一笔差异的来龙去脉: the payments and refunds that it is about, and everything that was done with them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.models.finance import Difference
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.ledger import LedgerEntry, LedgerLine
from hospital_app.models.operation import AuditEntry
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Work

STEPS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """支付、退款或医保结算 as it stands now. `kept_fen`: of a payment, what has not been given back."""

    subject: str
    number: str
    status: str
    amount_fen: int
    kept_fen: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the audit trail or of the ledger. `lines`: account and fen, debit positive; of the ledger alone."""

    at: datetime
    source: str
    code: str
    subject: str
    actor: str
    amount_fen: int | None
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Steps are oldest first."""

    difference_id: int
    pieces: tuple[Piece, ...]
    steps: tuple[Step, ...]


def of_difference(work: Work, *, difference_id: int) -> History:
    """Raises Refusal not_found. A line whose number nobody here has given has only the history of the difference."""
    authority.check(work.actor, Right.SEE_FINANCE)
    difference = work.session.get(Difference, difference_id)
    if difference is None:
        raise not_found("这条差异")
    pieces = _pieces(work, _payments(work, difference))
    numbers = [piece.number for piece in pieces]
    subjects = [f"{piece.subject}:{piece.number}" for piece in pieces]
    steps = [
        *_done(work, [*subjects, f"difference:{difference_id}"]),
        *_entered(work, numbers),
    ]
    return History(difference_id, tuple(pieces), tuple(sorted(steps, key=lambda step: step.at)[:STEPS_SHOWN]))


def _payments(work: Work, difference: Difference) -> list[Payment]:
    """Of this number; without one, all of the appointment that the other side names."""
    number = difference.number
    of_refund = select(col(Refund.payment_id)).where(col(Refund.no) == number)
    of_settlement = select(col(InsuranceSettlement.payment_id)).where(col(InsuranceSettlement.no) == number)
    query = select(Payment).where(
        or_(col(Payment.no) == number, col(Payment.id).in_(of_refund), col(Payment.id).in_(of_settlement))
    )
    found = list(work.session.scalars(query))
    if found or difference.appointment_id is None:
        return found
    every = select(Payment).where(col(Payment.appointment_id) == difference.appointment_id)
    return list(work.session.scalars(every.order_by(col(Payment.id))))


def _pieces(work: Work, payments: Iterable[Payment]) -> list[Piece]:
    pieces = []
    for payment in payments:
        pieces.append(
            Piece("payment", payment.no, payment.status, payment.cash_fen, payment.kept_fen, payment.created_at)
        )
        settlement = work.session.scalar(
            select(InsuranceSettlement).where(col(InsuranceSettlement.payment_id) == payment.id)
        )
        if settlement is not None:
            fen = settlement.fund_fen + settlement.account_fen
            pieces.append(Piece("settlement", settlement.no, settlement.status, fen, None, settlement.quoted_at))
        refunds = select(Refund).where(col(Refund.payment_id) == payment.id).order_by(col(Refund.id))
        pieces += [
            Piece("refund", refund.no, refund.status, refund.amount_fen, None, refund.created_at)
            for refund in work.session.scalars(refunds)
        ]
    return pieces


def _done(work: Work, subjects: list[str]) -> list[Step]:
    query = select(AuditEntry).where(col(AuditEntry.subject).in_(subjects)).order_by(col(AuditEntry.id))
    return [
        Step(entry.at, "audit", entry.action, entry.subject, entry.actor, _amount(json.loads(entry.detail)))
        for entry in work.session.scalars(query.limit(STEPS_SHOWN))
    ]


def _entered(work: Work, numbers: list[str]) -> list[Step]:
    rows = work.session.execute(
        select(LedgerEntry, col(LedgerLine.account), col(LedgerLine.amount_fen))
        .join(LedgerLine, col(LedgerLine.entry_id) == col(LedgerEntry.id))
        .where(col(LedgerEntry.subject).in_(numbers))
        .order_by(col(LedgerEntry.id), col(LedgerLine.id))
    )
    lines: dict[int, tuple[LedgerEntry, list[tuple[str, int]]]] = {}
    for entry, account, fen in rows:
        lines.setdefault(entry.id or 0, (entry, []))[1].append((account, fen))
    return [
        Step(entry.at, "ledger", entry.kind, entry.subject, "", sum(fen for _, fen in of if fen > 0), tuple(of))
        for entry, of in lines.values()
    ]


def _amount(detail: dict[str, Any]) -> int | None:
    fen = detail.get("amount_fen")
    return fen if isinstance(fen, int) else None
