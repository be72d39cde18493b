"""运行总览：today in numbers. Few grouped statements, the same on MySQL and SQLite."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.ticket import IN_LINE, IN_ROOM, TicketStatus
from hospital_app.domain.waiting_time import median_minutes
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.hospital import Area, Department
from hospital_app.models.waiting import Ticket
from hospital_app.services import takings
from hospital_app.services.slots import vacant
from hospital_app.services.tallies import count_if, total_by_span, within
from hospital_app.work import Work

#: The hours of a day that its charts show; what lies outside counts into the first or the last.
FIRST_HOUR, LAST_HOUR = 7, 20
#: Paid for and not cancelled.
KEPT = (Status.BOOKED, Status.CHECKED_IN, Status.FULFILLED, Status.NOSHOW)


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    """One department today. `used`: paid for and not cancelled; `capacity` counts suspended clinics out."""

    code: str
    name: str
    capacity: int
    used: int
    free: int
    held: int
    percent: float


@dataclass(frozen=True, slots=True)
class HourFigures:
    """One hour of today: how many were booked for it, how many arrived in it."""

    hour: int
    booked: int
    arrived: int


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One waiting line of a department in an area: whole minutes waited so far."""

    department: str
    area: str
    waiting: int
    in_room: int
    median_minutes: int
    longest_minutes: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """今日概况. Slots: free + held + booked + blocked = capacity. Money in fen, by the day it moved."""

    scope: str  # name of the department, empty for the whole hospital
    capacity: int
    free: int
    held: int
    taken: int
    blocked: int
    booked: int
    checked_in: int
    fulfilled: int
    noshow: int
    cancelled: int
    used_percent: float
    waiting: int
    in_room: int
    median_wait_minutes: int
    revenue_fen: int
    payments: int
    refund_fen: int
    refunds: int
    departments: tuple[DepartmentFigures, ...]
    hours: tuple[HourFigures, ...]
    queues: tuple[QueueFigures, ...]
    as_of: datetime


def scope_of(work: Work) -> str | None:
    """None: the whole hospital; else the code of the one department that this admin may see."""
    return authority.own_department(work.actor, Right.SEE_FIGURES)


def dashboard(work: Work) -> Dashboard:
    """Today's numbers: of the hospital for its admin, of the own department for a department's."""
    scope = scope_of(work)
    today = clinic_day(work.now)
    departments, slots = _slots(work, today, scope)
    statuses = _statuses(work, today, scope)
    queues, waits, in_room = _queues(work, today, scope)
    revenue, refund = takings.of_day(work, on=today, scope=scope)
    used = sum(d.used for d in departments)
    capacity = sum(d.capacity for d in departments)
    return Dashboard(
        scope=next((d.name for d in departments), "") if scope else "",
        **slots,
        booked=statuses.get(Status.BOOKED, 0),
        checked_in=statuses.get(Status.CHECKED_IN, 0),
        fulfilled=statuses.get(Status.FULFILLED, 0),
        noshow=statuses.get(Status.NOSHOW, 0),
        cancelled=statuses.get(Status.CANCELLED, 0),
        used_percent=_percent(used, capacity),
        waiting=len(waits),
        in_room=in_room,
        median_wait_minutes=median_minutes(waits),
        revenue_fen=revenue.fen,
        payments=revenue.number,
        refund_fen=refund.fen,
        refunds=refund.number,
        departments=tuple(departments),
        hours=tuple(_hours(work, today, scope)),
        queues=tuple(queues),
        as_of=work.now,
    )


