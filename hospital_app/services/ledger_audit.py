"""The invariants of the books: they balance, and they say of every payment and refund what its own row says."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, literal, or_, select
from sqlmodel import col

from hospital_app.domain import ledger as books
from hospital_app.domain.appointment import Status
from hospital_app.domain.ledger import Event
from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Reconciliation
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine, LedgerTotal
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import ledger_fees
from hospital_app.services.ledger_days import UNDER_WAY
from hospital_app.work import Work

LISTED = 20  # broken rows named per invariant
_ENDED = [Status.FULFILLED.value, Status.NOSHOW.value, Status.CANCELLED.value]


def entries_balance(work: Work) -> Iterator[str]:
    """借贷平衡: every entry has lines, they sum to zero, and they stand on its day."""
    query = (
        select(col(LedgerEntry.kind), col(LedgerEntry.subject))
        .outerjoin(LedgerLine, col(LedgerLine.entry_id) == col(LedgerEntry.id))
        .group_by(col(LedgerEntry.id), col(LedgerEntry.kind), col(LedgerEntry.subject))
        .having(
            or_(
                func.coalesce(func.sum(col(LedgerLine.amount_fen)), 0) != 0,
                func.count(col(LedgerLine.id)) == 0,
                func.sum(case((col(LedgerLine.on) != col(LedgerEntry.on), 1), else_=0)) != 0,
            )
        )
    )
    for kind, subject in work.session.execute(query.limit(LISTED)):
        yield f"ledger entry {kind} {subject} does not balance"


def trial_balance_is_zero(work: Work) -> Iterator[str]:
    """试算平衡."""
    total = work.session.scalar(select(func.coalesce(func.sum(col(LedgerLine.amount_fen)), 0)))
    if total:
        yield f"the trial balance is off by {total} fen"


def payments_are_entered(work: Work) -> Iterator[str]:
    """The cash leg of each payment stands on its channel's account, that of the bureau on the insurance's."""
    captured_at = func.coalesce(col(Payment.cash_captured_at), col(Payment.captured_at))
    entered = _entered(Event.CAPTURED, col(Payment.no), _is(books.CHANNEL, col(Payment.channel)))
    expected = case((captured_at.is_not(None), col(Payment.cash_fen)), else_=0)
    yield from _unlike(work, select(col(Payment.no)), entered, expected, "payment {} is not in the ledger as captured")
    entered = _entered(Event.SETTLED, col(Payment.no), col(LedgerLine.account).in_([books.FUND, books.ACCOUNT]))
    settled = col(InsuranceSettlement.fund_fen) + col(InsuranceSettlement.account_fen)
    expected = case((col(InsuranceSettlement.settled_at).is_not(None), settled), else_=0)
    query = select(col(Payment.no)).outerjoin(
        InsuranceSettlement, col(InsuranceSettlement.payment_id) == col(Payment.id)
    )
    yield from _unlike(work, query, entered, expected, "payment {} is not in the ledger as the bureau settled it")


def refunds_are_entered(work: Work) -> Iterator[str]:
    """Every refund is owed on the account of its leg, and no longer owed once it has arrived."""
    payable = or_(
        and_(col(Refund.leg) == books.INSURANCE_LEG, _is(books.REFUNDS, literal(books.INSURANCE_LEG))),
        and_(col(Refund.leg) != books.INSURANCE_LEG, _is(books.REFUNDS, col(Payment.channel))),
    )
    query = select(col(Refund.no)).join(Payment, col(Payment.id) == col(Refund.payment_id))
    owed = _entered(Event.OWED, col(Refund.no), payable)
    yield from _unlike(work, query, owed, -col(Refund.amount_fen), "refund {} is not in the ledger as owed")
    done = _entered(Event.REFUNDED, col(Refund.no), payable)
    expected = case((col(Refund.status) == RefundStatus.DONE, col(Refund.amount_fen)), else_=0)
    yield from _unlike(work, query, done, expected, "refund {} is not in the ledger as its status is")


def fees_are_entered(work: Work) -> Iterator[str]:
    """渠道手续费 of each compared day, with whatever a later bill corrected."""
    entered: Counter[str] = Counter()
    query = (
        select(col(LedgerEntry.subject), func.sum(col(LedgerLine.amount_fen)))
        .join(LedgerLine, col(LedgerLine.entry_id) == col(LedgerEntry.id))
        .where(col(LedgerEntry.kind) == Event.FEE, col(LedgerLine.account).startswith(books.FEES))
        .group_by(col(LedgerEntry.subject))
    )
    for subject, fen in work.session.execute(query):
        entered[subject.partition("R")[0]] += int(fen)
    days = select(col(Reconciliation.channel), col(Reconciliation.on), col(Reconciliation.fee_fen))
    for channel, on, fen in work.session.execute(days):
        if entered.pop(ledger_fees.subject_of(channel, on), 0) != fen:
            yield f"the fees of {channel} on {on} are not in the ledger as its bill has them"
    for subject in list(entered)[:LISTED]:
        yield f"fees {subject} are in the ledger and of no bill"


def kept_money_is_earned(work: Work) -> Iterator[str]:
    """What is kept of an appointment is income once that is over, and a deposit before."""
    income = col(LedgerLine.account).startswith(books.INCOME)
    # Once for all refunds: asked for each payment, every income of the hospital is read for each.
    out_of_income = (
        select(col(Refund.payment_id), func.sum(col(LedgerLine.amount_fen)).label("fen"))
        .join(LedgerEntry, and_(col(LedgerEntry.subject) == col(Refund.no), col(LedgerEntry.kind) == Event.OWED))
        .join(LedgerLine, col(LedgerLine.entry_id) == col(LedgerEntry.id))
        .where(income)
        .group_by(col(Refund.payment_id))
        .subquery()
    )
    over = and_(col(Appointment.status).in_(_ENDED), col(Payment.status) == PaymentStatus.CAPTURED)
    query = (
        select(col(Payment.no))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .outerjoin(out_of_income, out_of_income.c.payment_id == col(Payment.id))
    )
    yield from _unlike(
        work,
        query,
        _entered(Event.EARNED, col(Payment.no), income) + func.coalesce(out_of_income.c.fen, 0),
        case((over, -col(Payment.kept_fen)), else_=0),
        "what is kept of payment {} is not in the ledger as its appointment stands",
    )


def closed_days_stay_as_they_were(work: Work) -> Iterator[str]:
    """日结: a closed day's entries, totals and balances are those of its lines."""
    counted = (
        select(func.count()).where(col(LedgerEntry.on) == col(LedgerDay.on)).correlate(LedgerDay).scalar_subquery()
    )
    closed = (
        select(col(LedgerDay.on), col(LedgerDay.entries), col(LedgerDay.balances), counted)
        .where(col(LedgerDay.balances) != UNDER_WAY)
        .order_by(col(LedgerDay.on))
    )
    moved = _moved(work, LedgerLine.on, LedgerLine.account, func.sum(col(LedgerLine.amount_fen)))
    total = func.sum(col(LedgerTotal.debit_fen) - col(LedgerTotal.credit_fen))
    summed = _moved(work, LedgerTotal.on, LedgerTotal.account, total)
    balances: Counter[str] = Counter()
    for on, entries, written, number in work.session.execute(closed):
        if entries != number:
            yield f"{on} was closed with {entries} entries and has {number}"
        if moved.get(on, {}) != summed.get(on, {}):
            yield f"the totals of {on} are not those of its lines"
        for account, fen in moved.get(on, {}).items():
            balances[account] += fen
        if {account: fen for account, fen in json.loads(written).items() if fen} != {
            account: fen for account, fen in balances.items() if fen
        }:
            yield f"the balances of {on} are not those of its lines"


