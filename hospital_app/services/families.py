"""家庭成员: the list of persons an account may book for. Removing one touches the link, never the person."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.documents import DocumentKind, Relation, age_on, needs_guardian
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.insurance import Insured
from hospital_app.domain.masking import mask_id_number
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.identity import Account, Consent, FamilyMember, Patient
from hospital_app.services import consents, guardians, insurances, patients
from hospital_app.services.guardians import Children
from hospital_app.services.patients import Details
from hospital_app.services.regions import region_name
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class PatientView:
    """就诊人 as their account sees them: name and numbers masked. `missing`: to be given before booking.

    `insurance_region`: the name of the region that the bureau named when it confirmed the number.
    """

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
    missing: tuple[str, ...]


def listing(work: Work) -> list[PatientView]:
    """The holder first, then the others in the order in which they were added."""
    account_id = _onlooker(work)
    rows = _rows(work, account_id=account_id)
    children = guardians.children_of(work, account_id=account_id, rows=rows)
    views = [_view(link, patient, children) for link, patient in rows]
    return sorted(views, key=lambda view: view.relation != Relation.SELF)


def add(
    work: Work,
    *,
    relation: Relation,
    details: Details,
    guardian_agrees: bool = False,
    insured: Insured | None = None,
) -> PatientView:
    """One more person, who may be incomplete. `guardian_agrees` counts for a child only; `insured`: what the bureau
    said of the insurance number, None if it was not asked.

    Raises Refusal `too_many_members`, `self_exists`, `already_member`.
    """
    account_id = _holder(work)
    _lock(work, account_id)
    given = patients.checked(work, details)
    if given.name is None:
        raise Refusal("bad_name", "请填写就诊人的姓名。", 422)
    _check_room(work, account_id=account_id, relation=relation, but_patient_id=None)
    patient = patients.enter(work, details=given)
    work.session.flush()
    if patient.id is None:
        raise ValueError("flush gave no id")
    insurances.keep(work, patient=patient, number=given.insurance_number, insured=insured)
    if _link(work, account_id=account_id, patient_id=patient.id) is not None:
        raise _already_member()
    work.session.add(FamilyMember(account_id=account_id, patient_id=patient.id, relation=relation, created_at=work.now))
    work.record("patient.add", f"patient:{patient.id}", relation=relation.value)
    if guardian_agrees:
        guardians.agree(work, patient=patient)
    return one(work, patient_id=patient.id)


def edit(
    work: Work,
    *,
    patient_id: int,
    relation: Relation | None,
    details: Details,
    guardian_agrees: bool = False,
    confirmed: bool = False,
    insured: Insured | None = None,
) -> PatientView:
    """Give what is missing. The answer may be another record than `patient_id`: the one that has the document.

    `confirmed`: the bureau knows the resident ID that takes the place of a child's birth certificate.
    """
    account_id = _holder(work)
    _lock(work, account_id)
    link = _link(work, account_id=account_id, patient_id=patient_id)
    if link is None:
        raise not_found("这位就诊人")
    patient = work.session.get_one(Patient, patient_id, populate_existing=True, with_for_update=True)
    before = _shown(link, patient)
    if relation is not None and relation != link.relation:
        _check_room(work, account_id=account_id, relation=relation, but_patient_id=patient_id)
        if Relation.SELF in (relation, link.relation):
            consents.end_guardianship(work, account_id=account_id)
        link.relation = relation
    given = patients.checked(work, details)
    grows_up = patients.replaces_certificate(patient, given)
    waiting = None if patient.insurance_verified_at is not None else patient.insurance_number
    stands = patients.complete(work, patient=patient, details=given, confirmed=confirmed)
    work.session.flush()
    insurances.keep(work, patient=stands, number=given.insurance_number or waiting, insured=insured)
    if stands.id is not None and stands.id != patient_id:
        _relink(work, link, to=stands.id, instead_of=patient)
    work.record(
        "patient.edit",
        f"patient:{link.patient_id}",
        given=_names_of(given),
        was=patient_id,
        before=before,
        after=_shown(link, stands),
    )
    if guardian_agrees:
        guardians.agree(work, patient=stands)
    if grows_up:
        _check_guardian(work, stands)
    return one(work, patient_id=link.patient_id)


def remove(work: Work, *, patient_id: int) -> None:
    """Take a person off the list; appointments made for them stay."""
    account_id = _holder(work)
    _lock(work, account_id)
    link = _link(work, account_id=account_id, patient_id=patient_id)
    if link is None:
        raise not_found("这位就诊人")
    whom = None if link.relation == Relation.SELF else patient_id  # a new holder has to agree anew, for every child
    consents.end_guardianship(work, account_id=account_id, patient_id=whom)
    work.session.delete(link)
    work.record("patient.remove", f"patient:{patient_id}")


def one(work: Work, *, patient_id: int) -> PatientView:
    """A person of the own list; anybody else is not_found."""
    work.session.flush()
    for view in listing(work):
        if view.id == patient_id:
            return view
    raise not_found("这位就诊人")


def missing_for(work: Work, *, account_id: int, patient: Patient) -> list[str]:
    """What keeps this account from booking for this person: fields of theirs; `guardian` and `consent` for a child.

    A child under 14 is booked for by a complete and grown-up holder of the account, who agreed to it.
    """
    found = patients.missing_of(patient)
    if needs_guardian(patient.born_on, today=clinic_day(work.now)):
        rows = _rows(work, account_id=account_id)
        found += guardians.children_of(work, account_id=account_id, rows=rows).lack(patient)
    return found


def incomplete(missing: list[str], *, patient_id: int) -> Refusal:
    """Why somebody cannot be booked for yet, and what to do about it."""
    if missing[0] == "guardian":
        words = "给未满 14 周岁的就诊人挂号，请先补全您本人（年满 18 周岁的监护人）的证件信息。"
    elif missing[0] == "consent":
        words = "这位就诊人未满 14 周岁，请先以监护人身份勾选同意，再继续预约。"
    else:
        words = "请先补全就诊人的证件信息，再继续预约。"
    return Refusal("patient_incomplete", words, extra={"missing": missing, "patient_id": patient_id})


def _check_guardian(work: Work, patient: Patient) -> None:
    """A child's document is replaced by who answers for the child."""
    account_id = _holder(work)
    children = guardians.children_of(work, account_id=account_id, rows=_rows(work, account_id=account_id))
    if missing := children.lack(patient):
        raise incomplete(missing, patient_id=patient.id or 0)


