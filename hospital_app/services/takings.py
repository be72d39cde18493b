"""收入与退款, read from the ledger and from nothing else: by day, department and account. Fen.

Closed days are read from their totals (日汇总), open ones from their lines, so the length of the books does not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import col

from hospital_app.domain import ledger as books
from hospital_app.domain.ledger import Event
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine, LedgerTotal
from hospital_app.services.ledger_days import UNDER_WAY
from hospital_app.services.tallies import within
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Sum:
    """How much, in how many pieces."""

    fen: int
    number: int


@dataclass(frozen=True, slots=True)
class Moved:
    """借方、贷方发生额 of one account, each with the number of its lines."""

    debit_fen: int = 0
    credit_fen: int = 0
    debits: int = 0
    credits: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.debit_fen + other.debit_fen,
            self.credit_fen + other.credit_fen,
            self.debits + other.debits,
            self.credits + other.credits,
        )


class Each(StrEnum):
    """What a sum is made for, beside its account."""

    DAY = "on"
    DEPARTMENT = "department_code"


NOTHING = Moved()


def moved(
    work: Work, *, since: date, until: date, scope: str | None, each: Each = Each.DAY
) -> Mapping[tuple[Any, str], Moved]:
    """(day or department, account) → what moved from `since` to `until`, both whole; `scope`: one department's code."""
    counted: date | None = work.session.scalar(
        select(col(LedgerDay.on))
        .where(col(LedgerDay.balances) != UNDER_WAY)
        .order_by(col(LedgerDay.on).desc())
        .limit(1)
    )
    found: dict[tuple[Any, str], Moved] = {}
    rows: list[Any] = []
    if counted is not None and counted >= since:
        rows += _of_totals(work, since, min(until, counted), scope, each)
    if counted is None or counted < until:
        first = since if counted is None else max(since, counted + timedelta(days=1))
        rows += _of_lines(work, first, until, scope, each)
    for key, account, *numbers in rows:
        found[key, account] = found.get((key, account), NOTHING) + Moved(*map(int, numbers))
    return found


def of_day(work: Work, *, on: date, scope: str | None) -> tuple[Sum, Sum]:
    """What arrived on a day, of both legs, and the refunds that did. Of payments a mixed one is one."""
    day = {account: each for (_, account), each in moved(work, since=on, until=on, scope=scope).items()}
    arrived = (
        select(func.count(func.distinct(col(LedgerEntry.subject))))
        .join(LedgerLine, col(LedgerLine.entry_id) == col(LedgerEntry.id))
        .where(
            col(LedgerEntry.on) == on,
            col(LedgerEntry.kind).in_([Event.CAPTURED.value, Event.SETTLED.value]),
            col(LedgerLine.account) == books.DEPOSITS,
            *within(col(LedgerLine.department_code), scope),
        )
    )
    taken = [each for account, each in day.items() if is_taking(account)]
    returned = sum(each.debits for account, each in day.items() if account.startswith(books.REFUNDS))
    return (
        Sum(sum(each.debit_fen for each in taken), work.session.scalar(arrived) or 0),
        Sum(sum(each.credit_fen for each in taken), returned),
    )


def by_day(work: Work, *, since: date, until: date, scope: str | None) -> dict[date, tuple[int, int]]:
    """Day → (captured, returned)."""
    found: dict[date, tuple[int, int]] = {}
    for (on, account), each in moved(work, since=since, until=until, scope=scope).items():
        if is_taking(account):
            taken, back = found.get(on, (0, 0))
            found[on] = taken + each.debit_fen, back + each.credit_fen
    return found


def is_taking(account: str) -> bool:
    """Whether money arrives there: a channel, or what the insurance owes."""
    return account.startswith((books.CHANNEL, books.INSURANCE))


def _of_totals(work: Work, since: date, until: date, scope: str | None, each: Each) -> list[Any]:
    key = col(LedgerTotal.on) if each is Each.DAY else col(LedgerTotal.department_code)
    numbers = [
        func.sum(column)
        for column in (
            col(LedgerTotal.debit_fen),
            col(LedgerTotal.credit_fen),
            col(LedgerTotal.debits),
            col(LedgerTotal.credits),
        )
    ]
    query: Any = select(key, col(LedgerTotal.account), *numbers).where(
        col(LedgerTotal.on).between(since, until), *within(col(LedgerTotal.department_code), scope)
    )
    return list(work.session.execute(query.group_by(key, col(LedgerTotal.account))))


def _of_lines(work: Work, since: date, until: date, scope: str | None, each: Each) -> list[Any]:
    key = col(LedgerLine.on) if each is Each.DAY else col(LedgerLine.department_code)
    fen = col(LedgerLine.amount_fen)
    numbers = [func.sum(case((fen > 0, fen), else_=0)), func.sum(case((fen < 0, -fen), else_=0))]
    counts = [func.sum(case((fen > 0, 1), else_=0)), func.sum(case((fen < 0, 1), else_=0))]
    query: Any = select(key, col(LedgerLine.account), *numbers, *counts).where(
        col(LedgerLine.on).between(since, until), *within(col(LedgerLine.department_code), scope)
    )
    return list(work.session.execute(query.group_by(key, col(LedgerLine.account))))
