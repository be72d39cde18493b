"""号源看板：numbers by department and day, a day's clinics, and closing or opening free numbers in bulk.

Closing touches free numbers only. What is held or booked stays: to take it away is 停诊, which tells the patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import Session, clinic_day
from hospital_app.domain.errors import Refusal, malformed, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import Department, Doctor
from hospital_app.services.slots import takeable, vacant
from hospital_app.services.tallies import count_if, within
from hospital_app.work import Work

DAYS_MAX = 31


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers by what they are: free + held + booked + closed + suspended are all of them.

    `open` of the free ones may be taken by everybody; the others are kept for a channel. `suspended`: nobody's, in a
    clinic that does not take place. `overbooked` ones count where they belong as well.
    """

    free: int
    open: int
    held: int
    booked: int
    closed: int
    suspended: int
    overbooked: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    code: str
    name: str
    days: dict[date, Tally]


@dataclass(frozen=True, slots=True)
class ClinicRow:
    schedule_id: int
    doctor_id: int | None
    doctor: str
    session: str
    room: str
    starts_at: datetime
    ends_at: datetime
    suspended: bool
    released_at: datetime
    tally: Tally


@dataclass(frozen=True, slots=True)
class NumberRow:
    seq: int
    starts_at: datetime
    status: str
    channel: str
    opens_at: datetime | None
    overbooked: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clinics: of a department (None: of all), a doctor, a session (empty: any) or one clinic, on these days."""

    since: date
    until: date
    department_code: str | None = None
    doctor_id: int | None = None
    session: str = ""
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """`numbers` change; `held` and `booked` are somebody's and stay as they are."""

    clinics: int
    numbers: int
    held: int
    booked: int


def board(work: Work, *, start: date, days: int) -> list[BoardRow]:
    """Open departments within reach, with those of the days that have a clinic."""
    own = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    if not 1 <= days <= DAYS_MAX:
        raise malformed("天数")
    query = (
        select(col(Schedule.department_code), col(Schedule.on), *_counts(work))
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(
            col(Schedule.on).between(start, start + timedelta(days=days - 1)),
            *within(col(Schedule.department_code), own),
        )
        .group_by(col(Schedule.department_code), col(Schedule.on))
    )
    found: dict[str, dict[date, Tally]] = {}
    for code, on, *counts in work.session.execute(query):
        found.setdefault(code, {})[on] = _tally(counts)
    departments = work.session.execute(
        select(col(Department.code), col(Department.name))
        .where(col(Department.open), *within(col(Department.code), own))
        .order_by(col(Department.code))
    )
    return [BoardRow(code, name, found.get(code, {})) for code, name in departments]


def clinics(work: Work, *, department_code: str, on: date) -> list[ClinicRow]:
    """Of one department on one day, in order of time."""
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, department_code)
    query = (
        select(Schedule, col(Doctor.name), *_counts(work))
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .outerjoin(Doctor, col(Doctor.id) == col(Schedule.doctor_id))
        .where(col(Schedule.department_code) == department_code, col(Schedule.on) == on)
        .group_by(*Schedule.__table__.columns, col(Doctor.name))  # type: ignore[attr-defined]
        .order_by(col(Schedule.starts_at), col(Schedule.id))
    )
    return [
        ClinicRow(
            schedule_id=schedule.id or 0,
            doctor_id=schedule.doctor_id,
            doctor=doctor or "",
            session=schedule.session,
            room=schedule.room,
            starts_at=schedule.starts_at,
            ends_at=schedule.ends_at,
            suspended=schedule.suspended,
            released_at=schedule.released_at,
            tally=_tally(counts),
        )
        for schedule, doctor, *counts in work.session.execute(query)
    ]


def numbers(work: Work, *, schedule_id: int) -> list[NumberRow]:
    """Every number of a clinic; a hold whose time is up is free."""
    _reached(work, schedule_id)
    found = work.session.scalars(
        select(Slot).where(col(Slot.schedule_id) == schedule_id).order_by(col(Slot.starts_at), col(Slot.seq))
    )
    return [
        NumberRow(slot.seq, slot.starts_at, _status(work, slot), slot.channel, slot.opens_at, slot.overbooked)
        for slot in found
    ]


def preview(work: Work, *, wanted: Wanted, closing: bool) -> Effect:
    """What `close` or `reopen` would do now."""
    ids = _clinics(work, wanted)
    source = SlotStatus.FREE if closing else SlotStatus.BLOCKED
    row = work.session.execute(
        select(
            count_if(_ahead(work, source)),
            count_if(and_(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) > work.now)),
            count_if(col(Slot.status) == SlotStatus.BUSY),
        ).where(col(Slot.schedule_id).in_(ids))
    ).one()
    return Effect(len(ids), *(int(count) for count in row))


