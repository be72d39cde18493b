"""节假日与调休：days that are not what their weekday says, as the hospital's admin corrects them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator, Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import EARLIEST, LATEST, Answer, Body
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import holidays

router = APIRouter(prefix="/api/v1/holidays", tags=["rules"])


def _sane(on: date) -> date:
    if not EARLIEST.date() <= on <= LATEST.date():
        raise ValueError("out of range")
    return on


Day = Annotated[date, Path(), AfterValidator(_sane)]


class Correction(Body):
    workday: bool
    name: Annotated[str, Field(min_length=1, max_length=40)]


class SpecialDay(Answer):
    """`corrected`: by the hospital; `clinics` and `booked`: generated so far."""

    on: date
    workday: bool
    name: str
    corrected: bool
    clinics: int
    booked: int


class UnlistedYear(Answer):
    """Its days go by the weekday, but for what was corrected. `missing`: festivals that nobody has entered;
    `urgent`: clinics of its days are generated already.
    """

    year: int
    missing: list[str]
    urgent: bool


@router.get("", summary="今后半年的节假日与调休")
@allows(Right.SET_RULES)
def coming(caller: Caller) -> list[SpecialDay]:
    return [SpecialDay.model_validate(day) for day in holidays.coming(caller.actor())]


@router.get("/unlisted", summary="还没有录入的国家放假安排")
@allows(Right.SET_RULES)
def unlisted(caller: Caller) -> UnlistedYear | None:
    """From sixty days before a year whose national calendar the software does not know; null: nothing is missing."""
    found = holidays.unlisted(caller.actor())
    return None if found is None else UnlistedYear.model_validate(found)


@router.put("/{on}", status_code=204, summary="修正一天")
@allows(Right.SET_RULES)
def correct(on: Day, wanted: Correction, caller: Caller) -> None:
    """A day that opens gets its clinics at once if it is near enough; clinics that exist stay."""
    holidays.correct(caller.actor(), on=on, workday=wanted.workday, name=wanted.name)


@router.delete("/{on}", status_code=204, summary="删除修正")
@allows(Right.SET_RULES)
def drop(on: Day, caller: Caller) -> None:
    """The day is again what the national calendar says; 404 without a correction."""
    holidays.drop(caller.actor(), on=on)
