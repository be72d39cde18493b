"""转手：a number that was given back, or run out, and that somebody else had right afterwards. The books say it all, so
that no hold has to be asked for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.waitlist import TERMINAL
from hospital_app.models.booking import Appointment
from hospital_app.services import counter
from hospital_app.services.late_returns import devices_of
from hospital_app.services.misuse import OWN_CANCELS
from hospital_app.work import Work

LISTED = 1000
#: Nobody looks at what was given back longer ago than this before now.
LATELY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Handover:
    """`linked`: both accounts used one device. `taken_id`: of the appointment that has the number now."""

    taken_id: int
    schedule_id: int
    giver: int
    taker: int
    linked: bool


def newest(work: Work) -> int:
    """The id of the newest appointment."""
    return work.session.scalar(select(func.max(col(Appointment.id)))) or 0


def after(work: Work, *, appointment_id: int) -> list[Handover]:
    """Among the appointments that came later than this one. What the waitlist or a counter gave is nobody's trick."""
    within = timedelta(seconds=work.rules.scalping_handover_seconds)
    given, taken = aliased(Appointment), aliased(Appointment)
    rows = work.session.execute(
        select(
            col(taken.id), col(taken.schedule_id), col(taken.created_at), col(taken.account_id),
            col(given.account_id), col(given.cancelled_at),
        )
        .join(given, and_(col(given.slot_id) == col(taken.slot_id), col(given.id) < col(taken.id)))
        .where(
            col(taken.id) > appointment_id,
            col(taken.terminal).not_in([TERMINAL, counter.TERMINAL]),
            col(given.terminal) != TERMINAL,
            col(given.status) == Status.CANCELLED.value,
            col(given.cancel_reason).in_(OWN_CANCELS),
            col(given.cancelled_at) > work.now - within - LATELY,
            or_(col(given.account_id) != col(taken.account_id), col(given.patient_id) != col(taken.patient_id)),
        )
        .order_by(col(taken.id), col(given.id))
        .limit(LISTED)
    ).all()  # fmt: skip
    found = [
        (taken_id or 0, schedule_id, giver, taker)
        for taken_id, schedule_id, taken_at, taker, giver, given_at in rows
        if _at_once(given_at, taken_at, within)
    ]
    linked = _linked(work, {account for *_, giver, taker in found for account in (giver, taker)})
    return [
        Handover(taken_id, schedule_id, giver, taker, giver != taker and bool(linked[giver] & linked[taker]))
        for taken_id, schedule_id, giver, taker in found
    ]


def _at_once(given_at: datetime | None, taken_at: datetime, within: timedelta) -> bool:
    return given_at is not None and timedelta(0) <= taken_at - given_at <= within


def _linked(work: Work, account_ids: Collection[int]) -> dict[int, set[str]]:
    found = devices_of(work, account_ids)
    return {account: found.get(account, set()) for account in account_ids}
