"""叫号：next, call, recall, start, skip, finish. A line changes only under its schedule's lock."""

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import MOVES, Action, Status
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.ledger import Income
from hospital_app.domain.machine import move
from hospital_app.domain.ticket import TICKET_MOVES, TicketAction, TicketStatus, key_after_skip
from hospital_app.models.booking import Appointment
from hospital_app.models.waiting import Ticket
from hospital_app.services import his_outbox, ledger
from hospital_app.services.desk import Desk, choose, desk, own_schedules
from hospital_app.services.waiting_line import Line, changed, lock_line, place_of
from hospital_app.work import Work


def next_patient(work: Work, *, after: int | None, schedule_id: int | None = None) -> Desk:
    """完成并叫下一位. `after`: the ticket that the doctor saw as current, None for nobody.

    If somebody else is current by now (a second press, a second window), nothing changes and the desk is returned.
    """
    chosen = choose(work, own_schedules(work), schedule_id=schedule_id)
    if chosen is None or chosen.id is None:
        raise not_found("今天的门诊")
    waiting = lock_line(work, schedule_id=chosen.id)
    current = waiting.current
    if (current.id if current else None) != after:
        return desk(work, schedule_id=chosen.id)
    if current is not None:
        complete(work, waiting, current)
    line = waiting.waiting
    if line:
        _call(work, waiting, line[0])
    return desk(work, schedule_id=chosen.id)


def call(work: Work, *, ticket_id: int) -> Desk:
    """呼叫 one particular patient; the room must be empty."""
    waiting, ticket = _own(work, ticket_id=ticket_id)
    move(TICKET_MOVES, TicketStatus(ticket.status), TicketAction.CALL, work.actor.role)
    if waiting.current is not None:
        raise Refusal("room_busy", "请先完成当前患者或按过号处理，再呼叫这一位。")
    _call(work, waiting, ticket)
    return desk(work, schedule_id=waiting.schedule.id)


def recall(work: Work, *, ticket_id: int) -> Desk:
    """重呼, at most three calls, each a minute after the last."""
    waiting, ticket = _own(work, ticket_id=ticket_id)
    move(TICKET_MOVES, TicketStatus(ticket.status), TicketAction.RECALL, work.actor.role)
    if ticket.calls >= work.rules.calls_before_missed:
        raise Refusal("called_enough", "已经呼叫 {calls} 次，请按过号处理。", params={"calls": ticket.calls})
    elapsed = (work.now - ticket.called_at).total_seconds() if ticket.called_at else 0
    left = work.rules.recall_gap_seconds - int(elapsed)
    if left > 0:
        raise Refusal(
            "recall_too_soon", "{seconds} 秒后可以再次呼叫。", params={"seconds": left}, extra={"seconds": left}
        )
    _move(work, waiting, ticket, TicketAction.RECALL, calls=ticket.calls + 1, called_at=work.now)
    return desk(work, schedule_id=waiting.schedule.id)


def start(work: Work, *, ticket_id: int) -> Desk:
    """开始接诊: the patient has come in."""
    waiting, ticket = _own(work, ticket_id=ticket_id)
    _move(work, waiting, ticket, TicketAction.START, started_at=work.now)
    return desk(work, schedule_id=waiting.schedule.id)


def skip(work: Work, *, ticket_id: int) -> Desk:
    """过号: back some places; from the third time on to the end of the line."""
    waiting, ticket = _own(work, ticket_id=ticket_id)
    misses = ticket.misses + 1
    key = key_after_skip(
        waiting.places,
        skipped=place_of(ticket),
        misses=misses,
        back=work.rules.missed_back_places,
        last_at=work.rules.missed_last_at,
    )
    _move(work, waiting, ticket, TicketAction.SKIP, misses=misses, order_key=key)
    return desk(work, schedule_id=waiting.schedule.id)


def finish(work: Work, *, ticket_id: int) -> Desk:
    """就诊完成, without calling anybody."""
    waiting, ticket = _own(work, ticket_id=ticket_id)
    complete(work, waiting, ticket)
    return desk(work, schedule_id=waiting.schedule.id)


def complete(work: Work, waiting: Line, ticket: Ticket) -> None:
    """The visit took place: the ticket is done, the appointment fulfilled, the HIS told."""
    _move(work, waiting, ticket, TicketAction.FINISH, done_at=work.now)
    appointment = work.session.get_one(Appointment, ticket.appointment_id, populate_existing=True)
    target = move(MOVES, Status(appointment.status), Action.FULFIL, work.actor.role)
    done = work.session.execute(
        update(Appointment)
        .where(col(Appointment.id) == appointment.id, col(Appointment.status) == Status.CHECKED_IN)
        .values(status=target, fulfilled_at=work.now, version=col(Appointment.version) + 1)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _moved_on()
    ledger.earn(work, appointment=appointment, income=Income.REGISTRATION)
    his_outbox.queue_appointment(work, appointment_id=ticket.appointment_id)


def _call(work: Work, waiting: Line, ticket: Ticket) -> None:
    _move(work, waiting, ticket, TicketAction.CALL, calls=1, called_at=work.now, started_at=None)


def _own(work: Work, *, ticket_id: int) -> tuple[Line, Ticket]:
    """A ticket of one of this doctor's lines, and that line, locked; anybody else's ticket is `not_found`."""
    own = {schedule.id for schedule in own_schedules(work)}
    schedule_id = work.session.scalar(select(col(Ticket.schedule_id)).where(col(Ticket.id) == ticket_id))
    if schedule_id is None or schedule_id not in own:
        raise not_found("这位患者")
    waiting = lock_line(work, schedule_id=schedule_id)
    ticket = next((t for t in waiting.tickets if t.id == ticket_id), None)
    if ticket is None:
        raise not_found("这位患者")
    return waiting, ticket


def _move(work: Work, waiting: Line, ticket: Ticket, action: TicketAction, **values: object) -> None:
    """Move a ticket under its line's lock, and tell the screens."""
    status = TicketStatus(ticket.status)
    target = move(TICKET_MOVES, status, action, work.actor.role)
    done = work.session.execute(
        update(Ticket)
        .where(col(Ticket.id) == ticket.id, col(Ticket.status) == status)
        .values(status=target, **values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise _moved_on()
    work.session.refresh(ticket)
    no = work.session.scalar(select(col(Appointment.no)).where(col(Appointment.id) == ticket.appointment_id))
    work.record(f"ticket.{action.value}", f"appointment:{no}", room=ticket.room, label=ticket.label)
    changed(work, schedule=waiting.schedule, appointment_no=no or "")


def _moved_on() -> Refusal:
    return Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
