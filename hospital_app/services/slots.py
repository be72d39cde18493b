"""Taking and freeing numbers. Every statement decides in the database and is judged by its rowcount."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.schedule import Channel
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.changing import WaitlistEntry
from hospital_app.models.types import UtcDateTime
from hospital_app.services.late_returns import opening_times
from hospital_app.work import Work

#: A number came free: of which clinics, the other hints say.
FREED = "freed"


def takeable(now: datetime) -> ColumnElement[bool]:
    """Free, or held by somebody whose time is up, open to everybody, and nobody is in line for it: comparisons, never
    a job having run.
    """
    return and_(vacant(now), or_(col(Slot.opens_at).is_(None), col(Slot.opens_at) <= now), ~awaited(now))


def offerable(now: datetime) -> ColumnElement[bool]:
    """What may be given to who is first in the line: also a number that returns later only for everybody else."""
    opened = or_(col(Slot.opens_at).is_(None), col(Slot.opens_at) <= now, col(Slot.channel) == Channel.ONLINE)
    return and_(vacant(now), opened, ~col(Slot.overbooked))


@lru_cache(maxsize=64)  # all holds of one second ask the same
def awaited(now: datetime) -> ColumnElement[bool]:
    """Somebody waits for a number of this provider on this day (候补), so that it is nobody else's, however it came
    free: nobody can be quicker than the offer. A line that is closed keeps nothing, although nobody has cleared it.
    """
    clinic = aliased(Schedule)
    return (
        select(col(WaitlistEntry.id))
        .join(clinic, and_(col(WaitlistEntry.provider) == clinic.provider, col(WaitlistEntry.on) == clinic.on))
        .where(
            col(clinic.id) == col(Slot.schedule_id),
            col(WaitlistEntry.status) == EntryStatus.WAITING,
            col(WaitlistEntry.closes_at) > now,
        )
        .correlate(Slot)
        .exists()
    )


def vacant(now: datetime) -> ColumnElement[bool]:
    """Nobody's, whomever it may be kept for."""
    return or_(
        col(Slot.status) == SlotStatus.FREE, and_(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) <= now)
    )


def pick(work: Work, *, schedule_id: int, starts_at: datetime, count: int) -> list[Slot]:
    """Lock up to `count` takeable numbers of a period, lowest first.

    Rows that others have locked are skipped; only if that leaves too few although more look takeable does this
    wait for them, so that nobody is refused because of a transaction that rolls back.
    """
    wanted = (
        select(Slot)
        .where(col(Slot.schedule_id) == schedule_id, col(Slot.starts_at) == starts_at, takeable(work.now))
        .order_by(col(Slot.seq))
        .limit(count)
        .execution_options(populate_existing=True)
    )
    got = list(work.session.scalars(wanted.with_for_update(skip_locked=True)))
    if len(got) < count and len(list(work.session.scalars(wanted))) > len(got):
        got = list(work.session.scalars(wanted.with_for_update()))
    return got


def candidates(work: Work, *, schedule_id: int, starts_at: datetime, count: int) -> list[int]:
    """Ids of takeable numbers, read without a lock: to be locked in order, then checked again."""
    query = (
        select(col(Slot.id))
        .where(col(Slot.schedule_id) == schedule_id, col(Slot.starts_at) == starts_at, takeable(work.now))
        .order_by(col(Slot.seq))
        .limit(count)
    )
    return [found for found in work.session.scalars(query) if found is not None]


def lock(work: Work, ids: Iterable[int | None]) -> dict[int, Slot]:
    """Lock these numbers in ascending order (the house's lock order) and read them afresh."""
    wanted = sorted({i for i in ids if i is not None})
    query = select(Slot).where(col(Slot.id).in_(wanted)).order_by(col(Slot.id))
    rows = work.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {row.id: row for row in rows if row.id is not None}


def lock_only(work: Work, ids: Collection[int]) -> None:
    """The same without reading them."""
    work.session.execute(select(col(Slot.id)).where(col(Slot.id).in_(ids)).order_by(col(Slot.id)).with_for_update())


def take(work: Work, *, slot: Slot, held_until: datetime) -> bool:
    """Hold a number that was just locked; False if it is not takeable. The row in hand then says so, too."""
    done = work.change(
        update(Slot)
        .where(col(Slot.id) == slot.id, col(Slot.version) == slot.version, takeable(work.now))
        .values(status=SlotStatus.HELD, held_until=held_until, version=col(Slot.version) + 1)
    )
    if done != 1:
        return False
    for name, value in (
        ("status", SlotStatus.HELD.value),
        ("held_until", held_until),
        ("version", slot.version + 1),
    ):
        set_committed_value(slot, name, value)
    return True


def keep(work: Work, *, slot_id: int, held_until: datetime) -> bool:
    """Hold a number for who is first in the line, though others wait for it as well."""
    done = work.change(
        update(Slot)
        .where(col(Slot.id) == slot_id, offerable(work.now))
        .values(status=SlotStatus.HELD, held_until=held_until, version=col(Slot.version) + 1)
    )
    return done == 1


def settle(work: Work, *, slot_id: int) -> bool:
    """Held → busy: paid for. The caller holds the live appointment's lock, so the number is still its own."""
    return _move(work, slot_id=slot_id, source=SlotStatus.HELD, target=SlotStatus.BUSY)


def occupy(work: Work, *, slot_id: int) -> bool:
    """Takeable → busy at once: money that came after the hold had ended."""
    done = work.change(
        update(Slot)
        .where(col(Slot.id) == slot_id, takeable(work.now))
        .values(status=SlotStatus.BUSY, held_until=None, version=col(Slot.version) + 1)
    )
    return done == 1


def free(work: Work, *, slot_id: int, source: SlotStatus) -> bool:
    """Give a number back: free again, or blocked if its clinic is suspended by now or it was one person's (加号)."""
    return free_all(work, slot_ids=[slot_id], source=source) == 1


def free_all(work: Work, *, slot_ids: Collection[int], source: SlotStatus) -> int:
    """The same for many; how many. Those that an alert touches open to everybody a little later (随机返池)."""
    late = opening_times(work, slot_ids=slot_ids)
    moments = {slot_id: literal(at, UtcDateTime()) for slot_id, at in late.items()}
    opens = {"opens_at": case(moments, value=col(Slot.id), else_=col(Slot.opens_at))} if late else {}
    suspended = select(col(Schedule.suspended)).where(col(Schedule.id) == col(Slot.schedule_id)).scalar_subquery()
    done = work.change(
        update(Slot)
        .where(col(Slot.id).in_(slot_ids), col(Slot.status) == source)
        .values(
            status=case((or_(suspended, col(Slot.overbooked)), SlotStatus.BLOCKED.value), else_=SlotStatus.FREE.value),
            held_until=None,
            version=col(Slot.version) + 1,
            **opens,
        )
    )
    if done:
        work.hint(FREED)
    return done


def _move(work: Work, *, slot_id: int, source: SlotStatus, target: SlotStatus) -> bool:
    done = work.change(
        update(Slot)
        .where(col(Slot.id) == slot_id, col(Slot.status) == source)
        .values(status=target, held_until=None, version=col(Slot.version) + 1)
    )
    return done == 1