def _slots(work: Work, today: date, scope: str | None) -> tuple[list[DepartmentFigures], dict[str, int]]:
    """Numbers by department and by what they are now: a hold whose time is up is free, and so is a kept one."""
    held = and_(col(Slot.status) == SlotStatus.HELD, col(Slot.held_until) > work.now)
    query = (
        select(
            col(Schedule.department_code),
            func.count(),
            count_if(vacant(work.now)),
            count_if(held),
            count_if(col(Slot.status) == SlotStatus.BUSY),
        )
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(col(Schedule.on) == today, *within(col(Schedule.department_code), scope))
        .group_by(col(Schedule.department_code))
    )
    rows = work.session.execute(query).all()
    names = {
        department.code: department.name
        for department in work.session.scalars(
            select(Department).where(col(Department.code).in_([row[0] for row in rows] or [scope or ""]))
        )
    }
    figures, totals = [], {"capacity": 0, "free": 0, "held": 0, "taken": 0, "blocked": 0}
    for code, every, free, kept, taken in rows:
        blocked = every - free - kept - taken
        for key, number in zip(totals, (every, free, kept, taken, blocked), strict=True):
            totals[key] += int(number)
        open_numbers = int(every - blocked)
        figures.append(
            DepartmentFigures(
                code,
                names.get(code, code),
                open_numbers,
                int(taken),
                int(free),
                int(kept),
                _percent(taken, open_numbers),
            )
        )
    return sorted(figures, key=lambda d: (-d.percent, d.code)), totals


def _statuses(work: Work, today: date, scope: str | None) -> dict[str, int]:
    query = (
        select(col(Appointment.status), func.count())
        .where(col(Appointment.on) == today, *within(col(Appointment.department_code), scope))
        .group_by(col(Appointment.status))
    )
    return {str(row[0]): int(row[1]) for row in work.session.execute(query)}


def _hours(work: Work, today: date, scope: str | None) -> list[HourFigures]:
    start, end = day_bounds(today)
    edges = [start, *(start + timedelta(hours=h) for h in range(FIRST_HOUR + 1, LAST_HOUR + 1)), end]
    live = (
        col(Appointment.on) == today,
        col(Appointment.status).in_([status.value for status in KEPT]),
        *within(col(Appointment.department_code), scope),
    )
    one: ColumnElement[int] = literal(1)
    booked = total_by_span(work, at=col(Appointment.starts_at), amount=one, edges=edges, where=live)
    arrived = total_by_span(work, at=col(Appointment.checked_in_at), amount=one, edges=edges, where=live)
    return [
        HourFigures(hour, booked.get(i, 0), arrived.get(i, 0))
        for i, hour in enumerate(range(FIRST_HOUR, LAST_HOUR + 1))
    ]


def _queues(work: Work, today: date, scope: str | None) -> tuple[list[QueueFigures], list[float], int]:
    """Every line with somebody in it, the seconds that everybody has waited, and how many are in the rooms."""
    query = (
        select(
            col(Department.name),
            col(Area.name),
            col(Ticket.status),
            col(Ticket.checked_in_at),
        )
        .join(Area, col(Area.code) == col(Ticket.area_code))
        .join(Schedule, col(Schedule.id) == col(Ticket.schedule_id))
        .join(Department, col(Department.code) == col(Schedule.department_code))
        .where(
            col(Ticket.on) == today,
            col(Ticket.status).in_([status.value for status in IN_LINE | IN_ROOM]),
            *within(col(Schedule.department_code), scope),
        )
    )
    lines: dict[tuple[str, str], tuple[list[float], list[str]]] = {}
    for department, area, status, since in work.session.execute(query):
        waits, rooms = lines.setdefault((department, area), ([], []))
        if TicketStatus(status) in IN_ROOM:
            rooms.append(status)
        else:
            waits.append((work.now - since).total_seconds())
    figures = [
        QueueFigures(d, a, len(waits), len(rooms), median_minutes(waits), round(max(waits, default=0) / 60))
        for (d, a), (waits, rooms) in lines.items()
    ]
    everybody = [wait for waits, _ in lines.values() for wait in waits]
    in_room = sum(len(rooms) for _, rooms in lines.values())
    return sorted(figures, key=lambda q: (-q.waiting, q.department, q.area)), everybody, in_room


def _percent(part: int, whole: int) -> float:
    return round(100 * int(part) / int(whole), 1) if whole else 0.0