def close(work: Work, *, wanted: Wanted) -> Effect:
    """Nobody takes these free numbers any more, until they are opened again."""
    return _move(work, wanted, SlotStatus.FREE, SlotStatus.BLOCKED, "slots.close")


def reopen(work: Work, *, wanted: Wanted) -> Effect:
    """What was closed is free again, unless its clinic is suspended."""
    return _move(work, wanted, SlotStatus.BLOCKED, SlotStatus.FREE, "slots.open")


def _move(work: Work, wanted: Wanted, source: SlotStatus, target: SlotStatus, action: str) -> Effect:
    seen = preview(work, wanted=wanted, closing=source is SlotStatus.FREE)
    ids = _clinics(work, wanted)
    done = work.change(
        update(Slot)
        .where(col(Slot.schedule_id).in_(ids), _ahead(work, source))
        .values(status=target, held_until=None, version=col(Slot.version) + 1)
    )
    work.record(
        action,
        f"department:{wanted.department_code or 'all'}",
        since=wanted.since.isoformat(),
        until=wanted.until.isoformat(),
        doctor=wanted.doctor_id,
        session=wanted.session,
        schedule=wanted.schedule_id,
        clinics=len(ids),
        numbers=done,
    )
    work.hint("today", *(f"schedule:{schedule_id}" for schedule_id in ids))
    return Effect(len(ids), done, seen.held, seen.booked)


def _ahead(work: Work, status: SlotStatus) -> ColumnElement[bool]:
    return and_(col(Slot.status) == status, col(Slot.ends_at) > work.now)


def _clinics(work: Work, wanted: Wanted) -> list[int]:
    """Ids of the clinics to come; raises Refusal for another department's."""
    if wanted.schedule_id is not None:
        _reached(work, wanted.schedule_id)
        code: str | None = None
    elif wanted.department_code is None:
        code = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    else:
        authority.check_department(work.actor, Right.MANAGE_SCHEDULE, wanted.department_code)
        code = wanted.department_code
    if wanted.session not in {"", *Session}:
        raise malformed("时段")
    today = clinic_day(work.now)
    if not wanted.since <= wanted.until <= min(wanted.since, today) + timedelta(days=90):
        raise Refusal("bad_days", "结束日期不能早于开始日期，也不能超过 90 天，请改正。", 422)
    conditions = [
        col(Schedule.on).between(max(wanted.since, today), wanted.until),
        col(Schedule.ends_at) > work.now,
        ~col(Schedule.suspended),
        *within(col(Schedule.department_code), code),
    ]
    if wanted.doctor_id is not None:
        conditions.append(col(Schedule.doctor_id) == min(wanted.doctor_id, ID_MAX))
    if wanted.session:
        conditions.append(col(Schedule.session) == wanted.session)
    if wanted.schedule_id is not None:
        conditions.append(col(Schedule.id) == wanted.schedule_id)
    found = work.session.scalars(select(col(Schedule.id)).where(*conditions).order_by(col(Schedule.id)))
    return [schedule_id for schedule_id in found if schedule_id is not None]


def _reached(work: Work, schedule_id: int) -> None:
    own = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    clinic = work.session.get(Schedule, min(schedule_id, ID_MAX))
    if clinic is None or own not in (None, clinic.department_code):
        raise not_found("这个门诊")


def _counts(work: Work) -> tuple[ColumnElement[Any], ...]:
    """In the order of Tally, for rows of schedule and slot."""
    held = and_(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) > work.now)
    booked, suspended = col(Slot.status) == SlotStatus.BUSY, col(Schedule.suspended).is_(True)
    return (
        count_if(and_(vacant(work.now), ~suspended)),
        count_if(and_(takeable(work.now), ~suspended)),
        count_if(held),
        count_if(booked),
        count_if(and_(col(Slot.status) == SlotStatus.BLOCKED, ~suspended)),
        count_if(and_(suspended, ~booked, func.coalesce(~held, True))),  # ~held is NULL without a deadline
        count_if(col(Slot.overbooked).is_(True)),
    )


def _tally(counts: Sequence[Any]) -> Tally:
    return Tally(*(int(count) for count in counts))


def _status(work: Work, slot: Slot) -> str:
    if slot.status == SlotStatus.HELD and (slot.held_until is None or slot.held_until <= work.now):
        return SlotStatus.FREE.value
    return slot.status
