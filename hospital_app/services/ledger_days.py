"""日结: day after day the books are closed, each with its balances and totals; nothing is entered on it afterwards.

First a day is marked (`mark`), then its entries are counted (`balance`), in two transactions: whoever entered something
before the mark is waited for, whoever enters later sees it (services/ledger.py).
"""

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.errors import Refusal
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine, LedgerTotal
from hospital_app.models.tables import table_of
from hospital_app.work import Work

UNDER_WAY = ""  # balances of a day that is marked and not counted yet


def next_open(work: Work) -> date | None:
    """The first day that is not closed; None while the books are empty."""
    last: date | None = work.session.scalar(select(func.max(col(LedgerDay.on))))
    first: date | None = work.session.scalar(select(func.min(col(LedgerEntry.on)))) if last is None else None
    return first if last is None else last + timedelta(days=1)


def due(work: Work) -> date | None:
    """The day up to which the books close by themselves now; None if there is nothing to close."""
    today = clinic_day(work.now)
    until = today - timedelta(days=1 if local(work.now).time() >= work.rules.ledger_closes_at else 2)
    first = next_open(work)
    return until if first is not None and (first <= until or _under_way(work) is not None) else None


def mark(work: Work, *, until: date) -> date | None:
    """The next day to be counted, marked as closed; None when all up to `until` are. Refusal `day_not_over`."""
    authority.check(work.actor, Right.MANAGE_FINANCE)
    if until >= clinic_day(work.now):
        raise Refusal("day_not_over", "这一天还没有结束，请过了零点再日结。")
    left = _under_way(work)
    if left is not None:
        return left
    on = next_open(work)
    if on is None or on > until:
        return None
    day = LedgerDay(on=on, closed_at=work.now, closed_by=work.actor.staff_id, entries=0, balances=UNDER_WAY)
    work.session.add(day)
    work.session.flush()
    work.record("ledger.closed", f"day:{on.isoformat()}")
    return on


def balance(work: Work, *, on: date) -> None:
    """Count a marked day, once everybody who entered something on it has committed. Twice changes nothing."""
    day = work.session.scalars(select(LedgerDay).where(col(LedgerDay.on) == on).with_for_update()).one()
    if day.balances != UNDER_WAY:
        return
    entries = work.session.scalar(
        select(func.count()).select_from(LedgerEntry).where(col(LedgerEntry.on) == on).with_for_update(read=True)
    )
    totals = totals_of_lines(work, on)
    balances = balances_before(work, on)
    for row in totals:
        balances[row["account"]] = balances.get(row["account"], 0) + row["debit_fen"] - row["credit_fen"]
    if totals:
        work.session.execute(insert(table_of(LedgerTotal)), totals)
    written = json.dumps(dict(sorted(balances.items())), separators=(",", ":"))
    work.change(update(LedgerDay).where(col(LedgerDay.on) == on).values(entries=entries or 0, balances=written))


def counted_before(work: Work, on: date) -> LedgerDay | None:
    """The last closed day before."""
    return work.session.scalar(
        select(LedgerDay)
        .where(col(LedgerDay.on) < on, col(LedgerDay.balances) != UNDER_WAY)
        .order_by(col(LedgerDay.on).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def balances_before(work: Work, on: date) -> dict[str, int]:
    """Account → fen at the end of the last closed day before."""
    last = counted_before(work, on)
    return json.loads(last.balances) if last else {}


def totals_of_lines(work: Work, on: date) -> list[dict[str, Any]]:
    """What a day's lines come to, by department and account."""
    fen = col(LedgerLine.amount_fen)
    query: Any = (
        select(
            col(LedgerLine.on).label("on"),
            col(LedgerLine.department_code).label("department_code"),
            col(LedgerLine.account).label("account"),
            func.sum(case((fen > 0, fen), else_=0)).label("debit_fen"),
            func.sum(case((fen < 0, -fen), else_=0)).label("credit_fen"),
            func.sum(case((fen > 0, 1), else_=0)).label("debits"),
            func.sum(case((fen < 0, 1), else_=0)).label("credits"),
        )
        .where(col(LedgerLine.on) == on)
        .group_by(col(LedgerLine.on), col(LedgerLine.department_code), col(LedgerLine.account))
    )
    numbers = ("debit_fen", "credit_fen", "debits", "credits")
    return [
        {name: int(value) if name in numbers else value for name, value in row.items()}
        for row in work.session.execute(query).mappings()
    ]


def _under_way(work: Work) -> date | None:
    return work.session.scalar(
        select(col(LedgerDay.on)).where(col(LedgerDay.balances) == UNDER_WAY).order_by(col(LedgerDay.on)).limit(1)
    )