def _moved(work: Work, on: Any, account: Any, fen: Any) -> dict[date, dict[str, int]]:
    """By day and account, without what comes to nothing."""
    found: dict[date, dict[str, int]] = {}
    for day, name, amount in work.session.execute(select(col(on), col(account), fen).group_by(col(on), col(account))):
        if amount:
            found.setdefault(day, {})[name] = int(amount)
    return found


def _is(group: str, name: SQLColumnExpression[str]) -> ColumnElement[bool]:
    return col(LedgerLine.account) == literal(group) + name


def _entered(kind: Event, subject: SQLColumnExpression[str], account: ColumnElement[bool]) -> ColumnElement[int]:
    """What the entry of this event brought to these accounts."""
    return (
        select(func.coalesce(func.sum(col(LedgerLine.amount_fen)), 0))
        .join(LedgerEntry, col(LedgerEntry.id) == col(LedgerLine.entry_id))
        .where(col(LedgerEntry.kind) == kind, col(LedgerEntry.subject) == subject, account)
        .scalar_subquery()
    )


def _unlike(
    work: Work, query: Select[str], entered: ColumnElement[int], expected: ColumnElement[int], text: str
) -> Iterator[str]:
    for found in work.session.scalars(query.where(entered != expected).limit(LISTED)):
        yield text.format(found)
