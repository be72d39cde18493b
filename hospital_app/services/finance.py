"""财务统计: what came in, went back and was earned, by period, channel, leg and department. From the ledger alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain import ledger as books
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.models.hospital import Department
from hospital_app.services import takings
from hospital_app.services.takings import Each, Moved
from hospital_app.work import Work

K = TypeVar("K")
DAYS_MAX = 1100


class By(StrEnum):
    """按日、按周、按月."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Figures:
    """`earned`: what became income, less what of it went back; `fee`: what the channels kept, as their bills tell."""

    captured_fen: int = 0
    refunded_fen: int = 0
    earned_fen: int = 0
    captured_number: int = 0
    refunded_number: int = 0
    fee_fen: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """One period (its first day), account or department. `name` is empty where the key says it all."""

    key: str
    figures: Figures
    name: str = ""


@dataclass(frozen=True, slots=True)
class Takings:
    """`accounts`: the channels, the fund and the personal accounts."""

    since: date
    until: date
    whole: Figures
    periods: list[Named] = field(default_factory=list)
    accounts: list[Named] = field(default_factory=list)
    incomes: list[Named] = field(default_factory=list)
    departments: list[Named] = field(default_factory=list)


def report(work: Work, *, since: date, until: date, by: By, department: str | None = None) -> Takings:
    """Both days whole. Raises Refusal `bad_range` for more than DAYS_MAX days, or none."""
    authority.check(work.actor, Right.SEE_FINANCE)
    if not 0 <= (until - since).days < DAYS_MAX:
        raise Refusal("bad_range", "请选择起止日期，最长三年。", 422)
    days = takings.moved(work, since=since, until=until, scope=department)
    parts = takings.moved(work, since=since, until=until, scope=department, each=Each.DEPARTMENT)
    of_account = _grouped((_owner(account), account, each) for (_, account), each in days.items())
    of_period = _grouped((_begin(on, by, since), account, each) for (on, account), each in days.items())
    of_department = _grouped((code, account, each) for (code, account), each in parts.items())
    names = {row.code: row.name for row in work.session.execute(select(col(Department.code), col(Department.name)))}
    return Takings(
        since=since,
        until=until,
        whole=_figures((account, each) for (_, account), each in days.items()),
        periods=[Named(on.isoformat(), _figures(of_period.get(on, ()))) for on in _periods(since, until, by)],
        accounts=[Named(a, _figures(of_account[a])) for a in sorted(of_account) if takings.is_taking(a)],
        incomes=[Named(a, _figures(of_account[a])) for a in sorted(of_account) if a.startswith(books.INCOME)],
        departments=sorted(
            (Named(code, _figures(moved), names.get(code, code)) for code, moved in of_department.items() if code),
            key=lambda each: (-each.figures.captured_fen, each.key),
        ),
    )


def export(work: Work, *, since: date, until: date, by: By, department: str | None = None) -> Takings:
    """The same, to be taken home; that is on record."""
    found = report(work, since=since, until=until, by=by, department=department)
    work.record("ledger.export", "takings", since=since.isoformat(), until=until.isoformat())
    return found


def _owner(account: str) -> str:
    """Fees are told with the channel that keeps them."""
    return books.CHANNEL + account.removeprefix(books.FEES) if account.startswith(books.FEES) else account


def _grouped(rows: Iterable[tuple[K, str, Moved]]) -> dict[K, list[tuple[str, Moved]]]:
    found: dict[K, list[tuple[str, Moved]]] = {}
    for key, account, each in rows:
        found.setdefault(key, []).append((account, each))
    return found


def _figures(moved: Iterable[tuple[str, Moved]]) -> Figures:
    """Numbers of payments count legs: a payment of both is one in each."""
    sums: Counter[str] = Counter()
    for account, each in moved:
        if takings.is_taking(account):
            sums["captured_fen"] += each.debit_fen
            sums["refunded_fen"] += each.credit_fen
            sums["captured_number"] += each.debits
            sums["refunded_number"] += each.credits
        elif account.startswith(books.INCOME):
            sums["earned_fen"] += each.credit_fen - each.debit_fen
        elif account.startswith(books.FEES):
            sums["fee_fen"] += each.debit_fen - each.credit_fen
    return Figures(**sums)


def _begin(on: date, by: By, since: date) -> date:
    """The first day of the period that `on` belongs to; the first period may begin in its midst."""
    if by is By.WEEK:
        first = on - timedelta(days=on.weekday())
    else:
        first = on.replace(day=1) if by is By.MONTH else on
    return max(first, since)


def _periods(since: date, until: date, by: By) -> list[date]:
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    return sorted({_begin(on, by, since) for on in days})
