"""闸门的真相: what the database has of clinics, for the gate to be built from. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.gate_truth import ClinicTruth, OpenNumber
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import WaitlistEntry
from hospital_app.models.operation import IdempotencyKey
from hospital_app.work import Work

#: Clinics that open so soon are known to the gate before the crowd comes.
OPENING_SOON = timedelta(seconds=90)
OPENED_LATELY = timedelta(seconds=10)
OPENING_AT_ONCE = 500


def clinics(work: Work, *, schedule_ids: Sequence[int]) -> list[ClinicTruth]:
    """Those of these that exist."""
    schedules = work.session.execute(
        select(col(Schedule.id), col(Schedule.released_at), col(Schedule.suspended)).where(
            col(Schedule.id).in_(schedule_ids)
        )
    ).all()
    periods: dict[int, dict[datetime, datetime]] = {row.id: {} for row in schedules}
    numbers: dict[int, list[OpenNumber]] = {row.id: [] for row in schedules}
    lines = _lines(work, list(periods))
    cutoff = timedelta(minutes=work.rules.same_day_cutoff_minutes)
    slots = work.session.execute(
        select(
            col(Slot.schedule_id),
            col(Slot.starts_at),
            col(Slot.ends_at),
            col(Slot.seq),
            col(Slot.id),
            col(Slot.status),
            col(Slot.held_until),
            col(Slot.opens_at),
        ).where(col(Slot.schedule_id).in_(list(periods)))
    )
    for schedule_id, starts_at, ends_at, seq, slot_id, status, held_until, opens_at in slots:
        periods[schedule_id][starts_at] = ends_at - cutoff
        if status == SlotStatus.FREE or (status == SlotStatus.HELD and held_until is not None):
            waits = (held_until if status == SlotStatus.HELD else None, opens_at, lines.get(schedule_id))
            until = [at for at in waits if at is not None]
            numbers[schedule_id].append(OpenNumber(starts_at, seq, slot_id or 0, max(until, default=None)))
    keys = _keys(work, list(periods))
    return [
        ClinicTruth(row.id, row.released_at, row.suspended, periods[row.id], tuple(numbers[row.id]), keys[row.id])
        for row in schedules
    ]


def opening_soon(work: Work) -> list[int]:
    """Clinics whose numbers are released about now."""
    near = col(Schedule.released_at).between(work.now - OPENED_LATELY, work.now + OPENING_SOON)
    days = work.rules.horizon_days
    about = col(Schedule.on).between((work.now - timedelta(days=1)).date(), (work.now + timedelta(days=days)).date())
    found = work.session.scalars(select(col(Schedule.id)).where(about, near).limit(OPENING_AT_ONCE))
    return [schedule_id for schedule_id in found if schedule_id is not None]


def _lines(work: Work, schedule_ids: list[int]) -> dict[int, datetime]:
    """候补: until when the numbers of these clinics are for those who wait in line, as slots.awaited says."""
    rows = work.session.execute(
        select(col(Schedule.id), func.max(col(WaitlistEntry.closes_at)))
        .join(
            WaitlistEntry,
            and_(
                col(WaitlistEntry.provider) == col(Schedule.provider),
                col(WaitlistEntry.on) == col(Schedule.on),
                col(WaitlistEntry.status) == EntryStatus.WAITING,
                col(WaitlistEntry.closes_at) > work.now,
            ),
        )
        .where(col(Schedule.id).in_(schedule_ids))
        .group_by(col(Schedule.id))
    )
    return {schedule_id: closes for schedule_id, closes in rows if schedule_id is not None}


def _keys(work: Work, schedule_ids: list[int]) -> dict[int, tuple[tuple[int, str], ...]]:
    found: dict[int, list[tuple[int, str]]] = {schedule_id: [] for schedule_id in schedule_ids}
    rows = work.session.execute(
        select(col(Appointment.schedule_id), col(IdempotencyKey.account_id), col(IdempotencyKey.key))
        .join(
            IdempotencyKey,
            and_(
                col(IdempotencyKey.account_id) == col(Appointment.account_id),
                col(IdempotencyKey.appointment_no) == col(Appointment.no),
            ),
        )
        .where(col(Appointment.schedule_id).in_(schedule_ids))
    )
    for schedule_id, account_id, key in rows:
        found[schedule_id].append((account_id, key))
    return {schedule_id: tuple(keys) for schedule_id, keys in found.items()}
