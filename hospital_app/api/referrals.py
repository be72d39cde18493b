"""转诊：a doctor gives a patient a number that is kept for referrals, at a colleague's or in another department."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenInstant, Id, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import referrals

router = APIRouter(prefix="/api/v1/referrals", tags=["referrals"])


class NewReferral(Body):
    """`document_number` is that of the patient in front of the doctor, registered in this hospital before."""

    document_number: Annotated[str, Field(min_length=1, max_length=40)]
    schedule_id: Id
    starts_at: GivenInstant


class ReferralPeriod(Answer):
    """`doctor_name` empty: 普通门诊."""

    schedule_id: int
    doctor_name: str
    doctor_title: str
    service_type: str
    on: date
    session: str
    room: str
    starts_at: Instant
    ends_at: Instant
    fee_fen: int
    left: int


class Referral(Answer):
    """Held for the patient, who was told and pays until `held_until`."""

    no: str
    seq: int
    starts_at: Instant
    held_until: Instant
    fee_fen: int


class SentReferral(Answer):
    """One of the caller's own. `patient_name` is masked; `taken`: paid, and not given back.

    `status` and `cancel_reason` are those of the appointment; the place is where it is now, if the patient moved it.
    """

    no: str
    referred_at: Instant
    patient_name: str
    department_name: str
    doctor_name: str
    doctor_title: str
    service_type: str
    session: str
    room: str
    seq: int
    starts_at: Instant
    ends_at: Instant
    status: str
    cancel_reason: str
    held_until: Instant | None
    taken: bool


@router.get("", summary="我转诊的患者")
@allows(Right.REFER)
def sent(caller: Caller) -> list[SentReferral]:
    """Of the last 90 days, the newest first, 200 at most."""
    return [SentReferral.model_validate(each) for each in referrals.sent(caller.actor())]


@router.get("/periods", summary="可转诊的时段")
@allows(Right.REFER)
def periods(caller: Caller, department: Annotated[str, Query(max_length=12)]) -> list[ReferralPeriod]:
    """Half hours in which a department still has numbers for referrals, before their release, too."""
    found = referrals.periods(caller.actor(), department_code=department)
    return [ReferralPeriod.model_validate(each) for each in found]


@router.post("", status_code=201, summary="转诊")
@allows(Right.REFER)
def refer(wanted: NewReferral, caller: Caller) -> Referral:
    """409 `slot_taken`, `duplicate_booking`, `limit_reached`, `suspended`, `own_clinic`; 404 for an unknown patient."""
    actor = caller.actor()
    patient = referrals.person(actor, document_number=wanted.document_number)
    done = referrals.refer(
        actor, patient_id=patient.patient_id, schedule_id=wanted.schedule_id, starts_at=wanted.starts_at
    )
    return Referral.model_validate(done)
