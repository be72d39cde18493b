"""Nothing that opens a session, nor any other secret of a request, ends up in a log."""

import logging
import re
from typing import Any

#: Session cookies and bearer tokens, wherever a library prints headers or whole events.
_SECRETS = re.compile(r"((?:__Host-)?guahao_session(?:=|%3D)|[Bb]earer\s+)[^\s;,'\"\\]+")
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_make_record = logging.getLogRecordFactory()


def keep_secrets_out_of_logs() -> None:
    """Once per process: every record of every library is scrubbed, whichever handler writes it."""
    logging.setLogRecordFactory(_discreet_record)
    logging.basicConfig(format=_FORMAT, level=logging.INFO)
    for chatty in ("httpx", "alembic", "rq.worker", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def scrub(text: str) -> str:
    return _SECRETS.sub(r"\1…", text)


def _discreet_record(*arguments: Any, **named: Any) -> logging.LogRecord:
    record = _make_record(*arguments, **named)
    text = str(record.msg)
    if record.args or "guahao_session" in text or "earer" in text:
        record.msg, record.args = scrub(record.getMessage()), ()
    return record
