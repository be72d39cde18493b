"""今日接诊：what a doctor sees of the own clinics of today. Full names, since they sit face to face."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import forbidden, not_found
from hospital_app.domain.machine import open_actions
from hospital_app.domain.ticket import IN_LINE, IN_ROOM, TICKET_MOVES, TicketAction, TicketStatus
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.models.identity import Patient
from hospital_app.models.waiting import Ticket
from hospital_app.services.waiting_line import Line, read_line
from hospital_app.work import Work

#: Appointments that belong on a doctor's list: paid for and not cancelled.
LISTED = (Status.BOOKED, Status.CHECKED_IN, Status.FULFILLED, Status.NOSHOW)


@dataclass(frozen=True, slots=True)
class Clinic:
    """One of the clinics that this doctor may open today."""

    schedule_id: int
    session: str
    room: str
    department_name: str
    service_type: str
    starts_at: datetime
    ends_at: datetime
    pooled: bool


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One patient of the list. `status`: the ticket's, else the appointment's ("booked", "noshow").

    `places` counts who will be called before; `actions` are those of TICKET_MOVES open to this actor now.
    """

    ticket_id: int | None
    no: str
    label: str
    name: str
    gender: str
    age: int | None
    starts_at: datetime
    returning: bool
    status: str
    misses: int
    calls: int
    places: int
    checked_in_at: datetime | None
    called_at: datetime | None
    started_at: datetime | None
    done_at: datetime | None
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """The list in order: in the room, the line, not arrived, done. `clinic` is None on a day without one."""

    doctor_name: str
    doctor_title: str
    on: date
    area_name: str
    clinics: tuple[Clinic, ...]
    clinic: Clinic | None
    rows: tuple[DeskRow, ...]
    current: DeskRow | None
    next: DeskRow | None
    waiting: int
    missed: int
    done: int
    absent: int
    as_of: datetime


def desk(work: Work, *, schedule_id: int | None = None) -> Desk:
    """Today's list of one clinic; without `schedule_id` the one that is on now."""
    doctor_id = doctor_of(work)
    schedules = own_schedules(work)
    chosen = choose(work, schedules, schedule_id=schedule_id)
    doctor = work.session.get_one(Doctor, doctor_id)
    names = _department_names(work, schedules)
    clinics = tuple(_clinic(schedule, names) for schedule in schedules)
    waiting = read_line(work, schedule_id=chosen.id or 0) if chosen else None
    rows = tuple(_rows(work, waiting)) if waiting else ()
    area = work.session.get(Area, chosen.area_code) if chosen else None
    statuses = [row.status for row in rows]
    return Desk(
        doctor_name=doctor.name,
        doctor_title=doctor.title,
        on=clinic_day(work.now),
        area_name=area.name if area else "",
        clinics=clinics,
        clinic=_clinic(chosen, names) if chosen else None,
        rows=rows,
        current=next((row for row in rows if row.status in IN_ROOM), None),
        next=next((row for row in rows if row.status in IN_LINE), None),
        waiting=statuses.count(TicketStatus.WAITING),
        missed=statuses.count(TicketStatus.MISSED),
        done=statuses.count(TicketStatus.DONE),
        absent=statuses.count(Status.BOOKED.value),
        as_of=work.now,
    )


def doctor_of(work: Work) -> int:
    """Who works at this desk; raises Refusal for anybody but a doctor."""
    authority.check(work.actor, Right.WORK_DESK)
    if work.actor.doctor_id is None:
        raise forbidden()
    return work.actor.doctor_id


def own_schedules(work: Work) -> list[Schedule]:
    """Today's clinics of this doctor, and the pooled ones of the own department: any of its doctors may sit there."""
    doctor_id = doctor_of(work)
    pooled = (col(Schedule.doctor_id).is_(None)) & (col(Schedule.department_code) == (work.actor.department_code or ""))
    return list(
        work.session.scalars(
            select(Schedule)
            .where(
                col(Schedule.on) == clinic_day(work.now),
                or_(col(Schedule.doctor_id) == doctor_id, pooled),
                col(Schedule.suspended).is_(False),
            )
            .order_by(col(Schedule.doctor_id).is_(None), col(Schedule.starts_at), col(Schedule.id))
        )
    )


