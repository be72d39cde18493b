"""号源日历：what is left, period by period. Every count is one grouped statement over indexed slots."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.policy import Rules, availability
from hospital_app.domain.waitlist import closes_at
from hospital_app.models.booking import Schedule, Slot
from hospital_app.services.slots import takeable
from hospital_app.work import Work

DAYS_MAX = 28


@dataclass(frozen=True, slots=True)
class Cell:
    """One half-hour period. `state`: free few full waitlist suspended unreleased over; `left` is 0 unless free or few.

    `changes_at`: when it will be another one although nobody does anything.
    """

    schedule_id: int
    on: date
    session: str
    starts_at: datetime
    ends_at: datetime
    state: str
    left: int
    capacity: int
    fee_fen: int
    service_type: str
    room: str
    released_at: datetime
    changes_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SessionCell:
    """One clinic of the grid, a day and a session: what is left in its periods that are not over."""

    schedule_id: int
    on: date
    session: str
    starts_at: datetime
    ends_at: datetime
    state: str
    left: int
    fee_fen: int
    service_type: str
    room: str
    released_at: datetime


@dataclass(frozen=True, slots=True)
class FreePeriod:
    """A period that can be booked now."""

    schedule_id: int
    provider: str
    on: date
    session: str
    starts_at: datetime
    ends_at: datetime
    left: int
    fee_fen: int
    service_type: str
    room: str


def left_count(work: Work) -> ColumnElement[int]:
    """SUM over slots: how many can be taken now. Holds past their deadline count as free."""
    return func.coalesce(func.sum(case((takeable(work.now), 1), else_=0)), 0)


def bookable(work: Work) -> tuple[ColumnElement[bool], ...]:
    """Conditions on schedule and slot: released, not suspended, not over."""
    cutoff = work.now + timedelta(minutes=work.rules.same_day_cutoff_minutes)
    return (~col(Schedule.suspended), col(Schedule.released_at) <= work.now, col(Slot.ends_at) > cutoff)


def cells(work: Work, *, provider: str, start: date, days: int) -> list[Cell]:
    """Every half-hour period of a provider within `days` from `start` on, in order of time."""
    last = start + timedelta(days=days - 1)
    capacity = func.sum(case((~col(Slot.overbooked), 1), else_=0))
    query = (
        _by_period(capacity.label("capacity"), left_count(work).label("left"), *_next_changes(work))
        .where(col(Schedule.provider) == provider, col(Schedule.on).between(start, last))
        .order_by(col(Slot.starts_at))
    )
    return _with_lines(work, [_cell(work, row) for row in work.session.execute(query)])


def session_cells(rules: Rules, periods: Iterable[Cell]) -> list[SessionCell]:
    """The grid's cells, one for each schedule of `periods`."""
    clinics: dict[int, list[Cell]] = {}
    for cell in periods:
        clinics.setdefault(cell.schedule_id, []).append(cell)
    return [_session_cell(rules, clinic) for clinic in clinics.values()]


def nearest(work: Work, *, wanted: ColumnElement[bool], starts_at: datetime, limit: int) -> list[FreePeriod]:
    """Up to `limit` bookable periods of the schedules that `wanted` selects, the closest to `starts_at` first."""
    left = left_count(work)
    query = _by_period(left.label("left")).where(wanted, *bookable(work)).having(left > 0).limit(limit)
    later = query.where(col(Slot.starts_at) >= starts_at).order_by(col(Slot.starts_at), col(Schedule.id))
    earlier = query.where(col(Slot.starts_at) < starts_at).order_by(col(Slot.starts_at).desc(), col(Schedule.id))
    found = [_free_period(row) for part in (later, earlier) for row in work.session.execute(part)]
    return sorted(found, key=lambda p: (abs(p.starts_at - starts_at), p.starts_at, p.schedule_id))[:limit]


_SCHEDULE_COLUMNS = (
    col(Schedule.id), col(Schedule.provider), col(Schedule.on), col(Schedule.session), col(Schedule.service_type),
    col(Schedule.room), col(Schedule.fee_fen), col(Schedule.suspended), col(Schedule.released_at),
)  # fmt: skip


def _by_period(*counts: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    period = (col(Slot.starts_at), col(Slot.ends_at))
    return (
        select(*_SCHEDULE_COLUMNS, *period, *counts)
        .join(Slot, col(Slot.schedule_id) == Schedule.id)
        .group_by(*_SCHEDULE_COLUMNS, *period)
    )


def _next_changes(work: Work) -> tuple[ColumnElement[Any], ...]:
    """When the next hold of a period ends, and when the next number of it opens."""
    held = and_(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) > work.now)
    return (
        func.min(case((held, col(Slot.held_until)))).label("held_until"),
        func.min(case((col(Slot.opens_at) > work.now, col(Slot.opens_at)))).label("opens_at"),
    )


def _cell(work: Work, row: Any) -> Cell:
    state = _state(work, row)
    over_at = row.ends_at - timedelta(minutes=work.rules.same_day_cutoff_minutes)
    changes = [at for at in (row.held_until, row.opens_at, row.released_at, over_at) if at and at > work.now]
    return Cell(
        schedule_id=row.id,
        on=row.on,
        session=row.session,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=state,
        left=int(row.left) if state in {"free", "few"} else 0,
        capacity=int(row.capacity),
        fee_fen=row.fee_fen,
        service_type=row.service_type,
        room=row.room,
        released_at=row.released_at,
        changes_at=min(changes, default=None),
    )


def _with_lines(work: Work, found: list[Cell]) -> list[Cell]:
    """可候补: full, and nothing left on the whole day, as check_joining wants it; until its line closes."""
    sold_out = {cell.on: closes_at(work.rules, cell.on) for cell in found}
    for cell in found:
        if cell.state not in {"full", "suspended"} or sold_out.get(cell.on, work.now) <= work.now:
            sold_out.pop(cell.on, None)
    return [
        replace(cell, state="waitlist", changes_at=min(cell.changes_at or closes, closes))
        if cell.state == "full" and (closes := sold_out.get(cell.on)) is not None
        else cell
        for cell in found
    ]


def _state(work: Work, row: Any) -> str:
    if work.now >= row.ends_at - timedelta(minutes=work.rules.same_day_cutoff_minutes):
        return "over"
    if row.suspended:
        return "suspended"
    if work.now < row.released_at:
        return "unreleased"
    return availability(work.rules, capacity=int(row.capacity), free=int(row.left))


def _session_cell(rules: Rules, clinic: list[Cell]) -> SessionCell:
    first = clinic[0]
    ahead = [cell for cell in clinic if cell.state != "over"]
    left = sum(cell.left for cell in ahead)
    if not ahead:
        state = "over"
    elif ahead[0].state in {"suspended", "unreleased", "waitlist"}:
        state = ahead[0].state
    else:
        state = availability(rules, capacity=sum(cell.capacity for cell in clinic), free=left)
    return SessionCell(
        schedule_id=first.schedule_id,
        on=first.on,
        session=first.session,
        starts_at=first.starts_at,
        ends_at=clinic[-1].ends_at,
        state=state,
        left=left,
        fee_fen=first.fee_fen,
        service_type=first.service_type,
        room=first.room,
        released_at=first.released_at,
    )


def _free_period(row: Any) -> FreePeriod:
    return FreePeriod(
        schedule_id=row.id,
        provider=row.provider,
        on=row.on,
        session=row.session,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        left=int(row.left),
        fee_fen=row.fee_fen,
        service_type=row.service_type,
        room=row.room,
    )
