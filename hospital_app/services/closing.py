"""班次结束：whoever was not seen by the end of a clinic leaves its line; who never came is a no-show."""

from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlmodel import col

from hospital_app.domain.appointment import MOVES, Action, Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import Income
from hospital_app.domain.machine import move
from hospital_app.domain.ticket import TICKET_MOVES, TicketAction, TicketStatus
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.models.identity import Patient
from hospital_app.models.waiting import Ticket
from hospital_app.services import his_outbox, ledger, locked, onsite
from hospital_app.services.calling import complete
from hospital_app.services.waiting_line import changed, lock_line
from hospital_app.work import Work

#: How far back a clinic may be found open: longer than any outage of the workers.
LOOK_BACK_DAYS = 14


def due(work: Work) -> list[int]:
    """Schedules that are over and still have somebody to see off."""
    today = clinic_day(work.now)
    days = [today - timedelta(days=n) for n in range(LOOK_BACK_DAYS)]
    grace_over = work.now - timedelta(minutes=work.rules.session_grace_minutes)
    query = (
        select(col(Schedule.id))
        .join(Appointment, col(Appointment.schedule_id) == col(Schedule.id))
        .where(
            col(Appointment.on).in_(days),
            ~col(Schedule.suspended),  # 停诊: nobody missed anything
            or_(
                (col(Appointment.status) == Status.BOOKED) & (col(Schedule.ends_at) <= work.now),
                (col(Appointment.status) == Status.CHECKED_IN) & (col(Schedule.ends_at) <= grace_over),
            ),
        )
        .distinct()
    )
    return sorted(found for found in work.session.scalars(query) if found is not None)


def close_session(work: Work, *, schedule_id: int) -> int:
    """See off who is left of one ended clinic; how many. Doing it twice changes nothing more.

    Who never came is a no-show at once. Who checked in keeps the chance to be called for the grace after the end,
    since doctors run late; then whoever is in the room counts as seen, everybody else has left.
    """
    waiting = lock_line(work, schedule_id=schedule_id)
    schedule = waiting.schedule
    if work.now < schedule.ends_at:
        return 0
    count = 0
    if work.now >= schedule.ends_at + timedelta(minutes=work.rules.session_grace_minutes):
        for ticket in waiting.tickets:
            if ticket.status == TicketStatus.SERVING:
                complete(work, waiting, ticket)
                count += 1
        count += sum(_leave(work, ticket) for ticket in waiting.tickets)
    for appointment in _open_appointments(work, schedule_id):
        if appointment.status == Status.BOOKED or _has_left(work, appointment):
            count += _miss(work, appointment)
            changed(work, schedule=schedule, appointment_no=appointment.no)
    return count


def miss_unpaid(work: Work, *, appointment_id: int) -> bool:
    """到院付：the half hour is over and nobody has paid at the window; False if that is not so (any more, or yet)."""
    appointment = locked.appointment(work, appointment_id=appointment_id)
    if appointment.status != Status.BOOKED or appointment.ends_at > work.now:
        return False
    if onsite.due(work, appointment_id=appointment_id) is None or not _miss(work, appointment):
        return False
    changed(
        work,
        schedule=work.session.get_one(Schedule, appointment.schedule_id),
        appointment_no=appointment.no,
    )
    return True


def _leave(work: Work, ticket: Ticket) -> int:
    if TicketStatus(ticket.status) not in TICKET_MOVES[TicketAction.LEAVE].sources:
        return 0
    target = move(TICKET_MOVES, TicketStatus(ticket.status), TicketAction.LEAVE, work.actor.role)
    done = work.session.execute(
        update(Ticket)
        .where(col(Ticket.id) == ticket.id, col(Ticket.status) == ticket.status)
        .values(status=target, done_at=work.now)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _open_appointments(work: Work, schedule_id: int) -> list[Appointment]:
    query = (
        select(Appointment)
        .where(
            col(Appointment.schedule_id) == schedule_id,
            col(Appointment.status).in_([Status.BOOKED.value, Status.CHECKED_IN.value]),
        )
        .order_by(col(Appointment.id))
    )
    return list(work.session.scalars(query.execution_options(populate_existing=True)))


def _has_left(work: Work, appointment: Appointment) -> bool:
    status = work.session.scalar(select(col(Ticket.status)).where(col(Ticket.appointment_id) == appointment.id))
    return status == TicketStatus.LEFT


def _miss(work: Work, appointment: Appointment) -> int:
    status = Status(appointment.status)
    target = move(MOVES, status, Action.MISS, work.actor.role)
    done = work.session.execute(
        update(Appointment)
        .where(
            col(Appointment.id) == appointment.id,
            col(Appointment.status) == status,
            col(Appointment.version) == appointment.version,
        )
        .values(status=target, version=col(Appointment.version) + 1)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return 0
    onsite.drop(work, appointment_id=appointment.id)
    ledger.earn(work, appointment=appointment, income=Income.NO_SHOW)
    his_outbox.queue_appointment(work, appointment_id=appointment.id or 0)
    work.record("noshow", f"appointment:{appointment.no}")
    _bar(work, appointment)
    return 1


def _bar(work: Work, appointment: Appointment) -> None:
    """Three no-shows in 90 days bar a person for 90 days. Who waited and was never called is not to blame."""
    rules = work.rules
    since = appointment.on - timedelta(days=rules.noshow_window_days)
    missed = work.session.scalar(
        select(func.count())
        .select_from(Appointment)
        .outerjoin(Ticket, col(Ticket.appointment_id) == col(Appointment.id))
        .where(
            col(Appointment.patient_id) == appointment.patient_id,
            col(Appointment.status) == Status.NOSHOW,
            col(Appointment.on) > since,
            or_(col(Ticket.id).is_(None), col(Ticket.calls) > 0),
        )
    )
    if (missed or 0) < rules.noshow_limit:
        return
    until = work.now + timedelta(days=rules.noshow_penalty_days)
    work.session.execute(
        update(Patient)
        .where(col(Patient.id) == appointment.patient_id)
        .values(noshow_banned_until=until)
        .execution_options(synchronize_session=False)
    )
    work.record("noshow.barred", f"patient:{appointment.patient_id}", until=until.isoformat())
