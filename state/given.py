"""What a client says arrives in any type: take it as what it must be, or refuse it."""

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any

from hospital_app.domain.errors import malformed

_YUAN = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
LARGEST_ID = 2**31 - 1
LONGEST = 200
LONGEST_PARAGRAPHS = 4000


def an_id(value: Any) -> int:
    """A whole number from 0 to LARGEST_ID. True is not the first of anything, nor is one and a half."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise malformed("编号")
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


def a_long_text(value: Any) -> str:
    """Some paragraphs."""
    if not isinstance(value, str) or len(value) > LONGEST_PARAGRAPHS:
        raise malformed("输入")
    return value


def a_text(value: Any) -> str:
    """A short text."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise malformed("输入")
    return value


def a_day(value: Any) -> date:
    """A day as `<input type="date">` writes it."""
    try:
        return date.fromisoformat(a_text(value))
    except ValueError:
        raise malformed("日期") from None


def a_time(value: Any) -> time:
    """A time of day as `<input type="time">` writes it."""
    try:
        found = time.fromisoformat(a_text(value))
    except ValueError:
        raise malformed("时间") from None
    if found.tzinfo is not None:
        raise malformed("时间")
    return found.replace(second=0, microsecond=0)


def a_fee(value: Any) -> int:
    """Yuan with up to two decimals, as somebody types them; in fen."""
    text = a_text(value).strip()
    if not _YUAN.fullmatch(text):
        raise malformed("费用")
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def an_instant(value: Any) -> datetime:
    """A point in time with its offset, as we wrote it into an option."""
    try:
        found = datetime.fromisoformat(a_text(value))
    except ValueError:
        raise malformed("时间") from None
    if found.tzinfo is None:
        raise malformed("时间")
    return found


def fits(handler: Callable[..., Any], payload: Mapping[str, Any]) -> bool:
    """Whether the payload names each argument that the handler needs, and nothing else."""
    needed, known = _arguments(handler)
    return needed <= payload.keys() <= known


@cache
def _arguments(handler: Callable[..., Any]) -> tuple[frozenset[str], frozenset[str]]:
    """(those without a default, all of them), without `self`."""
    _, *parameters = inspect.signature(handler).parameters.values()
    return frozenset(p.name for p in parameters if p.default is p.empty), frozenset(p.name for p in parameters)
