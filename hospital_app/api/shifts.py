"""收费员班次：open by themselves with the first fee, counted and handed over, seen by the finance office."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenDay, Id, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.shift import DRAWER_MAX_FEN, NOTE_MAX
from hospital_app.flows import shifts

router = APIRouter(prefix="/api/v1/shifts", tags=["shifts"])


class Count(Body):
    """`counted_fen`: the cash in the drawer; `handed_to`: the colleague's staff id, null for the finance office."""

    counted_fen: Annotated[int, Field(ge=0, le=DRAWER_MAX_FEN)]
    handed_to: Id | None = None
    note: Annotated[str, Field(max_length=NOTE_MAX)] = ""


class Shift(Answer):
    """`expected_fen` is what was collected less what was paid out; `difference_fen` is null until it was counted."""

    id: int
    clerk: str
    staff_no: str
    opened_at: Instant
    closed_at: Instant | None
    collected_fen: int
    collected_count: int
    refunded_fen: int
    refunded_count: int
    expected_fen: int
    counted_fen: int | None
    difference_fen: int | None
    receiver: str
    received_at: Instant | None
    note: str


class Movement(Answer):
    """A fee, or a cash refund (negative)."""

    no: str
    appointment_no: str
    at: Instant
    amount_fen: int


class Sheet(Answer):
    """交接单."""

    shift: Shift
    movements: list[Movement]


@router.get("", summary="某日的班次")
@allows(Right.SEE_FINANCE)
def of_day(caller: Caller, on: Annotated[GivenDay, Query()]) -> list[Shift]:
    """Everybody's shifts that touch this day."""
    return [Shift.model_validate(each) for each in shifts.of_day(caller.actor(), on=on)]


@router.post("", status_code=201, summary="接班")
@allows(Right.REGISTER)
def begin(caller: Caller) -> Shift:
    """The caller's open shift; opened if there is none."""
    return Shift.model_validate(shifts.begin(caller.actor()))


@router.get("/current", summary="当前班次")
@allows(Right.REGISTER)
def current(caller: Caller) -> Shift:
    found = shifts.mine(caller.actor())
    if found is None:
        raise not_found("进行中的班次")
    return Shift.model_validate(found)


@router.get("/{shift_id}", summary="交接单")
@allows(Right.HAND_OVER)
def sheet(shift_id: PathId, caller: Caller) -> Sheet:
    """One's own, one that was handed to oneself, or any for the finance office; another's is 404."""
    actor = caller.actor()
    return Sheet(
        shift=Shift.model_validate(shifts.one(actor, shift_id=shift_id)),
        movements=[Movement.model_validate(each) for each in shifts.movements(actor, shift_id=shift_id)],
    )


@router.post("/{shift_id}/closing", summary="交班")
@allows(Right.REGISTER)
def close(shift_id: PathId, count: Count, caller: Caller) -> Shift:
    """409 `shift_closed`; 422 `note_needed` where the drawer differs and no reason is given."""
    done = shifts.close(
        caller.actor(), shift_id=shift_id, counted_fen=count.counted_fen, handed_to=count.handed_to, note=count.note
    )
    return Shift.model_validate(done)


@router.post("/{shift_id}/receipt", summary="确认接收")
@allows(Right.HAND_OVER)
def receive(shift_id: PathId, caller: Caller) -> Shift:
    """By the colleague it was handed to, or by the finance office; 403 `not_for_you`, 409 `shift_open`."""
    return Shift.model_validate(shifts.receive(caller.actor(), shift_id=shift_id))
