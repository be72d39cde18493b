"""医生自己的日历: the own clinics of some days with what has become of their numbers, and what may be asked for.

An admin may ask for the clinics of the department, too, so also for the pooled ones that belong to no doctor.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlmodel import col

from hospital_app.domain import authority, change
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.authority import Right, Scope
from hospital_app.domain.change import ChangeStatus
from hospital_app.domain.errors import forbidden, malformed, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.changing import ScheduleChange
from hospital_app.models.hospital import Doctor
from hospital_app.services import unmasking
from hospital_app.services.slots import takeable
from hospital_app.services.tallies import count_if
from hospital_app.work import Work

DAYS_MAX = 42


@dataclass(frozen=True, slots=True)
class OwnClinic:
    """One clinic. free + held + booked + closed = capacity + overbooked; `asked`: kinds of requests that wait."""

    schedule_id: int
    on: date
    session: str
    service_type: str
    room: str
    starts_at: datetime
    ends_at: datetime
    suspended: bool
    capacity: int
    free: int
    held: int
    booked: int
    closed: int
    overbooked: int
    per_period: int
    overbook_cap: int
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Askable:
    """What the forms for one clinic offer: its half hours that are not over, colleagues who may stand in, bounds."""

    clinic: OwnClinic
    doctor_name: str  # empty: 普通门诊
    doctor_title: str
    periods: tuple[tuple[datetime, datetime], ...]
    substitutes: tuple[tuple[int, str, str], ...]  # id, name, title
    per_period_most: int
    last_day: date


def calendar(work: Work, *, start: date, days: int) -> list[OwnClinic]:
    """The own clinics of so many days, in order of time."""
    doctor_id = doctor_of(work)
    if not 1 <= days <= DAYS_MAX:
        raise malformed("天数")
    days_shown = col(Schedule.on).between(start, start + timedelta(days=days - 1))
    return _clinics(work, and_(col(Schedule.doctor_id) == doctor_id, days_shown))


def askable(work: Work, *, schedule_id: int, today: date) -> Askable:
    """One own clinic, or an admin's department's; another's is `not_found`."""
    scope = authority.check(work.actor, Right.REQUEST_CHANGE)
    found = _clinics(work, and_(col(Schedule.id) == min(schedule_id, ID_MAX), _within(work, scope)))
    if not found:
        raise not_found("这次门诊")
    doctor_id = work.session.get_one(Schedule, schedule_id).doctor_id
    periods = work.session.execute(
        select(col(Slot.starts_at), col(Slot.ends_at))
        .where(col(Slot.schedule_id) == schedule_id, col(Slot.ends_at) > work.now)
        .distinct()
        .order_by(col(Slot.starts_at))
    ).all()
    doctor = work.session.get(Doctor, doctor_id) if doctor_id is not None else None
    return Askable(
        clinic=found[0],
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        periods=tuple((begin, end) for begin, end in periods),
        substitutes=_substitutes(work, doctor_id) if doctor_id is not None else (),
        per_period_most=work.rules.quota_per_period,
        last_day=today + timedelta(days=work.rules.quota_days_ahead),
    )


def _within(work: Work, scope: Scope) -> ColumnElement[bool]:
    if scope is Scope.OWN:
        return col(Schedule.doctor_id) == doctor_of(work)
    if scope is Scope.ALL:
        return true()
    return col(Schedule.department_code) == (work.actor.department_code or "")


def _substitutes(work: Work, doctor_id: int) -> tuple[tuple[int, str, str], ...]:
    """Colleagues with the same or a higher title."""
    mine = work.session.get_one(Doctor, doctor_id)
    colleagues = work.session.scalars(
        select(Doctor)
        .where(col(Doctor.department_code) == mine.department_code, col(Doctor.active), col(Doctor.id) != doctor_id)
        .order_by(col(Doctor.pinyin), col(Doctor.id))
    )
    rank = change.title_rank(mine.title)
    return tuple((d.id or 0, d.name, d.title) for d in colleagues if change.title_rank(d.title) >= rank)


def patient_of(work: Work, *, document_number: str) -> int:
    """Whom a document belongs to, for an overbooking; on the trail. Raises `not_found`."""
    authority.check(work.actor, Right.REQUEST_CHANGE)
    found = work.session.scalars(unmasking.of_document(document_number[:40])).first()
    work.record("patient.find", "patient", by="document", found=[found.id] if found else [])
    if found is None or found.id is None:
        raise not_found("这位患者")
    return found.id


def doctor_of(work: Work) -> int:
    authority.check(work.actor, Right.REQUEST_CHANGE)
    if work.actor.doctor_id is None:
        raise forbidden()
    return work.actor.doctor_id


def _clinics(work: Work, where: ColumnElement[bool]) -> list[OwnClinic]:
    asked: dict[int, list[str]] = {}
    waiting = (
        select(col(ScheduleChange.schedule_id), col(ScheduleChange.kind))
        .join(Schedule, col(Schedule.id) == col(ScheduleChange.schedule_id))
        .where(
            col(ScheduleChange.status) == ChangeStatus.REQUESTED,
            where,
        )
    )
    for schedule_id, kind in work.session.execute(waiting):
        asked.setdefault(schedule_id, []).append(kind)
    held = and_(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) > work.now)
    query = (
        select(
            Schedule,
            count_if(takeable(work.now)),
            count_if(held),
            count_if(col(Slot.status) == SlotStatus.BUSY),
            count_if(and_(col(Slot.overbooked), col(Slot.status) != SlotStatus.BLOCKED)),
            func.count(col(Slot.id)),
            func.count(func.distinct(col(Slot.starts_at))),
        )
        .outerjoin(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(where)
        .group_by(*Schedule.__table__.columns)  # type: ignore[attr-defined]
        .order_by(col(Schedule.starts_at), col(Schedule.id))
    )
    return [
        OwnClinic(
            schedule_id=schedule.id or 0,
            on=schedule.on,
            session=schedule.session,
            service_type=schedule.service_type,
            room=schedule.room,
            starts_at=schedule.starts_at,
            ends_at=schedule.ends_at,
            suspended=schedule.suspended,
            capacity=schedule.capacity,
            free=int(free),
            held=int(kept),
            booked=int(busy),
            closed=int(every - free - kept - busy),
            overbooked=int(extra),
            per_period=round(schedule.capacity / periods) if periods else 0,
            overbook_cap=change.overbook_cap(work.rules, capacity=schedule.capacity),
            asked=tuple(asked.get(schedule.id or 0, ())),
        )
        for schedule, free, kept, busy, extra, every, periods in work.session.execute(query)
    ]
