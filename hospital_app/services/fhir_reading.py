"""Schedules, slots and appointments as FHIR resources, a page at a time. No personal data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlmodel import SQLModel, col

from hospital_app.domain import fhir
from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.errors import not_found
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.services.appointments import status_now
from hospital_app.services.his_outbox import snapshot_of_appointment, snapshot_of_slot
from hospital_app.work import Work

Row = TypeVar("Row", Schedule, Slot, Appointment)
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Resources by ascending id; `after` is where the next page begins, None if this is the last."""

    resources: list[Resource]
    after: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Conditions, all of them met; None asks for nothing. `since` and `before` bound the start."""

    since: datetime | None = None
    before: datetime | None = None
    doctor_id: int | None = None
    department_code: str | None = None
    schedule_id: int | None = None
    status: str | None = None
    no: str | None = None


def schedules(work: Work, *, wanted: Wanted, after: int, count: int) -> Page:
    conditions = [*_starts(Schedule, wanted)]
    if wanted.doctor_id is not None:
        conditions.append(col(Schedule.doctor_id) == wanted.doctor_id)
    if wanted.department_code is not None:
        conditions.append(col(Schedule.department_code) == wanted.department_code)
    return _page(work, Schedule, conditions, _schedule, after=after, count=count)


def slots(work: Work, *, wanted: Wanted, after: int, count: int) -> Page:
    conditions = [*_starts(Slot, wanted)]
    if wanted.schedule_id is not None:
        conditions.append(col(Slot.schedule_id) == wanted.schedule_id)
    if wanted.status is not None:
        conditions.append(_slot_is(work, wanted.status))
    return _page(work, Slot, conditions, _slot, after=after, count=count)


def appointments(work: Work, *, wanted: Wanted, after: int, count: int) -> Page:
    conditions = [*_starts(Appointment, wanted)]
    if wanted.no is not None:
        conditions.append(col(Appointment.no) == wanted.no)
    if wanted.status is not None:
        conditions.append(_appointment_is(work, wanted.status))
    return _page(work, Appointment, conditions, _appointment, after=after, count=count)


def schedule(work: Work, *, schedule_id: int) -> Resource:
    row = work.session.get(Schedule, schedule_id)
    if row is None:
        raise not_found("这个资源")
    return _schedule(work, row)


def slot(work: Work, *, slot_id: int) -> Resource:
    row = work.session.get(Slot, slot_id)
    if row is None:
        raise not_found("这个资源")
    return _slot(work, row)


def appointment(work: Work, *, no: str) -> Resource:
    row = work.session.scalar(select(Appointment).where(col(Appointment.no) == no))
    if row is None:
        raise not_found("这个资源")
    return _appointment(work, row)


def _page(
    work: Work,
    table: type[Row],
    conditions: list[ColumnElement[bool]],
    resource: Callable[[Work, Row], Resource],
    *,
    after: int,
    count: int,
) -> Page:
    identity = col(table.id)
    query = select(table).where(*conditions, identity > after).order_by(identity).limit(count + 1)
    rows = list(work.session.scalars(query))
    shown = rows[:count]
    return Page([resource(work, row) for row in shown], shown[-1].id if len(rows) > count else None)


def _starts(table: type[SQLModel], wanted: Wanted) -> list[ColumnElement[bool]]:
    start = col(table.starts_at)  # type: ignore[attr-defined]
    bounds = []
    if wanted.since is not None:
        bounds.append(start >= wanted.since)
    if wanted.before is not None:
        bounds.append(start < wanted.before)
    return bounds


def _slot_is(work: Work, status: str) -> ColumnElement[bool]:
    """A hold that is over counts as free, whether or not a worker has come by."""
    over = (col(Slot.status) == SlotStatus.HELD) & (col(Slot.held_until) <= work.now)
    if status == SlotStatus.FREE:
        return (col(Slot.status) == SlotStatus.FREE) | over
    if status == SlotStatus.HELD:
        return (col(Slot.status) == SlotStatus.HELD) & ~over
    return col(Slot.status) == status


def _appointment_is(work: Work, status: str) -> ColumnElement[bool]:
    over = (col(Appointment.status) == Status.PENDING) & (col(Appointment.held_until) <= work.now)
    if status == Status.CANCELLED:
        return (col(Appointment.status) == Status.CANCELLED) | over
    if status == Status.PENDING:
        return (col(Appointment.status) == Status.PENDING) & ~over
    return col(Appointment.status) == status


def _schedule(_: Work, row: Schedule) -> Resource:
    return fhir.schedule(
        {
            "id": row.id,
            "suspended": row.suspended,
            "department_code": row.department_code,
            "doctor_id": row.doctor_id,
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
        }
    )


def _slot(work: Work, row: Slot) -> Resource:
    over = row.status == SlotStatus.HELD and row.held_until is not None and row.held_until <= work.now
    return fhir.slot(snapshot_of_slot(row) | ({"status": SlotStatus.FREE.value} if over else {}))


def _appointment(work: Work, row: Appointment) -> Resource:
    status, reason = status_now(row, work.now)
    return fhir.appointment(snapshot_of_appointment(row) | {"status": status.value, "cancel_reason": reason})
