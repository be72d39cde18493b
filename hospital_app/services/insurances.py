"""医保号: whose it is said to be, and what the bureau said of it.

A number that the bureau confirmed is the person's, whoever's list they stand in. One that it could not be asked about
yet is kept for a person of one list only: nobody fills in for others what nobody has confirmed.
"""

from dataclasses import replace

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.documents import DocumentKind
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.insurance import Claim, Insured
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.identity import FamilyMember, Patient
from hospital_app.services import messages, patients
from hospital_app.services.patients import Details
from hospital_app.work import Work

REFUSED = "insurance-refused"


def claim_of_new(work: Work, *, details: Details) -> Claim | None:
    """What to ask the bureau before somebody is added; None: not enough is known of them yet."""
    authority.check_holder(work.actor, Right.MANAGE_FAMILY)
    return _claim(patients.checked(work, details))


def claim(work: Work, *, patient_id: int, details: Details) -> Claim | None:
    """The same before somebody of the own list is edited; also for a number that waits to be confirmed."""
    patient = _listed(work, patient_id)
    given = patients.checked(work, details)
    if given.insurance_number is None and patient.insurance_verified_at is not None:
        return None
    if patient.document_number is not None and not patients.replaces_certificate(patient, given):
        given = replace(
            given,
            name=patient.name,
            document_kind=DocumentKind(patient.document_kind),
            document_number=patient.document_number,
        )
    return _claim(
        replace(
            given,
            name=given.name or patient.name,
            insurance_number=given.insurance_number or patient.insurance_number,
        )
    )


def identity_claim(work: Work, *, patient_id: int, details: Details) -> Claim | None:
    """What to ask the bureau before a child's birth certificate gives way to the resident ID; None: it does not.

    Raises Refusal `document_fixed` if the ID is not this child's by its own digits.
    """
    patient = _listed(work, patient_id)
    given = patients.checked(work, details)
    number = given.document_number
    if number is None or not patients.replaces_certificate(patient, given):
        return None
    patients.check_same_child(patient, given)
    return Claim(patient.name, DocumentKind.RESIDENT_ID, number, number)


def owed_claim(work: Work, *, patient_id: int) -> Claim | None:
    """For the job: a number that still waits; None: it was confirmed, replaced or taken away meanwhile."""
    patient = work.session.get(Patient, patient_id, populate_existing=True)
    if patient is None or patient.insurance_number is None or patient.insurance_verified_at is not None:
        return None
    if patient.document_number is None:
        return None
    return Claim(patient.name, DocumentKind(patient.document_kind), patient.document_number, patient.insurance_number)


def keep(work: Work, *, patient: Patient, number: str | None, insured: Insured | None) -> None:
    """Note a number of a person whose row is locked. `insured`: the bureau confirmed it; None: it was not asked.

    Raises Refusal `insurance_unconfirmed` if an unconfirmed number would change what others rely on.
    """
    if number is None:
        return
    if insured is not None:
        before, patient.insurance_number = patient.insurance_number, number
        patient.insurance_region, patient.insurance_verified_at = insured.region, work.now
        work.record("insurance.confirm", f"patient:{patient.id}", region=insured.region, replaced=before is not None)
        return
    if patient.insurance_number == number:
        return
    if patient.insurance_verified_at is not None or _is_shared(work, patient):
        raise Refusal("insurance_unconfirmed", "暂时联系不上医保局，不能核验这个医保号，请稍后再填；不填也可以挂号。")
    patient.insurance_number, patient.insurance_region = number, ""
    work.later("insurance.verify", lane=f"insurance:{patient.id}", patient_id=patient.id)


def confirm(work: Work, *, patient_id: int, claimed: Claim, insured: Insured | None) -> None:
    """The job's answer, if the person still says the same. None: the bureau said no, and the number goes."""
    patient = work.session.get(Patient, patient_id, populate_existing=True, with_for_update=True)
    if patient is None or patient.insurance_verified_at is not None:
        return
    if patient.insurance_number != claimed.insurance_number:
        return
    if insured is not None:
        keep(work, patient=patient, number=claimed.insurance_number, insured=insured)
        return
    patient.insurance_number, patient.insurance_region = None, ""
    work.record("insurance.refuse", f"patient:{patient_id}")
    for account_id in work.session.scalars(
        select(col(FamilyMember.account_id)).where(col(FamilyMember.patient_id) == patient_id)
    ):
        messages.tell(work, account_id=account_id, kind=REFUSED, name=patient.name_masked)


def _listed(work: Work, patient_id: int) -> Patient:
    account_id = authority.check_holder(work.actor, Right.MANAGE_FAMILY)
    patient = work.session.scalar(
        select(Patient)
        .join(FamilyMember, col(FamilyMember.patient_id) == col(Patient.id))
        .where(col(FamilyMember.account_id) == account_id, col(Patient.id) == min(patient_id, ID_MAX))
    )
    if patient is None:
        raise not_found("这位就诊人")
    return patient


def _claim(details: Details) -> Claim | None:
    name, kind, number = details.name, details.document_kind, details.document_number
    if name is None or kind is None or number is None or details.insurance_number is None:
        return None
    return Claim(name, kind, number, details.insurance_number)


def _is_shared(work: Work, patient: Patient) -> bool:
    lists = select(func.count(col(FamilyMember.id))).where(
        col(FamilyMember.patient_id) == patient.id, col(FamilyMember.account_id) != work.actor.account_id
    )
    return bool(work.session.scalar(lists))
