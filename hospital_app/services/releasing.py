"""释放: holds that end unpaid, by time or by wish. Every path gives the number back exactly once."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.payment import PaymentStatus
from hospital_app.domain.waitlist import TERMINAL
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment
from hospital_app.models.types import UtcDateTime
from hospital_app.services import his_outbox, limits, slots, waitlist_ends
from hospital_app.work import Deed, Owed, Work


def lapse_stale(work: Work, *, account_ids: Collection[int], patient_ids: Collection[int]) -> None:
    """End holds of these accounts and persons that are over, so that a late worker refuses nobody."""
    whose = {"account_ids": list(account_ids), "patient_ids": list(patient_ids)}
    stale = work.columns(_STALE, {**whose, "now": work.now})
    if stale:
        lapse_all(work, appointment_ids=[row.id for row in stale], reason=CancelReason.EXPIRED, deadline=work.now)


def _overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Appointment.status) == Status.PENDING, col(Appointment.held_until) <= now


_STALE = select(col(Appointment.id)).where(
    or_(
        col(Appointment.account_id).in_(bindparam("account_ids", expanding=True, literal_execute=True)),
        col(Appointment.patient_id).in_(bindparam("patient_ids", expanding=True, literal_execute=True)),
    ),
    *_overdue(cast("datetime", bindparam("now", type_=UtcDateTime()))),
)


def lapse(work: Work, *, appointment_id: int, reason: CancelReason, deadline: datetime | None) -> bool:
    """Pending → cancelled and its number free; False if that had happened already or is not due.

    `deadline`: only if the hold ended by then; None: at once (the patient let go).
    """
    return bool(lapse_all(work, appointment_ids=[appointment_id], reason=reason, deadline=deadline))


def lapse_all(
    work: Work, *, appointment_ids: Sequence[int | None], reason: CancelReason, deadline: datetime | None
) -> list[str]:
    """The same for many; the numbers of those for which this call did it."""
    due = [col(Appointment.status) == Status.PENDING]
    if deadline is not None:
        due.append(col(Appointment.held_until) <= deadline)
    seen = _read(work, col(Appointment.id).in_(appointment_ids), *due)
    if not seen:
        return []
    limits.lock_counts(work, (counted for row in seen for counted in _counted(row)))
    slots.lock_only(work, [row.slot_id for row in seen])
    # Whoever was quicker has ended some of them meanwhile: those that are still pending are ours.
    ours = _read(work, col(Appointment.id).in_([row.id for row in seen]), *due, locked=True)
    ids = [row.id for row in ours]
    if not ids:
        return []
    work.change(
        update(Appointment)
        .where(col(Appointment.id).in_(ids), *due)
        .values(
            status=Status.CANCELLED,
            cancel_reason=reason,
            cancelled_at=work.now,
            version=col(Appointment.version) + 1,
        )
    )
    slots.free_all(work, slot_ids=[row.slot_id for row in ours], source=SlotStatus.HELD)
    waitlist_ends.follow_end(work, nos=[row.no for row in ours if row.terminal == TERMINAL], reason=reason)
    _uncount(work, [row for row in ours if row.terminal != TERMINAL], reason)
    _close_open_payments(work, appointment_ids=ids)
    his_outbox.queue_appointments(work, appointment_ids=ids)
    work.record_all([Deed(work.actor, reason.value, f"appointment:{row.no}", {}) for row in ours])
    work.hint("today", *(f"schedule:{row.schedule_id}" for row in ours), *(f"appointment:{row.no}" for row in ours))
    return [row.no for row in ours]


def vacate(work: Work, *, slot: Slot) -> None:
    """Before somebody takes over a number whose hold is over: end what still claims it.

    The slot is locked, and read afresh at the end.
    """
    if slot.status == SlotStatus.HELD and slot.id is not None:
        vacate_all(work, slot_ids=[slot.id])


def vacate_all(work: Work, *, slot_ids: Collection[int]) -> dict[int, Slot]:
    """The same for many, all of them held: as they are afterwards."""
    stale = work.session.scalars(
        select(col(Appointment.id)).where(
            col(Appointment.slot_id).in_(slot_ids), col(Appointment.status) == Status.PENDING
        )
    ).all()
    if stale:
        lapse_all(work, appointment_ids=stale, reason=CancelReason.EXPIRED, deadline=work.now)
    movers = work.session.scalars(select(col(Appointment.id)).where(col(Appointment.next_slot_id).in_(slot_ids)))
    for mover in movers.all():
        if mover is not None:
            drop_next_slot(work, appointment_id=mover)
    return slots.lock(work, slot_ids)


def drop_next_slot(work: Work, *, appointment_id: int) -> bool:
    """Give up the number held for a dearer reschedule; the appointment itself stays as it was."""
    seen = work.session.get_one(Appointment, appointment_id, populate_existing=True)
    if seen.next_slot_id is None:
        return False
    slot_id = seen.next_slot_id
    locked = slots.lock(work, [slot_id])
    done = work.change(
        update(Appointment)
        .where(col(Appointment.id) == appointment_id, col(Appointment.next_slot_id) == slot_id)
        .values(next_slot_id=None)
    )
    if done != 1:
        return False
    slots.free(work, slot_id=slot_id, source=SlotStatus.HELD)
    close_open_payments(work, appointment_id=appointment_id)
    his_outbox.queue_appointment(work, appointment_id=appointment_id, more_slot_ids=(slot_id,))
    work.record("reschedule.dropped", f"appointment:{seen.no}")
    work.hint(f"schedule:{locked[slot_id].schedule_id}", f"appointment:{seen.no}")
    return True


def close_open_payments(work: Work, *, appointment_id: int) -> None:
    """Ask the channel, after the commit, to stop accepting money for this appointment.

    A failed payment is as open as a pending one: the channel lets the payer try the same order again.
    """
    _close_open_payments(work, appointment_ids=[appointment_id])


def _close_open_payments(work: Work, *, appointment_ids: Sequence[int | None]) -> None:
    open_numbers = work.session.scalars(
        select(col(Payment.no))
        .where(
            col(Payment.appointment_id).in_(appointment_ids),
            col(Payment.status).in_([PaymentStatus.PENDING.value, PaymentStatus.FAILED.value]),
        )
        .order_by(col(Payment.id))
    )
    work.later_all([Owed("payment.close", {"payment_no": no}) for no in open_numbers])


def expire(work: Work, *, no: str) -> bool:
    """The job of one hold's deadline. Quietly False when there is nothing to do (any more, or yet)."""
    return bool(expire_all(work, nos=[no]))


