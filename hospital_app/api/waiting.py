"""签到与候诊进度."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from hospital_app.api.access import allows
from hospital_app.api.on_behalf import Acting, reason_of
from hospital_app.api.shapes import Answer, AppointmentNo, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import waiting

router = APIRouter(prefix="/api/v1", tags=["waiting"])


class Presented(Acting):
    """The slip's `qr`, or its eight digits `code`, or `no` with the code shown in the waiting area.

    A clerk who has no slip to read says why: 422 `reason_needed`.
    """

    qr: Annotated[str | None, Field(max_length=200)] = None
    code: Annotated[str | None, Field(max_length=20)] = None
    no: Annotated[str | None, Field(max_length=20)] = None
    area_code: Annotated[str | None, Field(max_length=20)] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.qr is not None, self.code is not None, self.no is not None and self.area_code is not None]
        alone = self.no is None and self.area_code is None
        if ways.count(True) != 1 or (not ways[2] and not alone):
            raise ValueError("give qr, or code, or no and area_code")
        return self


class Position(Answer):
    """`status` is the ticket's (waiting called serving missed done left), before check-in the appointment's."""

    no: str
    status: str
    ticket_no: str
    ahead: int
    eta_minutes: int
    eta_low: int
    eta_high: int
    current: str
    room: str
    area_code: str
    area_name: str
    location: str
    department_name: str
    doctor_name: str
    check_in_opens_at: Instant
    checked_in_at: Instant | None
    called_at: Instant | None
    as_of: Instant


@router.post("/check-ins", status_code=201, summary="签到")
@allows(Right.CHECK_IN)
def check_in(presented: Presented, caller: Caller) -> Position:
    """By a kiosk for anybody, by an account for its own. 409 `too_early`, `already_used`, `not_today`; 400 `bad_qr`."""
    slip = presented.model_dump(exclude={"on_behalf"})
    return Position.model_validate(waiting.check_in(caller.actor(), **slip, reason=reason_of(presented)))


@router.get("/queue/{no}", summary="候诊进度")
@allows(Right.SEE_APPOINTMENT)
def position(no: AppointmentNo, caller: Caller) -> Position:
    return Position.model_validate(waiting.position(caller.actor(), no=no))
