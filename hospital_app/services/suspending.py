"""停诊: a clinic's numbers close in one transaction, and nobody is left behind in it.

Who was paying is let go (money that still comes goes back in full); who has paid may choose (displaced.py). Every
number is locked before anything is decided, so that whoever takes or pays for one is wholly before or wholly after.
"""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import change
from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.change import DisplacementStatus
from hospital_app.domain.errors import Refusal
from hospital_app.domain.ticket import TICKET_MOVES, TicketAction, TicketStatus
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import Displacement
from hospital_app.models.waiting import Ticket
from hospital_app.services import change_notices, displaced, limits, messages, releasing, slots
from hospital_app.services.waiting_line import Line, lock_line
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Suspension:
    """How many were let go while paying, may choose now, and had checked in already and were refunded at once."""

    ended: int
    displaced: int
    refunded: int


def suspend(work: Work, *, schedule_id: int, change_id: int | None) -> Suspension:
    """Close one clinic that is not over; whoever calls this has checked who may.

    Raises Refusal `clinic_over`, `suspended`, `being_seen`.
    """
    _lock_counts(work, schedule_id)
    slots.lock(work, _numbers(work, schedule_id))
    waiting = lock_line(work, schedule_id=schedule_id)
    schedule = waiting.schedule
    change.check_ahead(now=work.now, ends_at=schedule.ends_at)
    if schedule.suspended:
        raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    if waiting.current is not None:
        raise Refusal("being_seen", "诊室里还有患者，请先结束接诊再停诊。")
    work.change(update(Schedule).where(col(Schedule.id) == schedule_id).values(suspended=True))
    ended = _end_holds(work, schedule)
    _close_free(work, schedule_id)
    refunded = _see_off(work, waiting, change_id=change_id)
    waiting_to_choose = _displace(work, schedule, change_id=change_id)
    work.record(
        "schedule.suspended",
        f"schedule:{schedule_id}",
        ended=ended,
        displaced=waiting_to_choose,
        refunded=refunded,
    )
    work.hint(f"schedule:{schedule_id}", f"queue:{schedule_id}", f"area:{schedule.area_code}", "today")
    return Suspension(ended, waiting_to_choose, refunded)


def _lock_counts(work: Work, schedule_id: int) -> None:
    """The counters of those who are paying come first in the lock order; who comes in later is counted later."""
    held = work.session.execute(
        select(col(Appointment.account_id), col(Appointment.patient_id), col(Appointment.created_at)).where(
            col(Appointment.schedule_id) == schedule_id, col(Appointment.status) == Status.PENDING
        )
    ).all()
    limits.lock_counts(
        work,
        (
            (subject, clinic_day(created_at))
            for account_id, patient_id, created_at in held
            for subject in limits.subjects(account_id=account_id, patient_id=patient_id)
        ),
    )


def _numbers(work: Work, schedule_id: int) -> list[int | None]:
    """Every number of the clinic, and those elsewhere that its patients hold for a dearer reschedule."""
    own = work.session.scalars(select(col(Slot.id)).where(col(Slot.schedule_id) == schedule_id)).all()
    held = work.session.scalars(
        select(col(Appointment.next_slot_id)).where(
            col(Appointment.schedule_id) == schedule_id, col(Appointment.next_slot_id).is_not(None)
        )
    ).all()
    return [*own, *held]


def _end_holds(work: Work, schedule: Schedule) -> int:
    paying = work.session.execute(
        select(col(Appointment.id), col(Appointment.account_id), col(Appointment.no))
        .where(col(Appointment.schedule_id) == schedule.id, col(Appointment.status) == Status.PENDING)
        .order_by(col(Appointment.id))
    ).all()
    for appointment_id, account_id, no in paying:
        releasing.lapse(work, appointment_id=appointment_id or 0, reason=CancelReason.SUSPENDED, deadline=None)
        messages.tell(work, account_id=account_id, kind="suspended-unpaid", appointment_no=no)
    movers = work.session.scalars(
        select(col(Appointment.id))
        .outerjoin(Slot, col(Slot.id) == col(Appointment.next_slot_id))
        .where(
            col(Appointment.next_slot_id).is_not(None),
            (col(Slot.schedule_id) == schedule.id) | (col(Appointment.schedule_id) == schedule.id),
        )
        .order_by(col(Appointment.id))
    ).all()
    for appointment_id in movers:
        if appointment_id is not None:
            releasing.drop_next_slot(work, appointment_id=appointment_id)
    return len(paying)


def _close_free(work: Work, schedule_id: int) -> None:
    work.change(
        update(Slot)
        .where(col(Slot.schedule_id) == schedule_id, col(Slot.status) == SlotStatus.FREE)
        .values(status=SlotStatus.BLOCKED, version=col(Slot.version) + 1)
    )


def _see_off(work: Work, waiting: Line, *, change_id: int | None) -> int:
    """Who has checked in stands in a line that nobody will call: the money goes back at once, priority stays."""
    leaving = TICKET_MOVES[TicketAction.LEAVE]
    for ticket in waiting.tickets:
        if TicketStatus(ticket.status) in leaving.sources:
            work.change(
                update(Ticket)
                .where(col(Ticket.id) == ticket.id, col(Ticket.status) == ticket.status)
                .values(status=leaving.to, done_at=work.now)
            )
    arrived = _of(work, waiting.schedule, Status.CHECKED_IN)
    for appointment in arrived:
        _displacement(work, waiting.schedule, appointment, change_id, DisplacementStatus.REFUNDED)
        displaced.cancel_in_full(work, appointment=appointment)
        change_notices.tell(
            work, account_id=appointment.account_id, kind="suspended-today", appointment_no=appointment.no
        )
    return len(arrived)


def _displace(work: Work, schedule: Schedule, *, change_id: int | None) -> int:
    booked = _of(work, schedule, Status.BOOKED)
    for appointment in booked:
        row = _displacement(work, schedule, appointment, change_id, DisplacementStatus.OPEN)
        change_notices.tell(
            work,
            account_id=appointment.account_id,
            kind="displaced",
            appointment_no=appointment.no,
            at=f"{local(appointment.starts_at):%m-%d %H:%M}",
            until=f"{local(row.decide_until):%m-%d %H:%M}",
        )
        work.hint(f"appointment:{appointment.no}")
    return len(booked)


def _displacement(
    work: Work, schedule: Schedule, appointment: Appointment, change_id: int | None, status: DisplacementStatus
) -> Displacement:
    """One row an appointment: whoever was moved to a clinic that is suspended as well chooses again."""
    known = work.session.scalar(select(Displacement).where(col(Displacement.appointment_id) == appointment.id))
    row = Displacement(
        id=known.id if known else None,
        appointment_id=appointment.id or 0,
        change_id=change_id,
        account_id=appointment.account_id,
        patient_id=appointment.patient_id,
        provider=schedule.provider,
        department_code=schedule.department_code,
        status=status,
        created_at=work.now,
        decide_until=change.decide_until(work.rules, now=work.now, starts_at=schedule.starts_at),
        decided_at=None if status is DisplacementStatus.OPEN else work.now,
        priority_until=change.priority_until(work.rules, now=work.now),
    )
    return work.session.merge(row)


def _of(work: Work, schedule: Schedule, status: Status) -> list[Appointment]:
    return list(
        work.session.scalars(
            select(Appointment)
            .where(col(Appointment.schedule_id) == schedule.id, col(Appointment.status) == status)
            .order_by(col(Appointment.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