def expire_all(work: Work, *, nos: Collection[str]) -> list[str]:
    """Of these holds end those whose time is up."""
    ids = work.session.scalars(select(col(Appointment.id)).where(col(Appointment.no).in_(nos))).all()
    return lapse_all(work, appointment_ids=ids, reason=CancelReason.EXPIRED, deadline=work.now) if ids else []


def expire_due(work: Work, *, limit: int) -> list[str]:
    """The sweep: end up to `limit` of the holds that are overdue, whichever job was lost."""
    ids = work.session.scalars(
        select(col(Appointment.id)).where(*_overdue(work.now)).order_by(col(Appointment.held_until)).limit(limit)
    ).all()
    return lapse_all(work, appointment_ids=ids, reason=CancelReason.EXPIRED, deadline=work.now) if ids else []


def overdue_movers(work: Work, *, limit: int) -> list[int]:
    """Appointments whose dearer new number is overdue."""
    over = exists().where(  # not a join: SQLite would begin with all numbers there are, instead of the few movers
        col(Slot.id) == col(Appointment.next_slot_id),
        col(Slot.status) == SlotStatus.HELD,
        col(Slot.held_until) <= work.now,
    )
    movers = work.session.scalars(
        select(col(Appointment.id)).where(col(Appointment.next_slot_id).is_not(None), over).limit(limit)
    )
    return [mover for mover in movers if mover is not None]


def expire_next_slot(work: Work, *, appointment_id: int) -> bool:
    """The deadline of a dearer reschedule: only if it is really over."""
    seen = work.session.get_one(Appointment, appointment_id, populate_existing=True)
    if seen.next_slot_id is None:
        return False
    slot = slots.lock(work, [seen.next_slot_id])[seen.next_slot_id]
    if slot.held_until is None or slot.held_until > work.now:
        return False
    return drop_next_slot(work, appointment_id=appointment_id)


@dataclass(frozen=True, slots=True)
class _Hold:
    """What must be known of a hold to end it."""

    id: int
    no: str
    account_id: int
    patient_id: int
    schedule_id: int
    slot_id: int
    terminal: str
    created_at: datetime


_HOLD = tuple(col(getattr(Appointment, name)) for name in _Hold.__dataclass_fields__)


def _read(work: Work, *conditions: ColumnElement[bool], locked: bool = False) -> list[_Hold]:
    query = select(*_HOLD).where(*conditions).order_by(col(Appointment.id))
    return [_Hold(*row) for row in work.session.execute(query.with_for_update() if locked else query)]


def _counted(held: _Hold) -> list[tuple[str, date]]:
    """Whose counters a hold stands in, and of which day."""
    on = clinic_day(held.created_at)
    return [(who, on) for who in limits.subjects(account_id=held.account_id, patient_id=held.patient_id)]


def _uncount(work: Work, ended: Sequence[_Hold], reason: CancelReason) -> None:
    counted = [each for row in ended for each in _counted(row)]
    if reason is not CancelReason.SUSPENDED:
        limits.count_lapses(work, counted)
        return
    for on in sorted({on for _, on in counted}):
        limits.give_back(work, unused=Counter(who for who, day in counted if day == on), on=on)
