"""就诊人 of one's own account. Staff have no family list."""

from datetime import date

from hospital_app.domain.documents import DocumentKind, Gender, Relation
from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import Actor
from hospital_app.flows import insurance
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import families, insurances
from hospital_app.services.families import PatientView
from hospital_app.services.patients import Details


def listing(actor: Actor) -> list[PatientView]:
    """The holder first."""
    return look(actor, families.listing)


def one(actor: Actor, *, patient_id: int) -> PatientView:
    return look(actor, families.one, patient_id=patient_id)


def add(
    actor: Actor,
    *,
    name: str,
    relation: str,
    document_kind: str | None = None,
    document_number: str | None = None,
    born_on: date | None = None,
    gender: str | None = None,
    insurance_number: str | None = None,
    guardian_agrees: bool = False,
) -> PatientView:
    """A new member; only the name is needed now, the rest at the latest when booking.

    Raises Refusal bad_name, bad_document, bad_birth_date, bad_insurance_number (422), document_taken, already_member,
    self_exists, too_many_members, insurance_mismatch, not_insured, insurance_unconfirmed (409).
    """
    details = _details(name, document_kind, document_number, born_on, gender, insurance_number)
    return perform(
        actor,
        families.add,
        relation=_relation(relation),
        details=details,
        guardian_agrees=guardian_agrees,
        insured=insurance.ask(look(actor, insurances.claim_of_new, details=details)),
    )


def edit(
    actor: Actor,
    *,
    patient_id: int,
    relation: str | None = None,
    name: str | None = None,
    document_kind: str | None = None,
    document_number: str | None = None,
    born_on: date | None = None,
    gender: str | None = None,
    insurance_number: str | None = None,
    guardian_agrees: bool = False,
) -> PatientView:
    """Give what is missing; None leaves as it is. The answer's id is another one if the document is known already.

    Raises as `add`, and Refusal document_fixed (409) for what only the counter may correct. A child's resident ID takes
    the place of the birth certificate if the bureau knows it: document_mismatch, document_unconfirmed (409) if not.
    """
    details = _details(name, document_kind, document_number, born_on, gender, insurance_number)
    wanted = None if relation is None else _relation(relation)
    identity = look(actor, insurances.identity_claim, patient_id=patient_id, details=details)
    return perform(
        actor,
        families.edit,
        patient_id=patient_id,
        relation=wanted,
        details=details,
        guardian_agrees=guardian_agrees,
        confirmed=insurance.knows(identity),
        insured=insurance.ask(look(actor, insurances.claim, patient_id=patient_id, details=details)),
    )


def remove(actor: Actor, *, patient_id: int) -> None:
    perform(actor, families.remove, patient_id=patient_id)


def _relation(text: str) -> Relation:
    if text not in set(Relation):
        raise malformed("与本人的关系")
    return Relation(text)


def _details(
    name: str | None,
    document_kind: str | None,
    document_number: str | None,
    born_on: date | None,
    gender: str | None,
    insurance_number: str | None,
) -> Details:
    """From a form's plain words. A number without a kind is a resident ID's, the commonest."""
    kind = document_kind or (DocumentKind.RESIDENT_ID.value if document_number else None)
    if kind is not None and kind not in set(DocumentKind):
        raise malformed("证件种类")
    if gender is not None and gender not in set(Gender):
        raise malformed("性别")
    return Details(
        name=name,
        document_kind=DocumentKind(kind) if kind and document_number else None,
        document_number=document_number or None,
        born_on=born_on,
        gender=Gender(gender) if gender else None,
        insurance_number=insurance_number or None,
    )
