"""医生要的号数: more or fewer numbers of one clinic, or one more clinic like it. What somebody has is never touched."""

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain import calendar, change
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.calendar import PERIOD_MINUTES, clinic_day, local
from hospital_app.domain.change import Wanted
from hospital_app.domain.errors import Refusal
from hospital_app.models.booking import Schedule, Slot
from hospital_app.services import slots
from hospital_app.services.waiting_line import lock_line
from hospital_app.work import Work


def check(work: Work, schedule: Schedule, wanted: Wanted) -> None:
    """The bounds of numbers and days, and that the provider has nothing else then."""
    change.check_quota(work.rules, per_period=wanted.per_period or 0)
    if wanted.on is None:
        change.check_ahead(now=work.now, ends_at=schedule.ends_at)
        if schedule.suspended:
            raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
        return
    change.check_extra_day(work.rules, days_ahead=(wanted.on - clinic_day(work.now)).days)
    starts_at, ends_at = _hours(schedule, wanted.on)
    other = work.session.scalar(
        select(col(Schedule.id)).where(
            col(Schedule.provider) == schedule.provider,
            col(Schedule.on) == wanted.on,
            (col(Schedule.session) == schedule.session)
            | ((col(Schedule.starts_at) < ends_at) & (col(Schedule.ends_at) > starts_at)),
        )
    )
    if other is not None:
        raise Refusal("clinic_exists", "那一天的这个时段已有门诊，请改它的号数，或另选日期。")


def carry_out(work: Work, *, schedule_id: int, wanted: Wanted) -> int:
    """The clinic that now has the numbers."""
    if wanted.on is not None:
        return _add_clinic(work, work.session.get_one(Schedule, schedule_id), wanted.on, wanted.per_period or 1)
    _resize(work, schedule_id, wanted)
    return schedule_id


def _add_clinic(work: Work, like: Schedule, on: date, per_period: int) -> int:
    starts_at, ends_at = _hours(like, on)
    span = timedelta(minutes=PERIOD_MINUTES)
    begins = [starts_at + i * span for i in range(int((ends_at - starts_at) / span))]
    released = calendar.released_at(on, horizon_days=work.rules.horizon_days, release=work.rules.release)
    schedule = Schedule(
        provider=like.provider,
        doctor_id=like.doctor_id,
        department_code=like.department_code,
        area_code=like.area_code,
        on=on,
        session=like.session,
        service_type=like.service_type,
        room=like.room,
        fee_fen=like.fee_fen,
        capacity=per_period * len(begins),
        starts_at=starts_at,
        ends_at=ends_at,
        released_at=released,
    )
    work.session.add(schedule)
    work.session.flush()
    if schedule.id is None:
        raise ValueError("flush gave no id")
    places = [begin for begin in begins for _ in range(per_period)]
    _insert(work, schedule.id, first_seq=1, places=places)
    work.record("schedule.added", f"schedule:{schedule.id}", like=like.id, slots=len(places))
    work.hint(f"schedule:{schedule.id}", "today")
    return schedule.id


def _resize(work: Work, schedule_id: int, wanted: Wanted) -> None:
    """Fewer: free numbers close, the last ones first. More: closed ones open again, then new ones follow."""
    ids = work.session.scalars(select(col(Slot.id)).where(col(Slot.schedule_id) == schedule_id)).all()
    rows = slots.lock(work, ids)
    schedule = lock_line(work, schedule_id=schedule_id).schedule
    check(work, schedule, wanted)
    per_period = wanted.per_period or 1
    planned = [row for row in rows.values() if not row.overbooked]
    opened = Counter(row.starts_at for row in planned if row.status != SlotStatus.BLOCKED)
    closing, opening, adding = [], [], []
    for starts_at in sorted({row.starts_at for row in planned}):
        if starts_at <= work.now:
            continue
        lacking = per_period - opened[starts_at]
        mine = sorted((row for row in planned if row.starts_at == starts_at), key=lambda row: row.seq)
        free = [row.id for row in reversed(mine) if row.status == SlotStatus.FREE]
        blocked = [row.id for row in mine if row.status == SlotStatus.BLOCKED]
        closing += free[: max(0, -lacking)]
        opening += blocked[: max(0, lacking)]
        adding += [starts_at] * max(0, lacking - len(blocked))
    _set(work, closing, source=SlotStatus.FREE, target=SlotStatus.BLOCKED)
    _set(work, opening, source=SlotStatus.BLOCKED, target=SlotStatus.FREE)
    last = work.session.scalar(select(func.max(col(Slot.seq))).where(col(Slot.schedule_id) == schedule_id)) or 0
    _insert(work, schedule_id, first_seq=last + 1, places=adding)
    work.change(
        update(Schedule).where(col(Schedule.id) == schedule_id).values(capacity=col(Schedule.capacity) + len(adding))
    )
    work.record(
        "schedule.resized",
        f"schedule:{schedule_id}",
        per_period=per_period,
        closed=len(closing),
        opened=len(opening),
        added=len(adding),
    )
    work.hint(f"schedule:{schedule_id}", "today")


def _set(work: Work, ids: list[int | None], *, source: SlotStatus, target: SlotStatus) -> None:
    if ids:
        work.change(
            update(Slot)
            .where(col(Slot.id).in_(ids), col(Slot.status) == source)
            .values(status=target, version=col(Slot.version) + 1)
        )


def _insert(work: Work, schedule_id: int, *, first_seq: int, places: list[datetime]) -> None:
    span = timedelta(minutes=PERIOD_MINUTES)
    for place, starts_at in enumerate(places):
        work.session.add(
            Slot(schedule_id=schedule_id, seq=first_seq + place, starts_at=starts_at, ends_at=starts_at + span)
        )
    work.session.flush()


def _hours(like: Schedule, on: date) -> tuple[datetime, datetime]:
    """The same hours of the wall clock on another day."""
    starts_at = calendar.instant(on, local(like.starts_at).time())
    return starts_at, starts_at + (like.ends_at - like.starts_at)
