"""Money that moved, by the day it moved: captured by the channels, given back to patients. Fen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlmodel import col

from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.tallies import total_by_span
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Sum:
    """How much, in how many pieces."""

    fen: int
    number: int


def captured(work: Work, *, bounds: tuple[datetime, datetime], scope: str | None) -> Sum:
    """Payments captured from bounds[0] until before bounds[1]; `scope`: one department's code, None for all."""
    return _sum(work, col(Payment.captured_at), col(Payment.amount_fen), bounds, _captured(scope))


def returned(work: Work, *, bounds: tuple[datetime, datetime], scope: str | None) -> Sum:
    """Refunds that arrived."""
    return _sum(work, col(Refund.done_at), col(Refund.amount_fen), bounds, _returned(scope))


def captured_by_span(work: Work, *, edges: Sequence[datetime], scope: str | None) -> dict[int, int]:
    return total_by_span(
        work, at=col(Payment.captured_at), amount=col(Payment.amount_fen), edges=edges, where=_captured(scope)
    )


def returned_by_span(work: Work, *, edges: Sequence[datetime], scope: str | None) -> dict[int, int]:
    return total_by_span(
        work, at=col(Refund.done_at), amount=col(Refund.amount_fen), edges=edges, where=_returned(scope)
    )


def _sum(
    work: Work,
    at: SQLColumnExpression[datetime | None],
    amount: SQLColumnExpression[int],
    bounds: tuple[datetime, datetime],
    where: Sequence[ColumnElement[bool]],
) -> Sum:
    start, end = bounds
    query = select(func.coalesce(func.sum(amount), 0), func.count()).where(at >= start, at < end, *where)
    fen, number = work.session.execute(query).one()
    return Sum(int(fen), int(number))


def _captured(scope: str | None) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Payment.status) == PaymentStatus.CAPTURED,
        *_of_department(col(Payment.appointment_id), scope),
    )


def _returned(scope: str | None) -> tuple[ColumnElement[bool], ...]:
    return (col(Refund.status) == RefundStatus.DONE, *_of_department(col(Refund.appointment_id), scope))


def _of_department(appointment_id: SQLColumnExpression[int], scope: str | None) -> tuple[ColumnElement[bool], ...]:
    if scope is None:
        return ()
    return (appointment_id.in_(select(col(Appointment.id)).where(col(Appointment.department_code) == scope)),)
