"""患者资料：for the counter and the hospital's admin; masked unless a reason is given, and every look is on record."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import unmasking
from hospital_app.services.unmasking import NOTE_MAX, Reason

router = APIRouter(prefix="/api/v1/staff/patients", tags=["staff"])


class Search(Body):
    """One of them, exactly as it is: there is no searching by name, and none by a part."""

    appointment_no: Annotated[str, Field(max_length=20)] = ""
    document_number: Annotated[str, Field(max_length=40)] = ""
    phone: Annotated[str, Field(max_length=20)] = ""


class MaskedPerson(Answer):
    id: int
    name: str
    document_kind: str
    document: str
    born_on: date | None
    gender: str
    phones: list[str]


class Wanted(Body):
    """Why: one of the list, and in words (4 to 200 characters)."""

    reason: Annotated[Reason, Field(strict=False)]
    note: Annotated[str, Field(max_length=NOTE_MAX)]


class Person(Answer):
    """In full; show it for a short time, and keep it nowhere. `left`: looks left today."""

    id: int
    name: str
    document_kind: str
    document_number: str
    born_on: date | None
    gender: str
    insurance_number: str
    insurance_region: str
    phones: list[str]
    left: int


@router.post("/searches", summary="查找患者")
@allows(Right.UNMASK)
def find(given: Search, caller: Caller) -> list[MaskedPerson]:
    """By POST, so that no number stands in an address. Masked."""
    found = unmasking.find(caller.actor(), **given.model_dump())
    return [MaskedPerson.model_validate(person) for person in found]


@router.post("/{patient_id}/unmasking", summary="查看完整信息")
@allows(Right.UNMASK)
def unmask(patient_id: PathId, wanted: Wanted, caller: Caller, response: Response) -> Person:
    """On the audit trail, with its reason. 422 `reason_needed`, 429 `too_many_unmaskings`."""
    response.headers["Cache-Control"] = "no-store"
    seen = unmasking.unmask(caller.actor(), patient_id=patient_id, reason=wanted.reason, note=wanted.note)
    return Person.model_validate(seen)