def choose(work: Work, schedules: Sequence[Schedule], *, schedule_id: int | None) -> Schedule | None:
    """The clinic asked for (`not_found` if it is not this doctor's), else the first that is not over, else the last."""
    if schedule_id is not None:
        found = next((s for s in schedules if s.id == schedule_id), None)
        if found is None:
            raise not_found("这个诊室")
        return found
    own = [s for s in schedules if s.doctor_id is not None] or list(schedules)
    return next((s for s in own if s.ends_at > work.now), own[-1] if own else None)


def _rows(work: Work, waiting: Line) -> list[DeskRow]:
    tickets = {ticket.appointment_id: ticket for ticket in waiting.tickets}
    turns = {ticket.id: turn for turn, ticket in enumerate(waiting.waiting)}
    found = work.session.execute(
        select(Appointment, Patient)
        .join(Patient, col(Appointment.patient_id) == col(Patient.id))
        .where(
            col(Appointment.schedule_id) == waiting.schedule.id,
            col(Appointment.status).in_([status.value for status in LISTED]),
        )
        .execution_options(populate_existing=True)
    ).all()
    known = _seen_before(work, waiting.schedule, [patient.id for _, patient in found if patient.id is not None])
    rows = []
    for appointment, patient in found:
        ticket = tickets.get(appointment.id or 0)
        turn = turns.get(ticket.id) if ticket else None
        row = _row(work, appointment, patient, ticket, places=turn or 0, returning=patient.id in known)
        rows.append((_order(row, appointment, turn), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _order(row: DeskRow, appointment: Appointment, turn: int | None) -> tuple[int, float, int]:
    if row.status in IN_ROOM:
        return (0, 0, appointment.seq)
    if turn is not None:
        return (1, turn, appointment.seq)
    if row.status == Status.BOOKED:
        return (2, appointment.starts_at.timestamp(), appointment.seq)
    return (3, -row.done_at.timestamp() if row.done_at else 0, appointment.seq)


def _row(
    work: Work, appointment: Appointment, patient: Patient, ticket: Ticket | None, *, places: int, returning: bool
) -> DeskRow:
    actions: frozenset[TicketAction] = frozenset()
    if ticket is not None:
        actions = open_actions(TICKET_MOVES, TicketStatus(ticket.status), work.actor.role)
    return DeskRow(
        ticket_id=ticket.id if ticket else None,
        no=appointment.no,
        label=ticket.label if ticket else str(appointment.seq),
        name=patient.name,
        gender=patient.gender,
        age=_age(patient.born_on, appointment.on),
        starts_at=appointment.starts_at,
        returning=returning,
        status=ticket.status if ticket else appointment.status,
        misses=ticket.misses if ticket else 0,
        calls=ticket.calls if ticket else 0,
        places=places,
        checked_in_at=ticket.checked_in_at if ticket else None,
        called_at=ticket.called_at if ticket else None,
        started_at=ticket.started_at if ticket else None,
        done_at=ticket.done_at if ticket else None,
        actions=tuple(sorted(action.value for action in actions)),
    )


def _seen_before(work: Work, schedule: Schedule, patient_ids: Sequence[int]) -> set[int]:
    """复诊：who was seen in this department before today."""
    query = select(col(Appointment.patient_id)).where(
        col(Appointment.patient_id).in_(patient_ids),
        col(Appointment.status) == Status.FULFILLED,
        col(Appointment.department_code) == schedule.department_code,
        col(Appointment.on) < schedule.on,
    )
    return set(work.session.scalars(query.distinct()))


def _department_names(work: Work, schedules: Sequence[Schedule]) -> dict[str, str]:
    codes = {schedule.department_code for schedule in schedules}
    found = work.session.scalars(select(Department).where(col(Department.code).in_(codes)))
    return {department.code: department.name for department in found}


def _clinic(schedule: Schedule, names: dict[str, str]) -> Clinic:
    return Clinic(
        schedule_id=schedule.id or 0,
        session=schedule.session,
        room=schedule.room,
        department_name=names.get(schedule.department_code, ""),
        service_type=schedule.service_type,
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
        pooled=schedule.doctor_id is None,
    )


def _age(born_on: date | None, today: date) -> int | None:
    if born_on is None:
        return None
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
