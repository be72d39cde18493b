"""Grouped sums over time that MySQL and SQLite understand alike: the database sorts rows into numbered spans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select

from hospital_app.work import Work


def count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group satisfy it; 0, never NULL."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def within(column: SQLColumnExpression[str], code: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition of one department's rows; no condition for the whole hospital."""
    return () if code is None else (column == code,)


def total_by_span(
    work: Work,
    *,
    at: SQLColumnExpression[Any],
    amount: SQLColumnExpression[int],
    edges: Sequence[datetime],
    where: Sequence[ColumnElement[bool]],
) -> dict[int, int]:
    """Sum of `amount` by span i = [edges[i], edges[i+1]); spans without rows are left out."""
    span = case(*[(at < edge, index) for index, edge in enumerate(edges[1:])]).label("span")
    query = select(span, func.sum(amount)).where(at >= edges[0], at < edges[-1], *where).group_by("span")
    return {int(index): int(total) for index, total in work.session.execute(query)}
