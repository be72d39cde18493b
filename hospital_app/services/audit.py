"""The invariants, counted by the database. An empty answer means that every one of them holds."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlmodel import col

from hospital_app.domain.appointment import LIVE, SlotStatus, Status
from hospital_app.domain.change import DisplacementStatus
from hospital_app.domain.payment import RefundStatus
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import Displacement, WaitlistEntry
from hospital_app.models.finance import CashierShift
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.models.waiting import Ticket
from hospital_app.services.ledger_audit import (
    closed_days_stay_as_they_were,
    entries_balance,
    fees_are_entered,
    kept_money_is_earned,
    payments_are_entered,
    refunds_are_entered,
    trial_balance_is_zero,
)
from hospital_app.services.money_audit import (
    booked_appointments_are_paid,
    captured_money_is_kept_or_refunded,
    refunds_go_through,
    settlements_fit_their_payments,
)
from hospital_app.services.slots import offerable
from hospital_app.work import Work

GRACE_SECONDS = 5
LATE_SECONDS = 120  # the round of who did not choose in time comes every few seconds
LISTED = 20  # broken rows named per invariant
_LIVE = [status.value for status in LIVE]
_SETTLED = [status.value for status in LIVE - {Status.PENDING}]


def broken(work: Work) -> list[str]:
    """One line for each thing that is not as it must be."""
    return [line for check in CHECKS for line in check(work)]


def slots_sum_to_capacity(work: Work) -> Iterator[str]:
    """free + held + booked + blocked = capacity + overbooked, for every schedule."""
    query = (
        select(
            col(Schedule.id),
            col(Schedule.capacity),
            func.count(col(Slot.id)).label("slots"),
            func.coalesce(func.sum(col(Slot.overbooked)), 0).label("extra"),
        )
        .outerjoin(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .group_by(col(Schedule.id), col(Schedule.capacity))
        .having(func.count(col(Slot.id)) != col(Schedule.capacity) + func.coalesce(func.sum(col(Slot.overbooked)), 0))
    )
    for row in work.session.execute(query.limit(LISTED)):
        yield f"schedule {row.id}: {row.slots} numbers, {row.capacity} planned + {row.extra} overbooked"


def busy_slots_have_one_owner(work: Work) -> Iterator[str]:
    """Busy ⇔ a settled live appointment stands on it; held ⇔ a pending one, or a dearer reschedule's new number."""
    owner = (
        select(func.count(col(Appointment.id)))
        .where(col(Appointment.slot_id) == col(Slot.id), col(Appointment.status).in_(_SETTLED))
        .scalar_subquery()
    )
    query = select(col(Slot.id)).where(col(Slot.status) == SlotStatus.BUSY, owner != 1)
    yield from _each(work, query, "busy number {} has not exactly one live appointment")
    claimed = (
        select(func.count(col(Appointment.id)))
        .where(
            or_(
                and_(col(Appointment.slot_id) == col(Slot.id), col(Appointment.status) == Status.PENDING),
                col(Appointment.next_slot_id) == col(Slot.id),
            )
        )
        .scalar_subquery()
    )
    query = select(col(Slot.id)).where(col(Slot.status) == SlotStatus.HELD, claimed != 1)
    yield from _each(work, query, "held number {} has not exactly one holder")


def live_appointments_have_their_slot(work: Work) -> Iterator[str]:
    """A settled live appointment's number is busy; a pending one's is held."""
    query = (
        select(col(Appointment.no))
        .join(Slot, col(Appointment.slot_id) == col(Slot.id))
        .where(
            or_(
                and_(col(Appointment.status).in_(_SETTLED), col(Slot.status) != SlotStatus.BUSY),
                and_(col(Appointment.status) == Status.PENDING, col(Slot.status) != SlotStatus.HELD),
                col(Appointment.schedule_id) != col(Slot.schedule_id),
                col(Appointment.seq) != col(Slot.seq),
                col(Appointment.starts_at) != col(Slot.starts_at),
            )
        )
    )
    yield from _each(work, query, "appointment {} does not have its number")


def one_live_per_slot(work: Work) -> Iterator[str]:
    query = (
        select(col(Appointment.slot_id))
        .where(col(Appointment.status).in_(_LIVE))
        .group_by(col(Appointment.slot_id))
        .having(func.count(col(Appointment.id)) > 1)
    )
    yield from _each(work, query, "number {} is sold more than once")


def one_live_per_patient_provider_day(work: Work) -> Iterator[str]:
    query = (
        select(col(Appointment.patient_id), col(Appointment.provider_day))
        .where(col(Appointment.status).in_(_LIVE))
        .group_by(col(Appointment.patient_id), col(Appointment.provider_day))
        .having(func.count(col(Appointment.id)) > 1)
    )
    for row in work.session.execute(query.limit(LISTED)):
        yield f"patient {row.patient_id} has more than one live appointment with {row.provider_day}"


def nothing_is_overdue(work: Work) -> Iterator[str]:
    """No hold stands longer than its deadline + 5 s: a living worker or sweep would have ended it."""
    limit = work.now - timedelta(seconds=GRACE_SECONDS)
    numbers = select(col(Slot.id)).where(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) <= limit)
    yield from _each(work, numbers, "held number {} is overdue")
    query = select(col(Appointment.no)).where(
        col(Appointment.status) == Status.PENDING, col(Appointment.held_until) <= limit
    )
    yield from _each(work, query, "hold {} is overdue")


