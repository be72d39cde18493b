"""候补的通知: who leaves the line without a number is told so, and why."""

from hospital_app.models.changing import WaitlistEntry
from hospital_app.services import change_notices, messages, slots
from hospital_app.work import Work


def tell_without_number(work: Work, *, entry: WaitlistEntry, kind: str = "waitlist-cleared") -> None:
    """By text message too, if no number came in time."""
    if kind == "waitlist-cleared":
        change_notices.tell(work, account_id=entry.account_id, kind=kind, appointment_no=None, on=f"{entry.on:%m-%d}")
    else:
        messages.tell(work, account_id=entry.account_id, kind=kind)
    work.hint(slots.FREED, f"account:{entry.account_id}")
