"""班次的账: how shifts stand, what moved in them, and who may see which."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right, Scope
from hospital_app.domain.calendar import day_bounds
from hospital_app.domain.errors import not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.payment import RefundStatus
from hospital_app.domain.shift import ShiftTotals
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import CashierShift
from hospital_app.models.identity import Staff
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Work

LISTED = 200
_Receiver = aliased(Staff)


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One shift. `expected_fen`: what the drawer must hold; `difference_fen` is None until it was counted.

    `receiver` is empty for what goes to the finance office (财务科).
    """

    id: int
    clerk: str
    staff_no: str
    opened_at: datetime
    closed_at: datetime | None
    collected_fen: int
    collected_count: int
    refunded_fen: int
    refunded_count: int
    expected_fen: int
    counted_fen: int | None
    difference_fen: int | None
    receiver: str
    received_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One fee or cash refund of a shift; refunds are negative."""

    no: str
    appointment_no: str
    at: datetime
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Colleague:
    """Who may take over."""

    staff_id: int
    staff_no: str
    name: str


def mine(work: Work) -> ShiftView | None:
    """The open shift of this clerk as it stands."""
    authority.check(work.actor, Right.REGISTER)
    found = work.session.execute(_query().where(col(CashierShift.open_of) == work.actor.staff_id)).one_or_none()
    return None if found is None else _view(work, found)


def to_receive(work: Work) -> list[ShiftView]:
    """What was handed to this clerk, or to finance, and waits to be confirmed."""
    everybodys = authority.check(work.actor, Right.HAND_OVER) is Scope.ALL
    whose = col(CashierShift.handed_to).is_(None) if everybodys else col(CashierShift.handed_to) == work.actor.staff_id
    waiting = _query().where(whose, col(CashierShift.closed_at).is_not(None), col(CashierShift.received_at).is_(None))
    return [_view(work, row) for row in work.session.execute(waiting.limit(LISTED))]


def history(work: Work) -> list[ShiftView]:
    """The latest shifts of this clerk that are closed."""
    authority.check(work.actor, Right.REGISTER)
    query = _query().where(col(CashierShift.staff_id) == work.actor.staff_id, col(CashierShift.closed_at).is_not(None))
    return [_view(work, row) for row in work.session.execute(query.limit(10))]


def of_day(work: Work, *, on: date) -> list[ShiftView]:
    """Everybody's shifts that touch a day, for the finance office."""
    authority.check(work.actor, Right.SEE_FINANCE)
    begins, ends = day_bounds(on)
    query = _query().where(
        col(CashierShift.opened_at) < ends,
        or_(col(CashierShift.closed_at).is_(None), col(CashierShift.closed_at) >= begins),
    )
    return [_view(work, row) for row in work.session.execute(query.limit(LISTED))]


def one(work: Work, *, shift_id: int) -> ShiftView:
    """A shift of one's own, handed to oneself, or anybody's for the finance office; else `not_found`."""
    query = _query().where(col(CashierShift.id) == min(shift_id, ID_MAX))
    if authority.check(work.actor, Right.HAND_OVER) is not Scope.ALL:
        me = work.actor.staff_id
        query = query.where(or_(col(CashierShift.staff_id) == me, col(CashierShift.handed_to) == me))
    found = work.session.execute(query).one_or_none()
    if found is None:
        raise not_found("这个班次")
    return _view(work, found)


def movements(work: Work, *, shift_id: int) -> list[Movement]:
    """What went into the drawer and out of it, in order; for whoever may see the shift."""
    one(work, shift_id=shift_id)
    taken = (
        select(col(Payment.no), col(Appointment.no), _taken_at(), col(Payment.cash_fen))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .where(*_collected(shift_id))
    )
    given = (
        select(col(Refund.no), col(Appointment.no), col(Refund.done_at), -col(Refund.amount_fen))
        .join(Appointment, col(Appointment.id) == col(Refund.appointment_id))
        .where(*_refunded(shift_id))
    )
    found = [
        Movement(no, appointment_no, at, fen)
        for query in (taken, given)
        for no, appointment_no, at, fen in work.session.execute(query)
        if at is not None
    ]
    return sorted(found, key=lambda movement: (movement.at, movement.no))


def totals(work: Work, *, shift_id: int) -> ShiftTotals:
    """The sums of its rows, as the database counts them."""
    taken = select(func.coalesce(func.sum(col(Payment.cash_fen)), 0), func.count(col(Payment.id)))
    given = select(func.coalesce(func.sum(col(Refund.amount_fen)), 0), func.count(col(Refund.id)))
    collected = work.session.execute(taken.where(*_collected(shift_id))).one()
    refunded = work.session.execute(given.where(*_refunded(shift_id))).one()
    return ShiftTotals(int(collected[0]), int(collected[1]), int(refunded[0]), int(refunded[1]))


def colleagues(work: Work) -> list[Colleague]:
    """Clerks at work, but for oneself."""
    authority.check(work.actor, Right.REGISTER)
    query = (
        select(col(Staff.id), col(Staff.staff_no), col(Staff.name))
        .where(col(Staff.role) == Role.CLERK, col(Staff.active), col(Staff.id) != work.actor.staff_id)
        .order_by(col(Staff.staff_no))
        .limit(LISTED)
    )
    return [Colleague(staff_id or 0, staff_no, name) for staff_id, staff_no, name in work.session.execute(query)]


def _query() -> Select[CashierShift, str, str, str]:
    """Newest first, with the names of who had it and who has it now."""
    return (
        select(CashierShift, col(Staff.name), col(Staff.staff_no), col(_Receiver.name))
        .join(Staff, col(Staff.id) == col(CashierShift.staff_id))
        .outerjoin(_Receiver, col(_Receiver.id) == col(CashierShift.handed_to))
        .order_by(col(CashierShift.id).desc())
        .execution_options(populate_existing=True)
    )


def _view(work: Work, row: Row[CashierShift, str, str, str]) -> ShiftView:
    shift, clerk, staff_no, receiver = row
    sums = (
        totals(work, shift_id=shift.id or 0)
        if shift.closed_at is None
        else ShiftTotals(shift.collected_fen, shift.collected_count, shift.refunded_fen, shift.refunded_count)
    )
    return ShiftView(
        id=shift.id or 0,
        clerk=clerk,
        staff_no=staff_no,
        opened_at=shift.opened_at,
        closed_at=shift.closed_at,
        collected_fen=sums.collected_fen,
        collected_count=sums.collected_count,
        refunded_fen=sums.refunded_fen,
        refunded_count=sums.refunded_count,
        expected_fen=sums.expected_fen,
        counted_fen=shift.counted_fen,
        difference_fen=None if shift.counted_fen is None else shift.counted_fen - sums.expected_fen,
        receiver=receiver or "",
        received_at=shift.received_at,
        note=shift.note,
    )


def _taken_at() -> ColumnElement[datetime | None]:
    return func.coalesce(col(Payment.cash_captured_at), col(Payment.captured_at))


def _collected(shift_id: int) -> tuple[ColumnElement[bool], ...]:
    """Whatever became of it afterwards: the cash was in this drawer."""
    return (col(Payment.shift_id) == shift_id,)


def _refunded(shift_id: int) -> tuple[ColumnElement[bool], ...]:
    return col(Refund.shift_id) == shift_id, col(Refund.status) == RefundStatus.DONE