def tickets_belong_to_their_appointments(work: Work) -> Iterator[str]:
    """Whoever waits is checked in; whoever is checked in has a ticket."""
    query = (
        select(col(Appointment.no))
        .outerjoin(Ticket, col(Ticket.appointment_id) == col(Appointment.id))
        .where(col(Appointment.status) == Status.CHECKED_IN, col(Ticket.id).is_(None))
    )
    yield from _each(work, query, "appointment {} is checked in without a place in the line")


def suspended_clinics_keep_nobody(work: Work) -> Iterator[str]:
    """停诊: who still has a number there is somebody who may choose."""
    choosing = exists().where(
        col(Displacement.appointment_id) == col(Appointment.id), col(Displacement.status) == DisplacementStatus.OPEN
    )
    query = (
        select(col(Appointment.no))
        .join(Schedule, col(Schedule.id) == col(Appointment.schedule_id))
        .where(
            col(Schedule.suspended),
            or_(
                col(Appointment.status).in_([Status.BOOKED.value, Status.CHECKED_IN.value]),
                and_(col(Appointment.status) == Status.PENDING, col(Appointment.held_until) > work.now),
            ),
            ~choosing,
        )
    )
    yield from _each(work, query, "appointment {} was left behind in a suspended clinic")
    late = work.now - timedelta(seconds=LATE_SECONDS)
    query = (
        select(col(Appointment.no))
        .join(Displacement, col(Displacement.appointment_id) == col(Appointment.id))
        .where(col(Displacement.status) == DisplacementStatus.OPEN, col(Displacement.decide_until) <= late)
    )
    yield from _each(work, query, "displaced appointment {} should have been refunded by itself")


def free_numbers_go_to_the_line(work: Work) -> Iterator[str]:
    """No number lies free while somebody has been waiting for it for longer than a sweep takes."""
    limit = work.now - timedelta(seconds=GRACE_SECONDS)
    clinic = and_(col(WaitlistEntry.provider) == col(Schedule.provider), col(WaitlistEntry.on) == col(Schedule.on))
    lately = exists().where(
        col(Appointment.slot_id) == col(Slot.id),
        or_(col(Appointment.cancelled_at) > limit, col(Appointment.held_until) > limit),
    )
    waited = and_(
        clinic,
        col(WaitlistEntry.status) == EntryStatus.WAITING,
        col(WaitlistEntry.created_at) <= limit,
        col(WaitlistEntry.closes_at) > work.now,
    )
    query = (
        select(col(Slot.id))
        .join(Schedule, col(Slot.schedule_id) == col(Schedule.id))
        .where(
            exists().where(waited),
            offerable(work.now),
            or_(col(Slot.opens_at).is_(None), col(Slot.opens_at) <= limit),
            ~col(Schedule.suspended),
            col(Schedule.released_at) <= limit,
            ~lately,
        )
    )
    yield from _each(work, query, "number {} is free while somebody waits for it")


def offers_have_their_number(work: Work) -> Iterator[str]:
    """Whoever was offered a number has it: a pending appointment of the same person."""
    query = (
        select(col(WaitlistEntry.id))
        .outerjoin(
            Appointment,
            and_(
                col(Appointment.no) == col(WaitlistEntry.appointment_no),
                col(Appointment.patient_id) == col(WaitlistEntry.patient_id),
                col(Appointment.status) == Status.PENDING,
            ),
        )
        .where(col(WaitlistEntry.status) == EntryStatus.OFFERED, col(Appointment.id).is_(None))
    )
    yield from _each(work, query, "waitlist entry {} is offered a number that is not held for it")


def closed_shifts_have_the_sums_of_their_rows(work: Work) -> Iterator[str]:
    """交班: what was collected and paid out in a shift that is closed is what its payments and refunds say."""
    taken, given = (func.coalesce(func.sum(amount), 0) for amount in (col(Payment.cash_fen), col(Refund.amount_fen)))
    collected = select(taken).where(col(Payment.shift_id) == col(CashierShift.id))
    refunded = select(given).where(
        col(Refund.shift_id) == col(CashierShift.id), col(Refund.status) == RefundStatus.DONE
    )
    query = select(col(CashierShift.id)).where(
        col(CashierShift.closed_at).is_not(None),
        or_(
            col(CashierShift.collected_fen) != collected.scalar_subquery(),
            col(CashierShift.refunded_fen) != refunded.scalar_subquery(),
        ),
    )
    yield from _each(work, query, "shift {} does not add up")


def nothing_was_given_up(work: Work) -> Iterator[str]:
    """No effect is owed to the outside world that a worker gave up."""
    query = select(col(OutboxRow.id)).where(col(OutboxRow.failed_at).is_not(None))
    yield from _each(work, query, "outbox row {} was refused for good: see its last_error")


CHECKS: tuple[Callable[[Work], Iterator[str]], ...] = (
    slots_sum_to_capacity,
    busy_slots_have_one_owner,
    live_appointments_have_their_slot,
    one_live_per_slot,
    one_live_per_patient_provider_day,
    captured_money_is_kept_or_refunded,
    booked_appointments_are_paid,
    entries_balance,
    trial_balance_is_zero,
    payments_are_entered,
    refunds_are_entered,
    fees_are_entered,
    kept_money_is_earned,
    closed_days_stay_as_they_were,
    settlements_fit_their_payments,
    refunds_go_through,
    nothing_is_overdue,
    tickets_belong_to_their_appointments,
    suspended_clinics_keep_nobody,
    free_numbers_go_to_the_line,
    offers_have_their_number,
    closed_shifts_have_the_sums_of_their_rows,
    nothing_was_given_up,
)


def _each(work: Work, query: "Select[int | None] | Select[str] | Select[int]", text: str) -> Iterator[str]:
    for found in work.session.scalars(query.limit(LISTED)):
        yield text.format(found)
