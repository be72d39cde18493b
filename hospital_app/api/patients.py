"""就诊人：the caller's own family list. Names and numbers are masked in every answer."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenDay, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.documents import NAME_MAX, DocumentKind, Gender, Relation
from hospital_app.flows import family

router = APIRouter(prefix="/api/v1/patients", tags=["patients"])

Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX, examples=["阿依努尔·买买提"])]
Number = Annotated[str | None, Field(max_length=40)]
Kind = Annotated[DocumentKind | None, Field(strict=False)]


class Given(Body):
    """`document_kind` defaults to a resident ID, whose number gives birth date and gender by itself.

    `guardian_agrees`: the holder agrees as the guardian of a child under 14; of anybody else it says nothing.
    """

    document_kind: Kind = None
    document_number: Number = None
    born_on: GivenDay | None = None
    gender: Annotated[Gender | None, Field(strict=False)] = None
    insurance_number: Number = None
    guardian_agrees: bool = False


class NewPatient(Given):
    """Only the name is needed now; what `missing` names, at the latest when booking."""

    name: Name
    relation: Annotated[Relation, Field(strict=False)]


class PatientChange(Given):
    """What is left out or null stays as it is."""

    name: Name | None = None
    relation: Annotated[Relation | None, Field(strict=False)] = None


class Patient(Answer):
    """`missing`: name, document_number, born_on, gender; of a child also guardian (a complete, grown-up holder) and
    consent (the guardian's: `guardian_agrees`, or POST /api/v1/consents).

    An insurance number is checked with the bureau: `insurance_verified`, with the name of the `insurance_region`. While
    the bureau cannot be reached it is kept unverified, and checked later."""

    id: int
    name: str
    relation: str
    document_kind: str
    document: str
    born_on: date | None
    age: int | None
    gender: str
    insurance_number: str
    insurance_verified: bool
    insurance_region: str
    missing: list[str]


@router.get("", summary="就诊人列表")
@allows(Right.SEE_APPOINTMENT)
def listing(caller: Caller) -> list[Patient]:
    """Also for a frozen account, which still sees whom it booked for."""
    return [Patient.model_validate(found) for found in family.listing(caller.actor())]


@router.post("", status_code=201, summary="添加就诊人")
@allows(Right.MANAGE_FAMILY)
def add(given: NewPatient, caller: Caller) -> Patient:
    """409 `document_taken`, `already_member`, `self_exists`, `too_many_members`, `insurance_mismatch`, `not_insured`;
    422 `bad_document`, `bad_name`, ..."""
    return Patient.model_validate(family.add(caller.actor(), **given.model_dump()))


@router.patch("/{patient_id}", summary="补全就诊人资料")
@allows(Right.MANAGE_FAMILY)
def edit(patient_id: PathId, given: PatientChange, caller: Caller) -> Patient:
    """Go on with the `id` of the answer: a document that is known already leads to the person who has it.

    A child's resident ID takes the place of the birth certificate, once and for all, if its digits tell the registered
    birth date and sex and the insurance bureau knows it by this name: else 409 `document_fixed`, `document_mismatch`,
    `document_unconfirmed`, `document_taken`.
    """
    return Patient.model_validate(family.edit(caller.actor(), patient_id=patient_id, **given.model_dump()))


@router.delete("/{patient_id}", status_code=204, summary="移除就诊人")
@allows(Right.MANAGE_FAMILY)
def remove(patient_id: PathId, caller: Caller) -> None:
    """Takes the person off the list; appointments stay."""
    family.remove(caller.actor(), patient_id=patient_id)
