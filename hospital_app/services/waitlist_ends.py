"""候补的结局: an entry follows the appointment that was offered to it, in the same transaction."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason
from hospital_app.domain.waitlist import ENTRY_MOVES, EntryAction
from hospital_app.models.changing import WaitlistEntry
from hospital_app.services import messages
from hospital_app.work import Work

_ENDS = {
    CancelReason.EXPIRED: EntryAction.LAPSE,
    CancelReason.RELEASED: EntryAction.LEAVE,
    CancelReason.SUSPENDED: EntryAction.CLEAR,
}


def follow_end(work: Work, *, nos: Collection[str], reason: CancelReason) -> None:
    """These offered numbers were not paid for."""
    if not nos:
        return
    action = _ENDS[reason]
    rows = work.session.scalars(
        select(WaitlistEntry).where(col(WaitlistEntry.appointment_no).in_(nos)).order_by(col(WaitlistEntry.id))
    ).all()
    for row in rows:
        if change(work, entry_id=row.id or 0, action=action, ended_at=work.now) and action is EntryAction.LAPSE:
            messages.tell(work, account_id=row.account_id, kind="waitlist-lapsed", appointment_no=row.appointment_no)


def follow_payment(work: Work, *, no: str) -> None:
    """An offered number was paid for."""
    entry_id = work.session.scalar(select(col(WaitlistEntry.id)).where(col(WaitlistEntry.appointment_no) == no))
    if entry_id is not None:
        change(work, entry_id=entry_id, action=EntryAction.ACCEPT, ended_at=work.now)


def change(work: Work, *, entry_id: int, action: EntryAction, **values: Any) -> bool:
    """One move of one entry, with its audit row; False if it stands elsewhere by now."""
    entry = ENTRY_MOVES[action]
    done = work.change(
        update(WaitlistEntry)
        .where(col(WaitlistEntry.id) == entry_id, col(WaitlistEntry.status).in_([each.value for each in entry.sources]))
        .values(status=entry.to.value, **values)
    )
    if done == 1:
        work.record(f"waitlist.{action.value}", f"waitlist:{entry_id}")
    return done == 1
