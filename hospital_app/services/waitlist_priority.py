"""停诊后的优先: who lost a number to a suspension goes first in one line of the same provider or department, once."""

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlmodel import col

from hospital_app.domain.change import DisplacementStatus
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.models.changing import Displacement, WaitlistEntry
from hospital_app.work import Work

FIRST, LATER = 0, 1


def precedence(work: Work, *, provider: str, department_code: str, patient_id: int) -> int:
    """Where somebody stands who joins now."""
    found = _unused(work, provider=provider, department_code=department_code, patient_id=patient_id)
    return LATER if found is None else FIRST


def use(work: Work, *, entry: WaitlistEntry) -> None:
    """A number is held for this entry. If it went first, that is used up, and the person's other entries stand where
    they would without it.
    """
    if entry.precedence != FIRST:
        return
    used = _unused(work, provider=entry.provider, department_code=entry.department_code, patient_id=entry.patient_id)
    if used is not None:
        work.change(
            update(Displacement)
            .where(col(Displacement.id) == used, col(Displacement.priority_used_at).is_(None))
            .values(priority_used_at=work.now)
        )
        work.record("displaced.priority-used", f"waitlist:{entry.id}", displacement=used)
    others = work.session.scalars(
        select(WaitlistEntry).where(
            col(WaitlistEntry.account_id) == entry.account_id,
            col(WaitlistEntry.status) == EntryStatus.WAITING,
            col(WaitlistEntry.patient_id) == entry.patient_id,
            col(WaitlistEntry.precedence) == FIRST,
            col(WaitlistEntry.id) != entry.id,
        )
    ).all()
    for other in others:
        stands = precedence(
            work, provider=other.provider, department_code=other.department_code, patient_id=other.patient_id
        )
        if stands != FIRST:
            work.change(
                update(WaitlistEntry)
                .where(col(WaitlistEntry.id) == other.id, col(WaitlistEntry.status) == EntryStatus.WAITING)
                .values(precedence=stands)
            )


def _unused(work: Work, *, provider: str, department_code: str, patient_id: int) -> int | None:
    """Of those that count here, the one that ends first."""
    return work.session.scalar(
        select(col(Displacement.id))
        .where(
            col(Displacement.patient_id) == patient_id,
            col(Displacement.priority_until) > work.now,
            col(Displacement.priority_used_at).is_(None),
            or_(col(Displacement.provider) == provider, col(Displacement.department_code) == department_code),
            _refunded(work),
        )
        .order_by(col(Displacement.priority_until), col(Displacement.id))
        .limit(1)
    )


def _refunded(work: Work) -> ColumnElement[bool]:
    """Also by the time, although nobody has given the money back yet; who was moved has a number."""
    return or_(
        col(Displacement.status) == DisplacementStatus.REFUNDED,
        and_(col(Displacement.status) == DisplacementStatus.OPEN, col(Displacement.decide_until) <= work.now),
    )
