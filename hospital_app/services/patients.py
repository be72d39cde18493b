"""就诊人: one record for one real person, whoever's family list they stand in.

The ID document makes the person: two accounts that give the same document and name share one record, and a name
that does not belong to the document is refused. Until a document is given, a record stands in one list only and
may be changed freely; afterwards only what is still missing can be added.
"""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.documents import (
    DocumentKind,
    Gender,
    check_birth_certificate,
    check_born_on,
    clean_name,
    missing_fields,
    same_name,
    written_in,
)
from hospital_app.domain.errors import Refusal
from hospital_app.domain.masking import mask_id_number, mask_name
from hospital_app.models.identity import Patient
from hospital_app.services.id_documents import clean_insurance_number, document_index, verified_number
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Details:
    """What a form gives of a person. None: not given, or left as it is. Kind and number come together."""

    name: str | None = None
    document_kind: DocumentKind | None = None
    document_number: str | None = None
    born_on: date | None = None
    gender: Gender | None = None
    insurance_number: str | None = None


def missing_of(patient: Patient) -> list[str]:
    """Which of name, document_number, born_on, gender must still be given before this person can book."""
    return missing_fields(
        name=patient.name,
        document_number=patient.document_number,
        born_on=patient.born_on,
        gender=patient.gender,
    )


def checked(work: Work, details: Details) -> Details:
    """The same details in their one spelling, with what the document itself says. Raises Refusal `bad_...`."""
    today = clinic_day(work.now)
    kind, number = details.document_kind, details.document_number
    if (kind is None) != (number is None):
        raise Refusal("bad_document", "请同时填写证件种类和证件号码。", 422)
    born_on, gender = details.born_on, details.gender
    if born_on is not None:
        check_born_on(born_on, today=today)
    if kind is not None and number is not None:
        number = verified_number(kind, number)
        written = written_in(kind, number, today=today)
        if written is not None:
            born_on, gender = written.born_on, written.gender
    check_birth_certificate(kind, born_on, today=today)
    return Details(
        name=None if details.name is None else clean_name(details.name),
        document_kind=kind,
        document_number=number,
        born_on=born_on,
        gender=None if gender is Gender.UNKNOWN else gender,
        insurance_number=None if details.insurance_number is None else clean_insurance_number(details.insurance_number),
    )


def enter(work: Work, *, details: Details) -> Patient:
    """The record of a person who is new to an account: the one that has their document, else a new one.

    `details` are checked and give a name. Raises Refusal `document_taken`.
    """
    return _save(work, Patient(name="", name_masked="", created_at=work.now), details)


def complete(work: Work, *, patient: Patient, details: Details, confirmed: bool = False) -> Patient:
    """Give a person what is missing; the record that stands for them from now on, which may be another one.

    `details` are checked, `patient` is locked; `confirmed`: the bureau knows the resident ID that takes the place of a
    birth certificate as this name's. Raises Refusal `document_fixed`, `document_taken`, `document_unconfirmed`.
    """
    if replaces_certificate(patient, details):
        return _replace_certificate(work, patient, details, confirmed=confirmed)
    if patient.document_index is not None:
        _check_only_adds(patient, details)
        kind = DocumentKind(patient.document_kind)
        check_birth_certificate(kind, details.born_on, today=clinic_day(work.now))
        _fill(patient, replace(details, name=None))  # the same name in another spelling is no news for other lists
        return patient
    known_so_far = Details(
        name=details.name or patient.name,
        document_kind=details.document_kind,
        document_number=details.document_number,
        born_on=details.born_on or patient.born_on,
        gender=details.gender or _known_gender(patient),
    )
    return _save(work, patient, known_so_far)


def replaces_certificate(patient: Patient, details: Details) -> bool:
    """孩子领到身份证: the one change of a document that needs no counter."""
    return (
        patient.document_index is not None
        and patient.document_kind == DocumentKind.BIRTH_CERTIFICATE
        and details.document_kind is DocumentKind.RESIDENT_ID
    )


def check_same_child(patient: Patient, details: Details) -> None:
    """The ID's own digits must tell the birth date and the sex that are registered. Raises Refusal `document_fixed`."""
    _check_only_adds(patient, replace(details, document_kind=None, document_number=None))
    if patient.born_on != details.born_on:
        raise _document_fixed()


def _replace_certificate(work: Work, patient: Patient, details: Details, *, confirmed: bool) -> Patient:
    """Never the other way, and never into a record that stands for itself already: both may have visits."""
    check_same_child(patient, details)
    if not confirmed:
        raise Refusal(
            "document_unconfirmed", "暂时不能向医保局核验这个身份证号，请稍后再试，或带户口簿、身份证到服务台更改。"
        )
    try:
        with work.session.begin_nested():
            _fill(patient, replace(details, name=None))
    except IntegrityError as taken:
        raise Refusal(
            "document_taken",
            "这个身份证号已经登记，请从列表移除这位就诊人，再用身份证号重新添加；仍不行请带证件到服务台办理。",
        ) from taken
    return patient


def _save(work: Work, patient: Patient, details: Details) -> Patient:
    known = _with_document(work, details)
    if known is not None:
        return _recognised(known, details)
    try:
        with work.session.begin_nested():
            _fill(patient, details)
            work.session.add(patient)
    except IntegrityError:  # another account gave the same document in this very moment
        known = _with_document(work, details)
        if known is None:
            raise
        return _recognised(known, details)
    return patient


def _with_document(work: Work, details: Details) -> Patient | None:
    if details.document_kind is None or details.document_number is None:
        return None
    index = document_index(details.document_kind, details.document_number)
    return work.session.scalar(
        select(Patient)
        .where(col(Patient.document_index) == index)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _recognised(known: Patient, details: Details) -> Patient:
    """A record found by its document is given only to somebody who knows the person's name and birth date."""
    if not same_name(known.name, details.name or "") or known.born_on not in (None, details.born_on):
        raise Refusal(
            "document_taken",
            "这个证件号已登记，但姓名或出生日期与登记的不一致，请核对后重填；确认无误请带证件到服务台办理。",
        )
    if known.born_on is None:
        known.born_on = details.born_on
    if _known_gender(known) is None and details.gender is not None:
        known.gender = details.gender
    return known


def _check_only_adds(patient: Patient, details: Details) -> None:
    """Once a document is given, the person it names cannot be turned into somebody else."""
    kind, number = details.document_kind, details.document_number
    same_document = kind is None or number is None or document_index(kind, number) == patient.document_index
    fixed = (
        (details.name is None or same_name(details.name, patient.name))
        and same_document
        and (details.born_on is None or patient.born_on in (None, details.born_on))
        and (details.gender is None or _known_gender(patient) in (None, details.gender))
    )
    if not fixed:
        raise _document_fixed()


def _document_fixed() -> Refusal:
    return Refusal("document_fixed", "证件信息已登记，不能在线修改；如有错误请带证件到服务台更正。")


def _fill(patient: Patient, details: Details) -> None:
    """Write what is given."""
    if details.name is not None:
        patient.name = details.name
        patient.name_masked = mask_name(details.name)
    if details.document_kind is not None and details.document_number is not None:
        patient.document_kind = details.document_kind
        patient.document_number = details.document_number
        patient.document_index = document_index(details.document_kind, details.document_number)
        patient.document_masked = mask_id_number(details.document_number)
    if details.born_on is not None:
        patient.born_on = details.born_on
    if details.gender is not None:
        patient.gender = details.gender


def _known_gender(patient: Patient) -> Gender | None:
    gender = Gender(patient.gender)
    return None if gender is Gender.UNKNOWN else gender
