"""接诊台：the signed-in doctor's own clinics of today, with full names."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, Id, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import waiting

router = APIRouter(prefix="/api/v1/desk", tags=["desk"])


class After(Body):
    """`after`: the ticket that the doctor saw as current, null for nobody; so that a double click calls one patient."""

    after: Id | None
    schedule_id: Id | None = None


class OneTicket(Body):
    ticket_id: Id


class Clinic(Answer):
    schedule_id: int
    session: str
    room: str
    department_name: str
    service_type: str
    starts_at: Instant
    ends_at: Instant
    pooled: bool


class Row(Answer):
    """A patient of the list; `actions` are what the doctor may do with this ticket now."""

    ticket_id: int | None
    no: str
    label: str
    name: str
    gender: str
    age: int | None
    starts_at: Instant
    status: str
    misses: int
    calls: int
    places: int
    checked_in_at: Instant | None
    called_at: Instant | None
    started_at: Instant | None
    done_at: Instant | None
    actions: list[str]


class Desk(Answer):
    """In order: in the room, the line, not arrived, done. `clinic` is null on a day without one."""

    doctor_name: str
    doctor_title: str
    on: date
    area_name: str
    clinics: list[Clinic]
    clinic: Clinic | None
    rows: list[Row]
    current: Row | None
    next: Row | None
    waiting: int
    missed: int
    done: int
    absent: int
    as_of: Instant


@router.get("/today", summary="今日接诊")
@allows(Right.WORK_DESK)
def today(caller: Caller, schedule_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> Desk:
    return Desk.model_validate(waiting.desk(caller.actor(), schedule_id=schedule_id))


@router.post("/next", summary="完成并叫下一位")
@allows(Right.WORK_DESK)
def next_patient(seen: After, caller: Caller) -> Desk:
    """Finishes the current patient and calls the next."""
    desk = waiting.next_patient(caller.actor(), after=seen.after, schedule_id=seen.schedule_id)
    return Desk.model_validate(desk)


@router.post("/call", summary="叫指定号")
@allows(Right.WORK_DESK)
def call(ticket: OneTicket, caller: Caller) -> Desk:
    return Desk.model_validate(waiting.call(caller.actor(), ticket_id=ticket.ticket_id))


@router.post("/recall", summary="重呼")
@allows(Right.WORK_DESK)
def recall(ticket: OneTicket, caller: Caller) -> Desk:
    return Desk.model_validate(waiting.recall(caller.actor(), ticket_id=ticket.ticket_id))


@router.post("/start", summary="开始接诊")
@allows(Right.WORK_DESK)
def start(ticket: OneTicket, caller: Caller) -> Desk:
    return Desk.model_validate(waiting.start(caller.actor(), ticket_id=ticket.ticket_id))


@router.post("/skip", summary="过号")
@allows(Right.WORK_DESK)
def skip(ticket: OneTicket, caller: Caller) -> Desk:
    return Desk.model_validate(waiting.skip(caller.actor(), ticket_id=ticket.ticket_id))


@router.post("/finish", summary="就诊完成")
@allows(Right.WORK_DESK)
def finish(ticket: OneTicket, caller: Caller) -> Desk:
    return Desk.model_validate(waiting.finish(caller.actor(), ticket_id=ticket.ticket_id))
