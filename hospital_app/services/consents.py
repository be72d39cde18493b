"""单独同意的记录: given once, kept with its wording's version, taken back at any time; nothing is overwritten."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.consent import WORDINGS, ConsentKind
from hospital_app.domain.documents import needs_guardian
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.identity import Account, Consent, FamilyMember, Patient
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One consent as its account sees it. `patient_id` and the masked name only of a guardian's."""

    id: int
    kind: str
    version: str
    patient_id: int | None
    patient_name: str
    given_at: datetime
    withdrawn_at: datetime | None


def listing(work: Work) -> list[ConsentView]:
    """The newest first, taken back ones included."""
    account_id = authority.check_holder(work.actor, Right.OWN_PRIVACY)
    rows = work.session.execute(
        select(Consent, col(Patient.name_masked))
        .outerjoin(Patient, col(Consent.patient_id) == col(Patient.id))
        .where(col(Consent.account_id) == account_id)
        .order_by(col(Consent.id).desc())
    )
    return [_view(row, name or "") for row, name in rows]


def give(work: Work, *, kind: ConsentKind, patient_id: int | None = None) -> ConsentView:
    """Agree to the present wording; agreeing again changes nothing. A guardian's names the child.

    Raises Refusal `not_found` for nobody of the own list, `no_guardian_needed` (409) from 14 years on.
    """
    account_id = authority.check_holder(work.actor, Right.OWN_PRIVACY)
    name = ""
    if kind is ConsentKind.GUARDIAN:
        name = _child(work, account_id=account_id, patient_id=patient_id or 0)
    else:
        patient_id = None
    work.session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())
    row = work.session.scalar(
        select(Consent).where(*_standing(kind), col(Consent.account_id) == account_id, _of(patient_id))
    )
    if row is None:
        row = Consent(**new_row(work, account_id=account_id, kind=kind, patient_id=patient_id))
        row.address = work.actor.address[:60]
        work.session.add(row)
        work.session.flush()
        work.record(
            "consent.give", f"account:{account_id}", kind=kind.value, version=row.version, patient_id=patient_id
        )
    return _view(row, name)


def withdraw(work: Work, *, consent_id: int) -> None:
    """Take a consent back: nothing new is booked on it; what stands goes on. Again changes nothing."""
    account_id = authority.check_holder(work.actor, Right.OWN_PRIVACY)
    mine = (col(Consent.id) == min(consent_id, ID_MAX), col(Consent.account_id) == account_id)
    if work.session.scalar(select(col(Consent.id)).where(*mine)) is None:
        raise not_found("这项同意")
    if work.change(update(Consent).where(*mine, col(Consent.withdrawn_at).is_(None)).values(withdrawn_at=work.now)):
        work.record("consent.withdraw", f"account:{account_id}", consent_id=consent_id)


def end_guardianship(work: Work, *, account_id: int, patient_id: int | None = None) -> None:
    """The child left the list, or whoever agreed is the holder no more: the consent ends with it.

    Without `patient_id`: those for all children of the account.
    """
    whose = [] if patient_id is None else [col(Consent.patient_id) == patient_id]
    work.change(
        update(Consent)
        .where(*_standing(ConsentKind.GUARDIAN), col(Consent.account_id) == account_id, *whose)
        .values(withdrawn_at=work.now)
    )


def agreed_to_health_data() -> ColumnElement[bool]:
    """For a query about an Account: whether it may book as far as its consent goes."""
    return exists().where(*_standing(ConsentKind.HEALTH_DATA), col(Consent.account_id) == col(Account.id))


def has_agreed(work: Work, *, account_id: int) -> bool:
    """Whether the account agreed to the handling of health data."""
    found = select(exists().where(*_standing(ConsentKind.HEALTH_DATA), col(Consent.account_id) == account_id))
    return bool(work.session.scalar(found))


def children_agreed_for(work: Work, *, account_id: int) -> set[int]:
    """Ids of the children whom this account agreed for."""
    query = select(col(Consent.patient_id)).where(
        *_standing(ConsentKind.GUARDIAN), col(Consent.account_id) == account_id
    )
    return {patient_id for patient_id in work.session.scalars(query) if patient_id is not None}


def new_row(work: Work, *, account_id: int, kind: ConsentKind, patient_id: int | None = None) -> dict[str, Any]:
    """The columns of a fresh consent; also for those who write many at once."""
    return {
        "account_id": account_id,
        "patient_id": patient_id,
        "kind": kind.value,
        "version": WORDINGS[kind].version,
        "given_at": work.now,
        "address": "",
    }


def _standing(kind: ConsentKind) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Consent.kind) == kind.value,
        col(Consent.version) == WORDINGS[kind].version,
        col(Consent.withdrawn_at).is_(None),
    )


def _of(patient_id: int | None) -> ColumnElement[bool]:
    return col(Consent.patient_id).is_(None) if patient_id is None else col(Consent.patient_id) == patient_id


def _child(work: Work, *, account_id: int, patient_id: int) -> str:
    """The masked name of somebody in the list who is, or may turn out to be, a child."""
    found = work.session.execute(
        select(col(Patient.name_masked), col(Patient.born_on))
        .join(FamilyMember, col(FamilyMember.patient_id) == col(Patient.id))
        .where(col(FamilyMember.account_id) == account_id, col(Patient.id) == min(patient_id, ID_MAX))
    ).one_or_none()
    if found is None:
        raise not_found("这位就诊人")
    if found.born_on is not None and not needs_guardian(found.born_on, today=clinic_day(work.now)):
        raise Refusal("no_guardian_needed", "这位就诊人已满 14 周岁，不需要监护人同意，可以直接预约。")
    return str(found.name_masked)


def _view(row: Consent, name: str) -> ConsentView:
    if row.id is None:
        raise ValueError("unsaved consent")
    return ConsentView(row.id, row.kind, row.version, row.patient_id, name, row.given_at, row.withdrawn_at)
