"""补记: what moved before there was a ledger, or beside it, is entered from payments and refunds, once.

Payment after payment by their ids, a window in a transaction; what is entered already is left alone.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.domain import ledger as books
from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import Event, Income, Line
from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine
from hospital_app.models.payment import Payment, Refund
from hospital_app.models.tables import table_of
from hospital_app.services.ledger import ENTRY
from hospital_app.work import Work

WINDOW = 2000  # payments in one transaction
_INCOME = {Status.FULFILLED: Income.REGISTRATION, Status.NOSHOW: Income.NO_SHOW, Status.CANCELLED: Income.CANCELLATION}


class Happened(NamedTuple):
    """One event as the other books tell it."""

    subject: str
    at: datetime
    department: str
    lines: Sequence[Line]


def catch_up(work: Work, *, after: int = 0, window: int = WINDOW) -> int | None:
    """Enter what is missing of the payments behind the id `after`; the id to go on from, None when it was the last."""
    last = work.session.scalar(select(func.max(col(Payment.id)))) or 0
    span = and_(col(Payment.id) > after, col(Payment.id) <= after + window)
    for kind, read in _READERS:
        _enter_all(work, kind, list(read(work, span)))
    return after + window if after + window < last else None


def _captured(work: Work, span: ColumnElement[bool]) -> Iterable[Happened]:
    at = func.coalesce(col(Payment.cash_captured_at), col(Payment.captured_at))
    query = _of_payments(Event.CAPTURED, col(Payment.channel), col(Payment.cash_fen), at).where(
        span, at.is_not(None), col(Payment.cash_fen) > 0
    )
    for no, department, channel, fen, when in work.session.execute(query):
        yield Happened(no, when, department, books.captured(channel, fen))


def _settled(work: Work, span: ColumnElement[bool]) -> Iterable[Happened]:
    settlement = InsuranceSettlement
    query = (
        _of_payments(Event.SETTLED, col(settlement.fund_fen), col(settlement.account_fen), col(settlement.settled_at))
        .join(settlement, col(settlement.payment_id) == col(Payment.id))
        .where(span, col(settlement.settled_at).is_not(None))
    )
    for no, department, fund_fen, account_fen, at in work.session.execute(query):
        yield Happened(no, at, department, books.settled(fund_fen, account_fen))


def _owed(work: Work, span: ColumnElement[bool]) -> Iterable[Happened]:
    earned, income = aliased(LedgerEntry), aliased(LedgerLine)
    query = (
        _of_refunds(Event.OWED, col(Refund.created_at), col(income.account))
        .outerjoin(earned, and_(col(earned.kind) == Event.EARNED, col(earned.subject) == col(Payment.no)))
        .outerjoin(income, and_(col(income.entry_id) == col(earned.id), col(income.amount_fen) < 0))
        .where(span)
    )
    for row in work.session.execute(query):
        no, department, channel, leg, fen, _, at, account = row
        yield Happened(no, at, department, books.owed(channel, leg, fen, out_of=account or books.DEPOSITS))


def _earned(work: Work, span: ColumnElement[bool]) -> Iterable[Happened]:
    at = func.coalesce(
        col(Appointment.fulfilled_at), col(Appointment.cancelled_at), col(Appointment.ends_at)
    )  # nobody notes when somebody did not come
    query = _of_payments(Event.EARNED, col(Appointment.status), col(Payment.kept_fen), at).where(
        span,
        col(Payment.status) == PaymentStatus.CAPTURED,
        col(Payment.kept_fen) > 0,
        col(Appointment.status).in_([status.value for status in _INCOME]),
    )
    for no, department, status, fen, when in work.session.execute(query):
        yield Happened(no, when, department, books.earned(_INCOME[Status(status)].value, fen))


def _refunded(work: Work, span: ColumnElement[bool]) -> Iterable[Happened]:
    query = _of_refunds(Event.REFUNDED, col(Refund.done_at)).where(span, col(Refund.status) == RefundStatus.DONE)
    for no, department, channel, leg, fen, fund_fen, at in work.session.execute(query):
        yield Happened(no, at or work.now, department, books.refunded(channel, leg, fen, fund_fen=fund_fen))


#: Refunds are owed before what is kept is earned, so that they come out of the deposits.
_READERS: Sequence[tuple[Event, Callable[[Work, ColumnElement[bool]], Iterable[Happened]]]] = (
    (Event.CAPTURED, _captured),
    (Event.SETTLED, _settled),
    (Event.OWED, _owed),
    (Event.EARNED, _earned),
    (Event.REFUNDED, _refunded),
)


def _of_payments(kind: Event, *columns: Any) -> Select[Any]:
    """(payment, department, ...) of those that have no entry of this kind."""
    return (
        select(col(Payment.no), col(Appointment.department_code), *columns)
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .where(~exists().where(col(LedgerEntry.kind) == kind, col(LedgerEntry.subject) == col(Payment.no)))
    )


def _of_refunds(kind: Event, *columns: Any) -> Select[Any]:
    """(refund, department, channel, leg, fen, fund's fen, ...) likewise."""
    fixed = (col(Payment.channel), col(Refund.leg), col(Refund.amount_fen), col(Payment.fund_fen))
    return (
        select(col(Refund.no), col(Appointment.department_code), *fixed, *columns)
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .join(Appointment, col(Appointment.id) == col(Refund.appointment_id))
        .where(~exists().where(col(LedgerEntry.kind) == kind, col(LedgerEntry.subject) == col(Refund.no)))
    )


def _enter_all(work: Work, kind: Event, happened: Sequence[Happened]) -> None:
    """Like `ledger.enter`, for many: the entries, then a look at the days, then the lines of those that are ours."""
    if not happened:
        return
    connection = work.session.connection()
    at = {each.subject: min(each.at, work.now) for each in happened}
    entries = [{"kind": kind.value, "subject": no, "on": clinic_day(when), "at": when} for no, when in at.items()]
    connection.execute(ENTRY, entries)
    closed = work.session.scalar(select(func.max(col(LedgerDay.on))))
    ours = {
        subject: (entry_id, on)
        for entry_id, subject, on in work.session.execute(
            select(col(LedgerEntry.id), col(LedgerEntry.subject), col(LedgerEntry.on)).where(
                col(LedgerEntry.kind) == kind,
                col(LedgerEntry.subject).in_(list(at)),
                ~exists().where(col(LedgerLine.entry_id) == col(LedgerEntry.id)),
            )
        )
    }
    late = [entry_id for entry_id, on in ours.values() if closed is not None and on <= closed]
    if closed is not None and late:
        work.change(update(LedgerEntry).where(col(LedgerEntry.id).in_(late)).values(on=closed + timedelta(days=1)))
    lines = []
    for each in happened:
        entry_id, on = ours.get(each.subject, (None, None))
        if entry_id is None or on is None:
            continue
        on = on if closed is None else max(on, closed + timedelta(days=1))
        lines += [
            {
                "entry_id": entry_id,
                "account": line.account,
                "department_code": each.department,
                "on": on,
                "amount_fen": line.amount_fen,
            }
            for line in books.balanced(each.lines)
        ]
    if lines:
        connection.execute(insert(table_of(LedgerLine)), lines)
