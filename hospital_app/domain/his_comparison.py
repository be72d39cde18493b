"""Whether the hospital information system holds what we hold, element by element."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hospital_app.domain.calendar import clinic_day, day_bounds

MISSING = "missing"
#: How somebody there takes back what never was; a server keeps it under this status.
NEVER_WAS = "entered-in-error"
#: Days to come that are asked for one by one; whatever is later, at once.
DAYS_AHEAD = 30


def unlike(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> list[str]:
    """Names of the elements that differ, `missing` if it is not there; what the HIS added of its own does not count."""
    if theirs is None:
        return [MISSING]
    return [name for name, value in ours.items() if not _like(value, theirs.get(name))]


def _like(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(_like(value, theirs.get(name)) for name, value in ours.items())
    if isinstance(ours, Sequence) and not isinstance(ours, str):
        same_length = isinstance(theirs, Sequence) and len(ours) == len(theirs)
        return same_length and all(_like(*pair) for pair in zip(ours, theirs, strict=True))
    return ours == theirs or (isinstance(ours, str) and isinstance(theirs, str) and _same_instant(ours, theirs))


def _same_instant(ours: str, theirs: str) -> bool:
    """A server may write an instant in another zone."""
    if "T" not in ours or "T" not in theirs:
        return False
    try:
        return datetime.fromisoformat(ours) == datetime.fromisoformat(theirs)
    except (ValueError, TypeError):
        return False


def next_days(*, since: datetime, after: int, now: datetime) -> tuple[int, datetime, datetime | None] | None:
    """What the HIS is asked for next, a day at a time, the last time for all that is later: (day, begin, end).

    `after` and the answer's day are ordinals; 0: from the beginning. None: that was all.
    """
    on = date.fromordinal(after) + timedelta(days=1) if after else clinic_day(since)
    last = clinic_day(now) + timedelta(days=DAYS_AHEAD)
    if on > last:
        return None
    begin, end = day_bounds(on)
    return on.toordinal(), begin, None if on == last else end


def described(resource: Mapping[str, Any]) -> str:
    """Of what only the HIS has: its state and its time or amount, no personal data."""
    amount = resource.get("paymentAmount") or {}
    about = resource.get("start") or f"{amount.get('value')} {amount.get('currency')}"
    return f"{resource.get('status')} {about}"
