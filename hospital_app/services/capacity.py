"""已生成的门诊照新模板: numbers are added or taken away where nobody has them; what is booked stays as it is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlmodel import SQLModel, col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.refitting import Place, Refit, Standing, refit
from hospital_app.domain.schedule import Channel, Quotas, channels, clinic_hours, opens_at
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.hospital import Department
from hospital_app.services import slots
from hospital_app.services.schedules import TemplateEntry, slot_row
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to clinics that exist. `stuck`: numbers that should go but are somebody's; `kept`: clinics
    that keep room, 号别 or hours, or stay open, because somebody has a number there."""

    clinics: int = 0
    booked: int = 0
    added: int = 0
    removed: int = 0
    stuck: int = 0
    kept: int = 0


def coming(work: Work, *, template_ids: Sequence[int], since: date) -> list[Schedule]:
    """The clinics made from these templates that have not begun and are not suspended."""
    query = select(Schedule).where(
        col(Schedule.template_id).in_(template_ids),
        col(Schedule.on) >= since,
        col(Schedule.starts_at) > work.now,
        ~col(Schedule.suspended),
    )
    return list(work.session.scalars(query.order_by(col(Schedule.id)).execution_options(populate_existing=True)))


def bookings(work: Work, clinics: Sequence[Schedule]) -> dict[int, int]:
    """How many people have a number, by schedule; clinics without any are left out."""
    live = or_(
        col(Appointment.status).in_([Status.BOOKED, Status.CHECKED_IN]),
        (col(Appointment.status) == Status.PENDING) & (col(Appointment.held_until) > work.now),
    )
    query = (
        select(col(Appointment.schedule_id), func.count())
        .where(col(Appointment.schedule_id).in_([clinic.id for clinic in clinics]), live)
        .group_by(col(Appointment.schedule_id))
    )
    return {row[0]: int(row[1]) for row in work.session.execute(query)}


def preview(work: Work, *, clinics: Sequence[Schedule], entry: TemplateEntry) -> Effect:
    """What `apply` would do now."""
    plans = [_plan(work, clinic, entry, lock=False) for clinic in clinics]
    return _effect(plans, clinics, bookings(work, clinics), entry)


def apply(work: Work, *, clinics: Sequence[Schedule], entry: TemplateEntry) -> Effect:
    """Give these clinics the numbers, channels and fee of the entry, and room and 号别 where nobody is booked.

    Booked appointments keep their number, time and price. Hours stay: moving a clinic is 调诊.
    """
    plans = [_plan(work, clinic, entry, lock=True) for clinic in clinics]
    booked = bookings(work, clinics)
    release = _release(work, entry.department_code)
    for clinic, plan in zip(clinics, plans, strict=True):
        gone = sum(_remove(work, each.remove) for each in plan.values())
        _recast(work, clinic, plan, release)
        added = _add(work, clinic, plan, release)
        values: dict[str, object] = {
            "capacity": col(Schedule.capacity) + added - gone,
            "fee_fen": entry.fee_fen,
        }
        if clinic.id not in booked:
            values |= {"room": entry.room, "service_type": entry.service_type}
        work.change(update(Schedule).where(col(Schedule.id) == clinic.id).values(**values))
        work.hint(f"schedule:{clinic.id}", "today")
    return _effect(plans, clinics, booked, entry)


def close_empty(work: Work, *, clinics: Sequence[Schedule]) -> Effect:
    """Close those of these clinics where nobody has a number; the others stay as they are."""
    slots.lock(
        work,
        work.session.scalars(select(col(Slot.id)).where(col(Slot.schedule_id).in_([clinic.id for clinic in clinics]))),
    )
    booked = bookings(work, clinics)
    empty = [clinic.id for clinic in clinics if clinic.id not in booked]
    work.change(update(Schedule).where(col(Schedule.id).in_(empty)).values(suspended=True))
    removed = work.change(
        update(Slot)
        .where(col(Slot.schedule_id).in_(empty), slots.vacant(work.now))
        .values(status=SlotStatus.BLOCKED, held_until=None, version=col(Slot.version) + 1)
    )
    work.hint("today", *(f"schedule:{schedule_id}" for schedule_id in empty))
    return Effect(len(clinics), sum(booked.values()), 0, removed, 0, len(booked))


_Plan = dict[datetime, Refit]


