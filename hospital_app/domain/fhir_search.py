"""FHIR search parameters, as far as we know them: references, tokens, and dates with a prefix."""

from datetime import UTC, date, datetime

from hospital_app.domain.calendar import day_bounds
from hospital_app.domain.errors import Refusal
from hospital_app.domain.numbers import ID_MAX


def bad_parameter(name: str) -> Refusal:
    return Refusal("invalid", "查询参数 {name} 不正确，请对照 /fhir/R4/metadata 修改。", 400, params={"name": name})


def reference_id(name: str, value: str, kind: str) -> int:
    """`Schedule/12` or `12` → 12."""
    text = value.removeprefix(f"{kind}/")
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > ID_MAX:
        raise bad_parameter(name)
    return int(text)


def token_value(value: str) -> str:
    """`system|value` or `value` → value."""
    return value.rpartition("|")[2]


def window(name: str, values: list[str]) -> tuple[datetime | None, datetime | None]:
    """Dates and instants with the prefixes eq (or none), ge, gt, le, lt, all of them met: (from, before).

    A plain date is the whole day at the hospital.
    """
    since: datetime | None = None
    before: datetime | None = None
    for value in values:
        prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
        first, after = _bounds(name, text)
        starts = {"eq": first, "ge": first, "gt": after}.get(prefix)
        ends = {"eq": after, "le": after, "lt": first}.get(prefix)
        if starts is None and ends is None:
            raise bad_parameter(name)
        since = max(filter(None, (since, starts)), default=None)
        before = min(filter(None, (before, ends)), default=None)
    return since, before


def _bounds(name: str, text: str) -> tuple[datetime, datetime]:
    """First instant, and the first one after; an instant is its second."""
    try:
        if len(text) == 10:
            return day_bounds(date.fromisoformat(text))
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise bad_parameter(name)
        at = at.astimezone(UTC).replace(microsecond=0)
        return at, datetime.fromtimestamp(at.timestamp() + 1, UTC)
    except (ValueError, OverflowError):
        raise bad_parameter(name) from None
