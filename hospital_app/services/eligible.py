"""Who may book: the person stands in this account's list, is complete, what must be agreed to is, nobody is barred."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, tuple_
from sqlalchemy.orm import load_only
from sqlmodel import col

from hospital_app.domain.authority import account_frozen
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.consent import consent_required
from hospital_app.domain.documents import Gender
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.models.identity import Account, FamilyMember, Patient
from hospital_app.services import consents, families
from hospital_app.work import Work

# Names and numbers of people are sealed: open what must be looked at, and nothing else.
_NEEDED_OF_PATIENT: tuple[Any, ...] = (
    col(Patient.name),
    col(Patient.name_masked),
    col(Patient.document_number),
    col(Patient.document_masked),
    col(Patient.born_on),
    col(Patient.gender),
    col(Patient.noshow_banned_until),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A person as their account sees them."""

    name: str
    document: str


_GROWN_UP = timedelta(days=15 * 366)


def _past(column: Any) -> Any:
    return or_(column.is_(None), column <= bindparam("now"))


#: Of whom no more needs to be known. Nobody is refused for not being among them, only looked at closely.
_PLAINLY = (
    select(
        col(FamilyMember.account_id),
        col(FamilyMember.patient_id),
        col(Patient.name_masked),
        col(Patient.document_masked),
    )
    .join(Patient, col(FamilyMember.patient_id) == col(Patient.id))
    .join(Account, col(FamilyMember.account_id) == col(Account.id))
    .where(
        tuple_(col(FamilyMember.account_id), col(FamilyMember.patient_id)).in_(
            bindparam("pairs", expanding=True, literal_execute=True)
        ),
        col(Patient.name_masked) != "",
        col(Patient.document_index).is_not(None),
        col(Patient.document_masked) != "",
        col(Patient.gender) != Gender.UNKNOWN.value,
        col(Patient.born_on) <= bindparam("grown_up"),
        _past(col(Patient.noshow_banned_until)),
        _past(col(Account.frozen_until)),
        _past(col(Account.booking_banned_until)),
        consents.agreed_to_health_data(),
    )
)


def plainly(work: Work, *, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], Masked]:
    """Those (account, person) that `check` lets pass, as far as is seen without opening what is sealed."""
    found = work.columns(
        _PLAINLY, {"pairs": list(pairs), "now": work.now, "grown_up": clinic_day(work.now) - _GROWN_UP}
    )
    return {(account_id, patient_id): Masked(name, document) for account_id, patient_id, name, document in found}


def check(work: Work, *, account_id: int, patient_id: int) -> Masked:
    """Raises Refusal not_found, consent_required, patient_incomplete, account_frozen, noshow_penalty."""
    found = work.session.execute(
        select(
            Patient,
            col(Account.frozen_until),
            col(Account.booking_banned_until),
            consents.agreed_to_health_data(),
        )
        .join(FamilyMember, col(FamilyMember.patient_id) == col(Patient.id))
        .join(Account, col(FamilyMember.account_id) == col(Account.id))
        .where(col(FamilyMember.account_id) == account_id, col(Patient.id) == patient_id)
        .options(load_only(*_NEEDED_OF_PATIENT))
    ).one_or_none()
    if found is None:
        raise not_found("这位就诊人")
    patient, frozen_until, banned_until, agreed = found
    if not agreed:
        raise consent_required()
    missing = families.missing_for(work, account_id=account_id, patient=patient)
    if missing:
        raise families.incomplete(missing, patient_id=patient_id)
    if frozen_until is not None and frozen_until > work.now:
        raise account_frozen()
    banned = [until for until in (banned_until, patient.noshow_banned_until) if until]
    if banned and max(banned) > work.now:
        raise Refusal(
            "noshow_penalty",
            "因多次爽约，{until} 之前不能在线预约，如需就诊请到窗口挂号。",
            403,
            params={"until": clinic_day(max(banned)).isoformat()},
        )
    return Masked(patient.name_masked, patient.document_masked)
