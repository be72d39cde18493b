"""Whether the hospital information system holds what we hold, element by element."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

MISSING = "missing"


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
