"""候诊屏：what hangs in a waiting area for everybody to read. Masked names, or none at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.masking import shows_names
from hospital_app.domain.ticket import IN_LINE, IN_ROOM, TicketStatus
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.models.identity import Patient
from hospital_app.models.waiting import Ticket
from hospital_app.services.waiting_line import Line
from hospital_app.work import Work

NEXT_SHOWN = 2
DISPLAYS = frozenset({Role.KIOSK, Role.CLERK})


@dataclass(frozen=True, slots=True)
class Shown:
    """A number and a masked name; the name is empty where being seen in the department says too much."""

    label: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class RoomView:
    room: str
    doctor: str  # name and title; empty for a pooled clinic
    department: str
    current: Shown | None
    next: tuple[Shown, ...]
    waiting: int
    missed: tuple[str, ...]  # numbers called in vain


@dataclass(frozen=True, slots=True)
class Call:
    """One call to announce. `key` is new for every call and recall."""

    key: str
    label: str
    name: str
    room: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AreaScreen:
    """候诊屏. `calls`: who is called and not in the room yet, newest first.

    `check_in_code` proves to a phone that it stands here, so only the hospital's own displays are told it.
    """

    area_code: str
    area_name: str
    location: str
    check_in_code: str
    rooms: tuple[RoomView, ...]
    calls: tuple[Call, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class AreaSummary:
    code: str
    name: str
    location: str


def areas(work: Work) -> list[AreaSummary]:
    """Every waiting area that has a screen."""
    rows = work.session.scalars(select(Area).order_by(col(Area.code)))
    return [AreaSummary(area.code, area.name, area.location) for area in rows]


def area_screen(work: Work, *, area_code: str) -> AreaScreen:
    """What the screen of this area shows now. Public: it holds nothing that may not hang on a wall."""
    area = work.session.get(Area, area_code)
    if area is None:
        raise not_found("这个候诊区")
    schedules = _on_now(work, area_code)
    tickets = _tickets(work, schedules)
    names = _names(work, [t for rows in tickets.values() for t in rows])
    departments = _departments(work, schedules)
    doctors = _doctors(work, schedules)
    rooms: list[RoomView] = []
    calls: list[Call] = []
    for schedule in _one_per_room(schedules, tickets, work.now):
        line = Line(schedule, tuple(tickets.get(schedule.id or 0, ())))
        named = names if shows_names(schedule.department_code) else {}
        rooms.append(_room(line, named, departments, doctors))
        calls += [_call(t, named) for t in line.tickets if t.status == TicketStatus.CALLED]
    return AreaScreen(
        area_code=area.code,
        area_name=area.name,
        location=area.location,
        check_in_code=area.check_in_code if work.actor.role in DISPLAYS else "",
        rooms=tuple(rooms),
        calls=tuple(sorted(calls, key=lambda c: (c.at, c.key), reverse=True)),
        as_of=work.now,
    )


def _on_now(work: Work, area_code: str) -> list[Schedule]:
    """Today's clinics of the area that take patients now, or still have some."""
    opens = timedelta(minutes=work.rules.check_in_opens_minutes)
    grace = timedelta(minutes=work.rules.session_grace_minutes)
    found = work.session.scalars(
        select(Schedule)
        .where(
            col(Schedule.on) == clinic_day(work.now),
            col(Schedule.area_code) == area_code,
            col(Schedule.suspended).is_(False),
            col(Schedule.starts_at) <= work.now + opens,
            col(Schedule.ends_at) > work.now - grace,
        )
        .order_by(col(Schedule.room), col(Schedule.starts_at), col(Schedule.id))
    )
    return list(found)


def _tickets(work: Work, schedules: Sequence[Schedule]) -> dict[int, list[Ticket]]:
    rows: dict[int, list[Ticket]] = {}
    query = select(Ticket).where(
        col(Ticket.schedule_id).in_([schedule.id for schedule in schedules]),
        col(Ticket.status).in_([status.value for status in IN_LINE | IN_ROOM]),
    )
    for ticket in work.session.scalars(query.execution_options(populate_existing=True)):
        rows.setdefault(ticket.schedule_id, []).append(ticket)
    return rows


def _one_per_room(schedules: Sequence[Schedule], tickets: dict[int, list[Ticket]], now: datetime) -> list[Schedule]:
    """Two clinics may share a room around noon: the one with somebody in it, else with a line, else the later."""
    best: dict[str, tuple[tuple[bool, bool, bool, datetime], Schedule]] = {}
    for schedule in schedules:
        rows = tickets.get(schedule.id or 0, [])
        busy = any(TicketStatus(t.status) in IN_ROOM for t in rows)
        weight = (busy, schedule.starts_at <= now < schedule.ends_at, bool(rows), schedule.starts_at)
        if schedule.room not in best or weight > best[schedule.room][0]:
            best[schedule.room] = (weight, schedule)
    return [schedule for _, schedule in best.values()]


def _names(work: Work, tickets: Sequence[Ticket]) -> dict[int, str]:
    """Masked name of each ticket, by its id."""
    query = (
        select(col(Ticket.id), col(Patient.name_masked))
        .join(Appointment, col(Appointment.id) == col(Ticket.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(col(Ticket.id).in_([t.id for t in tickets]))
    )
    return {ticket_id: name for ticket_id, name in work.session.execute(query) if ticket_id is not None}


def _departments(work: Work, schedules: Sequence[Schedule]) -> dict[str, str]:
    codes = {s.department_code for s in schedules}
    found = work.session.scalars(select(Department).where(col(Department.code).in_(codes)))
    return {department.code: department.name for department in found}


def _doctors(work: Work, schedules: Sequence[Schedule]) -> dict[int, str]:
    ids = {s.doctor_id for s in schedules if s.doctor_id is not None}
    found = work.session.scalars(select(Doctor).where(col(Doctor.id).in_(ids)))
    return {doctor.id: f"{doctor.name} {doctor.title}" for doctor in found if doctor.id is not None}


def _room(line: Line, names: dict[int, str], departments: dict[str, str], doctors: dict[int, str]) -> RoomView:
    schedule = line.schedule
    waiting = line.waiting
    return RoomView(
        room=schedule.room,
        doctor=doctors.get(schedule.doctor_id or 0, ""),
        department=departments.get(schedule.department_code, ""),
        current=_shown(line.current, names) if line.current else None,
        next=tuple(_shown(ticket, names) for ticket in waiting[:NEXT_SHOWN]),
        waiting=len(waiting),
        missed=tuple(t.label for t in waiting if t.status == TicketStatus.MISSED),
    )


def _shown(ticket: Ticket, names: dict[int, str]) -> Shown:
    return Shown(ticket.label, names.get(ticket.id or 0, ""), ticket.status)


def _call(ticket: Ticket, names: dict[int, str]) -> Call:
    at = ticket.called_at or ticket.checked_in_at
    return Call(
        key=f"{ticket.id}-{int(at.timestamp())}",
        label=ticket.label,
        name=names.get(ticket.id or 0, ""),
        room=ticket.room,
        at=at,
    )
