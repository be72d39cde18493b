"""What a client says arrives in any type: take it as what it must be, or refuse it."""

from typing import Any

from hospital_app.domain.errors import malformed

LARGEST_ID = 2**31 - 1
LONGEST = 200


def an_id(value: Any) -> int:
    """A whole number from 0 to LARGEST_ID."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise malformed("编号") from None
    if not 0 <= number <= LARGEST_ID:
        raise malformed("编号")
    return number


def a_form(value: Any) -> dict[str, Any]:
    """What a form sends: names and values of any type."""
    if not isinstance(value, dict):
        raise malformed("输入")
    return value


def a_text(value: Any) -> str:
    """A short text."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise malformed("输入")
    return value
