"""Nothing that opens a session, no other secret of a request, no phone and no ID number ends up in a log."""

import logging
import re
from typing import Any

#: Our cookies (session, device) and bearer tokens, wherever a library prints headers or whole events.
_SECRETS = re.compile(r"((?:__Host-)?guahao_\w+(?:=|%3D)|[Bb]earer\s+)[^\s;,'\"\\]+")
#: Mobile numbers, however written down, and resident IDs, inside whatever text somebody else logs.
_PHONE = re.compile(r"(?<!\d)((?:(?:\+|%2B|00)?86)?1[3-9]\d)\d{4}(\d{4})(?!\d)")
_RESIDENT_ID = re.compile(r"(?<!\d)([1-8]\d{2})\d{11}(\d{3}[\dXx])(?![\dXx])")
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_traces = logging.Formatter()
_make_record = logging.getLogRecordFactory()


def keep_secrets_out_of_logs() -> None:
    """Once per process: every record of every library is scrubbed, whichever handler writes it."""
    logging.setLogRecordFactory(_discreet_record)
    logging.basicConfig(format=_FORMAT, level=logging.INFO)
    for chatty in ("httpx", "alembic", "rq.worker", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Warns of arguments of another type with their very values, which may be anybody's data.
    logging.getLogger("reflex_base.event.processor.base_state_processor").setLevel(logging.ERROR)


def scrub(text: str) -> str:
    return _RESIDENT_ID.sub(r"\1…\2", _PHONE.sub(r"\1…\2", _SECRETS.sub(r"\1…", text)))


def _discreet_record(*arguments: Any, **named: Any) -> logging.LogRecord:
    record = _make_record(*arguments, **named)
    try:
        text = record.getMessage()
    except (TypeError, ValueError):  # somebody's wrong format must not become their failure
        text = f"{record.msg} {record.args}"
    record.msg, record.args = scrub(text), ()
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = scrub(_traces.formatException(record.exc_info))
    return record