def _plan(work: Work, clinic: Schedule, entry: TemplateEntry, *, lock: bool) -> _Plan:
    """By half hour of the clinic, whose own hours stay."""
    query = select(Slot).where(col(Slot.schedule_id) == clinic.id, ~col(Slot.overbooked)).order_by(col(Slot.id))
    if lock:
        query = query.with_for_update()
    periods: dict[datetime, list[Place]] = defaultdict(list)
    for slot in work.session.scalars(query.execution_options(populate_existing=True)):
        periods[slot.starts_at].append(Place(slot.id or 0, slot.seq, _standing(slot), Channel(slot.channel)))
    wanted = channels(
        periods=len(periods),
        per_period=entry.per_period,
        quotas=Quotas(entry.referral_percent, entry.onsite_percent),
    )
    return {
        starts_at: refit(periods[starts_at], wanted[at * entry.per_period : (at + 1) * entry.per_period])
        for at, starts_at in enumerate(sorted(periods))
    }


def _standing(slot: Slot) -> Standing:
    if slot.status == SlotStatus.FREE:
        return Standing.FREE
    return Standing.CLOSED if slot.status == SlotStatus.BLOCKED else Standing.TAKEN


def _remove(work: Work, ids: tuple[int, ...]) -> int:
    """How many are gone for good; those that somebody had once stay in the books, closed."""
    if not ids:
        return 0
    had = exists().where(or_(col(Appointment.slot_id) == col(Slot.id), col(Appointment.next_slot_id) == col(Slot.id)))
    known = set(work.session.scalars(select(col(Slot.id)).where(col(Slot.id).in_(ids), had)))
    work.change(
        update(Slot).where(col(Slot.id).in_(known)).values(status=SlotStatus.BLOCKED, version=col(Slot.version) + 1)
    )
    never_had = [slot_id for slot_id in ids if slot_id not in known]
    work.session.execute(delete(Slot).where(col(Slot.id).in_(never_had)).execution_options(synchronize_session=False))
    return len(never_had)


def _recast(work: Work, clinic: Schedule, plan: _Plan, release: time) -> None:
    for starts_at, each in plan.items():
        for slot_id, channel in each.recast:
            opens = _opens(work, clinic, channel, starts_at, release)
            work.change(
                update(Slot)
                .where(col(Slot.id) == slot_id, col(Slot.status) == SlotStatus.FREE)
                .values(channel=channel, opens_at=opens, version=col(Slot.version) + 1)
            )


def _opens(work: Work, clinic: Schedule, channel: Channel, starts_at: datetime, release: time) -> datetime | None:
    return opens_at(
        channel,
        on=clinic.on,
        starts_at=starts_at,
        release=release,
        referral_returns_days=work.rules.referral_returns_days,
        onsite_returns_minutes=work.rules.onsite_returns_minutes,
    )


def _add(work: Work, clinic: Schedule, plan: _Plan, release: time) -> int:
    ends = dict(
        work.session.execute(
            select(col(Slot.starts_at), func.max(Slot.ends_at))
            .where(col(Slot.schedule_id) == clinic.id)
            .group_by(col(Slot.starts_at))
        ).all()
    )
    last = work.session.scalar(select(func.max(Slot.seq)).where(col(Slot.schedule_id) == clinic.id)) or 0
    rows = [
        slot_row(
            work,
            schedule_id=clinic.id or 0,
            seq=0,
            hours=(starts_at, ends[starts_at]),
            channel=channel,
            on=clinic.on,
            release=release,
        )
        for starts_at, each in plan.items()
        for channel in each.add
    ]
    for place, row in enumerate(rows):
        row["seq"] = last + 1 + place
    if rows:
        work.session.execute(insert(SQLModel.metadata.tables["slot"]), rows)
    return len(rows)


def _release(work: Work, department_code: str) -> time:
    department = work.session.get(Department, department_code)
    return (department.release_time if department else None) or work.rules.release


def _effect(
    plans: Sequence[_Plan], clinics: Sequence[Schedule], booked: dict[int, int], entry: TemplateEntry
) -> Effect:
    refits = [each for plan in plans for each in plan.values()]
    return Effect(
        clinics=len(clinics),
        booked=sum(booked.values()),
        added=sum(len(each.add) for each in refits),
        removed=sum(len(each.remove) for each in refits),
        stuck=sum(each.stuck for each in refits),
        kept=sum(_keeps(clinic, entry, booked) for clinic in clinics),
    )


def _keeps(clinic: Schedule, entry: TemplateEntry, booked: dict[int, int]) -> bool:
    hours = clinic_hours(clinic.on, starts=entry.starts, ends=entry.ends) != (clinic.starts_at, clinic.ends_at)
    place = (clinic.room, clinic.service_type) != (entry.room, entry.service_type)
    return hours or (place and clinic.id in booked)
