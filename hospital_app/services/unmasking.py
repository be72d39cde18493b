"""凭理由查看完整信息: found masked, shown in full only for a reason, so often a day, and on the audit trail.

Whoever looks for a person names an appointment, or the very document or phone: nobody leafs through people.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.documents import PATTERNS, DocumentKind, clean_number, compact
from hospital_app.domain.errors import Refusal, malformed, not_found
from hospital_app.domain.masking import mask_phone, without_numbers
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.texts import one_line
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Account, FamilyMember, Patient, Staff
from hospital_app.models.operation import AuditEntry
from hospital_app.services.id_documents import document_index
from hospital_app.services.regions import region_name
from hospital_app.services.sms_codes import phone_index
from hospital_app.work import Work

NOTE_MIN, NOTE_MAX = 4, 200
FOUND_MAX = 20
UNMASK = "patient.unmask"


class Reason(StrEnum):
    """为什么需要看完整信息. `other` is told in the note alone."""

    IDENTITY = "identity"  # 核对身份
    CONTACT = "contact"  # 联系患者
    CORRECTION = "correction"  # 更正资料
    INSURANCE = "insurance"  # 医保、退费核对
    EMERGENCY = "emergency"  # 急救
    COMPLAINT = "complaint"  # 处理投诉
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MaskedPerson:
    """Enough to tell whether it is the one who was looked for."""

    id: int
    name: str
    document_kind: str
    document: str
    born_on: date | None
    gender: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmasked:
    """Everything in full. `left`: how many more this member of staff may look at today."""

    id: int
    name: str
    document_kind: str
    document_number: str
    born_on: date | None
    gender: str
    insurance_number: str
    insurance_region: str
    phones: tuple[str, ...]
    left: int


def find(work: Work, *, appointment_no: str = "", document_number: str = "", phone: str = "") -> list[MaskedPerson]:
    """Whom this appointment, document or phone belongs to, masked; by the first of them that is given."""
    authority.check(work.actor, Right.UNMASK)
    by = "appointment" if appointment_no else "document" if document_number else "phone" if phone else ""
    if not by:
        raise malformed("查找条件")
    query = (
        _of_appointment(appointment_no)
        if appointment_no
        else of_document(document_number)
        if document_number
        else of_phone(phone)
    )
    people = work.session.scalars(query.order_by(col(Patient.id)).limit(FOUND_MAX)).unique().all()
    work.record("patient.find", "patient", by=by, found=[person.id for person in people])
    phones = _phones(work, [person.id or 0 for person in people])
    return [
        MaskedPerson(
            id=person.id or 0,
            name=person.name_masked,
            document_kind=person.document_kind,
            document=person.document_masked,
            born_on=person.born_on,
            gender=person.gender,
            phones=tuple(mask_phone(number) for number in phones.get(person.id or 0, ())),
        )
        for person in people
    ]


def unmask(work: Work, *, patient_id: int, reason: Reason, note: str) -> Unmasked:
    """One person in full. Raises Refusal `reason_needed` (422), `not_found`, `too_many_unmaskings` (429)."""
    authority.check(work.actor, Right.UNMASK)
    words = one_line(note)
    if not NOTE_MIN <= len(words) <= NOTE_MAX:
        raise Refusal("reason_needed", "请写明查看的原因，4 到 200 个字。", 422)
    left = _count(work)
    person = work.session.get(Patient, min(patient_id, ID_MAX), populate_existing=True)
    if person is None or person.id is None:
        raise not_found("这位患者")
    work.record(UNMASK, f"patient:{person.id}", reason=reason.value, note=without_numbers(words))
    return Unmasked(
        id=person.id,
        name=person.name,
        document_kind=person.document_kind,
        document_number=person.document_number or "",
        born_on=person.born_on,
        gender=person.gender,
        insurance_number=person.insurance_number or "",
        insurance_region=region_name(person.insurance_region),
        phones=tuple(_phones(work, [person.id]).get(person.id, ())),
        left=left,
    )


def _count(work: Work) -> int:
    """One more of today's; how many are left. The member of staff's own row is the lock."""
    work.session.execute(select(col(Staff.id)).where(col(Staff.id) == work.actor.staff_id).with_for_update())
    begins, ends = day_bounds(clinic_day(work.now))
    today = select(func.count(col(AuditEntry.id))).where(
        col(AuditEntry.at) >= begins,
        col(AuditEntry.at) < ends,
        col(AuditEntry.action) == UNMASK,
        col(AuditEntry.actor) == work.actor.subject,
    )
    seen = work.session.scalar(today) or 0
    if seen >= work.rules.unmaskings_per_day:
        raise Refusal(
            "too_many_unmaskings",
            "今天查看完整信息已达 {limit} 次，请明天再来，或由医院管理员处理。",
            429,
            params={"limit": work.rules.unmaskings_per_day},
        )
    return work.rules.unmaskings_per_day - seen - 1


def _of_appointment(no: str) -> Select[Patient]:
    return (
        select(Patient)
        .join(Appointment, col(Appointment.patient_id) == col(Patient.id))
        .where(col(Appointment.no) == compact(no)[:20])
    )


def of_document(number: str) -> Select[Patient]:
    """Of whichever kind of document has such numbers."""
    given = compact(number)
    kinds = [kind for kind in DocumentKind if PATTERNS[kind].fullmatch(given)]
    indexes = [document_index(kind, clean_number(kind, given)) for kind in kinds]
    return select(Patient).where(col(Patient.document_index).in_(indexes))


def of_phone(phone: str) -> Select[Patient]:
    return (
        select(Patient)
        .join(FamilyMember, col(FamilyMember.patient_id) == col(Patient.id))
        .join(Account, col(FamilyMember.account_id) == col(Account.id))
        .where(col(Account.phone_index) == phone_index(phone))
    )


def _phones(work: Work, patient_ids: list[int]) -> dict[int, list[str]]:
    """Of the accounts in whose lists they stand: their own first."""
    rows = work.session.execute(
        select(col(FamilyMember.patient_id), Account, col(FamilyMember.relation))
        .join(Account, col(FamilyMember.account_id) == col(Account.id))
        .where(col(FamilyMember.patient_id).in_(patient_ids))
        .order_by(col(FamilyMember.relation) != "self", col(FamilyMember.id))
    )
    found: dict[int, list[str]] = {}
    for patient_id, account, _ in rows:
        found.setdefault(patient_id, []).append(account.phone)
    return found
