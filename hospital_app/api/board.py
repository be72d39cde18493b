"""号源看板：numbers by department and day, and closing or opening free ones in bulk; held and booked ones stay."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenDay, Id, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import board
from hospital_app.services.board import DAYS_MAX, Wanted

router = APIRouter(prefix="/api/v1/board", tags=["schedules"])

Code = Annotated[str, Field(min_length=1, max_length=12)]


class Tally(Answer):
    """free + held + booked + closed + suspended are all numbers; `open` of the free ones may be taken by everybody, the
    others are kept for a channel; `overbooked` ones count where they belong as well."""

    free: int
    open: int
    held: int
    booked: int
    closed: int
    suspended: int
    overbooked: int


class DepartmentDays(Answer):
    """`days`: those that have a clinic."""

    code: str
    name: str
    days: dict[date, Tally]


class BoardClinic(Answer):
    """`doctor` empty: 普通门诊."""

    schedule_id: int
    doctor_id: int | None
    doctor: str
    session: str
    room: str
    starts_at: Instant
    ends_at: Instant
    suspended: bool
    released_at: Instant
    tally: Tally


class BoardNumber(Answer):
    """`status`: free, busy-tentative, busy, busy-unavailable; `opens_at`: from when on everybody may have it."""

    seq: int
    starts_at: Instant
    status: str
    channel: str
    opens_at: Instant | None
    overbooked: bool


class Selection(Body):
    """Clinics from `since` to `until`, 90 days at most: of a department (none given: all within reach), a doctor, a
    session, or one clinic."""

    since: GivenDay
    until: GivenDay
    department_code: Code | None = None
    doctor_id: Id | None = None
    session: Literal["", "morning", "afternoon", "evening"] = ""
    schedule_id: Id | None = None


class BoardEffect(Answer):
    """`numbers` change; `held` and `booked` ones are somebody's and stay."""

    clinics: int
    numbers: int
    held: int
    booked: int


@router.get("", summary="号源看板")
@allows(Right.MANAGE_SCHEDULE)
def rows(caller: Caller, days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 7) -> list[DepartmentDays]:
    """From today on; a department admin sees the own department."""
    return [DepartmentDays.model_validate(row) for row in board.rows(caller.actor(), days=days)]


@router.get("/clinics", summary="一个科室一天的门诊")
@allows(Right.MANAGE_SCHEDULE)
def clinics(caller: Caller, department: Annotated[str, Query(max_length=12)], on: date) -> list[BoardClinic]:
    found = board.clinics(caller.actor(), department_code=department, on=on)
    return [BoardClinic.model_validate(clinic) for clinic in found]


@router.get("/clinics/{schedule_id}/numbers", summary="一次门诊的每个号")
@allows(Right.MANAGE_SCHEDULE)
def numbers(schedule_id: PathId, caller: Caller) -> list[BoardNumber]:
    """404 for another department's."""
    return [BoardNumber.model_validate(number) for number in board.numbers(caller.actor(), schedule_id=schedule_id)]


@router.post("/closing", summary="批量关闭余号")
@allows(Right.MANAGE_SCHEDULE)
def close(wanted: Selection, caller: Caller) -> BoardEffect:
    """Nobody takes these free numbers any more, until they are opened again. 422 `bad_days`."""
    return BoardEffect.model_validate(board.close(caller.actor(), wanted=_wanted(wanted)))


@router.post("/closing/preview", summary="预览关闭余号")
@allows(Right.MANAGE_SCHEDULE)
def preview_close(wanted: Selection, caller: Caller) -> BoardEffect:
    return BoardEffect.model_validate(board.preview(caller.actor(), wanted=_wanted(wanted), closing=True))


@router.post("/opening", summary="批量重新开放")
@allows(Right.MANAGE_SCHEDULE)
def reopen(wanted: Selection, caller: Caller) -> BoardEffect:
    """What was closed is free again, unless its clinic is suspended."""
    return BoardEffect.model_validate(board.reopen(caller.actor(), wanted=_wanted(wanted)))


@router.post("/opening/preview", summary="预览重新开放")
@allows(Right.MANAGE_SCHEDULE)
def preview_reopen(wanted: Selection, caller: Caller) -> BoardEffect:
    return BoardEffect.model_validate(board.preview(caller.actor(), wanted=_wanted(wanted), closing=False))


def _wanted(given: Selection) -> Wanted:
    return Wanted(**given.model_dump())