def _holder(work: Work) -> int:
    return authority.check_holder(work.actor, Right.MANAGE_FAMILY)


def _onlooker(work: Work) -> int:
    """A frozen account still sees whom it booked for."""
    return authority.check_holder(work.actor, Right.SEE_APPOINTMENT)


def _lock(work: Work, account_id: int) -> None:
    """One change of a list at a time, so that its limits hold."""
    work.session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())


def _rows(work: Work, *, account_id: int) -> list[tuple[FamilyMember, Patient]]:
    found = work.session.execute(
        select(FamilyMember, Patient)
        .join(Patient, col(FamilyMember.patient_id) == col(Patient.id))
        .where(col(FamilyMember.account_id) == account_id)
        .order_by(col(FamilyMember.id))
    )
    return [(link, patient) for link, patient in found]


def _link(work: Work, *, account_id: int, patient_id: int) -> FamilyMember | None:
    if not 0 < patient_id <= ID_MAX:  # over the socket anything comes, and SQLite chokes on more than 64 bits
        return None
    return work.session.scalar(
        select(FamilyMember)
        .where(col(FamilyMember.account_id) == account_id, col(FamilyMember.patient_id) == patient_id)
        .execution_options(populate_existing=True)
    )


def _check_room(work: Work, *, account_id: int, relation: Relation, but_patient_id: int | None) -> None:
    relations = [link.relation for link, patient in _rows(work, account_id=account_id) if patient.id != but_patient_id]
    if relation is Relation.SELF and Relation.SELF in relations:
        raise Refusal("self_exists", "本人已经在就诊人里，请选择其他关系。")
    others = sum(other != Relation.SELF for other in relations)
    if relation is not Relation.SELF and others >= work.rules.members_per_account:
        raise Refusal(
            "too_many_members",
            "最多可添加 {limit} 位家庭成员，请先移除一位再添加。",
            params={"limit": work.rules.members_per_account},
        )


def _relink(work: Work, link: FamilyMember, *, to: int, instead_of: Patient) -> None:
    """The document turned out to be a known person's: they take the place of the unfinished record."""
    if _link(work, account_id=link.account_id, patient_id=to) is not None:
        raise _already_member()
    link.patient_id = to
    work.session.flush()
    work.change(update(Consent).where(col(Consent.patient_id) == instead_of.id).values(patient_id=to))
    work.session.delete(instead_of)


def _already_member() -> Refusal:
    return Refusal("already_member", "这位就诊人已经在您的列表里，直接选择即可。")


def _view(link: FamilyMember, patient: Patient, children: Children) -> PatientView:
    return PatientView(
        id=link.patient_id,
        name=patient.name_masked,
        relation=link.relation,
        document_kind=DocumentKind(patient.document_kind),
        document=patient.document_masked,
        born_on=patient.born_on,
        age=None if patient.born_on is None else age_on(patient.born_on, children.today),
        gender=patient.gender,
        insurance_number=mask_id_number(patient.insurance_number or ""),
        insurance_verified=patient.insurance_verified_at is not None,
        insurance_region=region_name(patient.insurance_region),
        missing=tuple(patients.missing_of(patient) + children.lack(patient)),
    )


def _shown(link: FamilyMember, patient: Patient) -> dict[str, str]:
    """For the audit trail: masked."""
    return {
        "relation": link.relation,
        "name": patient.name_masked,
        "document": patient.document_masked,
        "insurance": mask_id_number(patient.insurance_number or ""),
    }


def _names_of(details: Details) -> list[str]:
    return [name for name in Details.__dataclass_fields__ if getattr(details, name) is not None]
