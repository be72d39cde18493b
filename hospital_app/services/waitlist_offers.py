"""候补递补: a number that came free is held for who is first in the line; whoever is told has it already.

Nobody else can take it meanwhile (slots.takeable): a late sweep makes the line wait, and changes nothing in its order.
"""

from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.calendar import local
from hospital_app.domain.errors import Refusal
from hospital_app.domain.waitlist import TERMINAL, EntryAction, EntryStatus, offer_until
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.changing import WaitlistEntry
from hospital_app.services import (
    change_notices,
    eligible,
    grid,
    his_outbox,
    pending,
    releasing,
    slots,
    waitlist_priority,
)
from hospital_app.services.waitlist import waiting_in_line
from hospital_app.services.waitlist_ends import change
from hospital_app.services.waitlist_notices import tell_without_number
from hospital_app.work import Work


def due(work: Work, *, limit: int) -> list[tuple[str, date]]:
    """Lines for which there is a number."""
    rows = work.session.execute(
        select(col(WaitlistEntry.provider), col(WaitlistEntry.on))
        .join(Schedule, _same_line())
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(
            col(WaitlistEntry.status) == EntryStatus.WAITING,
            col(WaitlistEntry.closes_at) > work.now,
            slots.offerable(work.now),
            *grid.bookable(work),
        )
        .distinct()
        .limit(limit)
    )
    return [(provider, on) for provider, on in rows]


def offer(work: Work, *, provider: str, on: date) -> bool:
    """Hold the first number of this day for the first in its line; False if there is none, or nobody."""
    slot_id = work.session.scalar(
        select(col(Slot.id))
        .join(Schedule, col(Schedule.id) == col(Slot.schedule_id))
        .where(
            col(Schedule.provider) == provider, col(Schedule.on) == on, slots.offerable(work.now), *grid.bookable(work)
        )
        .order_by(col(Slot.starts_at), col(Slot.seq))
        .limit(1)
    )
    if slot_id is None:
        return False
    slot = slots.lock(work, [slot_id])[slot_id]
    releasing.vacate(work, slot=slot)
    first = _first(work, provider, on)
    if first is None or first.id is None:
        return False
    try:
        eligible.check(work, account_id=first.account_id, patient_id=first.patient_id)
    except Refusal:
        return _bar(work, first)
    if pending.live_with(work, patient_id=first.patient_id, provider=provider, on=on) is not None:
        return _bar(work, first)
    until = offer_until(work.rules, now=work.now, on=on)
    if slot.status != SlotStatus.FREE or not slots.keep(work, slot_id=slot_id, held_until=until):
        return False
    _hand_over(work, first, slot)
    return True


def clear_over(work: Work, *, limit: int) -> int:
    """Everybody whose line is closed, the evening before or by 停诊, is told so; how many."""
    gone = 0
    for row in work.session.scalars(_to_clear(work).limit(limit)).all():
        if change(work, entry_id=row.id or 0, action=EntryAction.CLEAR, ended_at=work.now):
            tell_without_number(work, entry=row)
            gone += 1
    return gone


def _hand_over(work: Work, entry: WaitlistEntry, slot: Slot) -> None:
    schedule = work.session.get_one(Schedule, slot.schedule_id)
    until = offer_until(work.rules, now=work.now, on=entry.on)
    appointment = pending.write(
        work,
        schedule=schedule,
        slot=slot,
        account_id=entry.account_id,
        patient_id=entry.patient_id,
        held_until=until,
        terminal=TERMINAL,
    )
    change(
        work,
        entry_id=entry.id or 0,
        action=EntryAction.OFFER,
        offered_at=work.now,
        offer_until=until,
        appointment_no=appointment.no,
    )
    waitlist_priority.use(work, entry=entry)
    his_outbox.queue_appointment(work, appointment_id=appointment.id or 0)
    work.later("hold.expire", run_at=until, nos=[appointment.no])
    change_notices.tell(
        work,
        account_id=entry.account_id,
        kind="waitlist-offer",
        appointment_no=appointment.no,
        at=f"{local(slot.starts_at):%m-%d %H:%M}",
        until=f"{local(until):%m-%d %H:%M}",
    )
    work.record("hold", f"appointment:{appointment.no}", schedule_id=slot.schedule_id, seq=slot.seq, waitlist=entry.id)
    work.hint(f"schedule:{slot.schedule_id}", f"appointment:{appointment.no}", "today", slots.FREED)


def _first(work: Work, provider: str, on: date) -> WaitlistEntry | None:
    """The next of the line, locked: offers of one line are made one after the other."""
    return work.session.scalars(
        select(WaitlistEntry)
        .where(*waiting_in_line(work, provider, on))
        .order_by(col(WaitlistEntry.precedence), col(WaitlistEntry.id))
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _bar(work: Work, entry: WaitlistEntry) -> bool:
    """Who cannot be booked for leaves the line, and does not hold it up."""
    if change(work, entry_id=entry.id or 0, action=EntryAction.CLEAR, ended_at=work.now):
        tell_without_number(work, entry=entry, kind="waitlist-barred")
    return True


def _to_clear(work: Work) -> Select[WaitlistEntry]:
    open_clinic = exists().where(_same_line(), ~col(Schedule.suspended))
    return (
        select(WaitlistEntry)
        .where(
            col(WaitlistEntry.status) == EntryStatus.WAITING,
            (col(WaitlistEntry.closes_at) <= work.now) | ~open_clinic,
        )
        .order_by(col(WaitlistEntry.id))
        .with_for_update(skip_locked=True)
    )


def _same_line() -> ColumnElement[bool]:
    return and_(col(Schedule.provider) == col(WaitlistEntry.provider), col(Schedule.on) == col(WaitlistEntry.on))
