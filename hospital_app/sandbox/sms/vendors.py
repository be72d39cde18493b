"""What both pretended vendors check alike: the number and how often it is written to, what a template needs."""

import sqlite3
import time
from dataclasses import dataclass

from hospital_app.domain.text_messages import NotFilled, fill, parameters
from hospital_app.sandbox.sms.books import keep

SIGN_NAME = "挂号"
APP_ID = "1400000001"
KEY_ID = "LTAIguahao-sandbox"
#: Carriers' limits for one number: seconds → messages.
LIMITS = {60: 1, 3600: 5, 86400: 10}
OLDEST_SECONDS = 300


@dataclass(frozen=True)
class Wrong:
    """Why a vendor does not send: in no vendor's words yet."""

    what: str  # phone sign template parameters limit-60 limit-3600 limit-86400


def is_phone(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) == 11


def exceeded(books: sqlite3.Connection, phone: str) -> int | None:
    """The span whose limit this number has reached."""
    for seconds, most in LIMITS.items():
        since = time.time() - seconds
        query = "SELECT count(*) FROM messages WHERE phone = ? AND sent_at > ?"
        if books.execute(query, (phone, since)).fetchone()[0] >= most:
            return seconds
    return None


def deliver(
    books: sqlite3.Connection, *, phone: str, sign_name: object, template: str | None, params: dict[str, str]
) -> str | Wrong:
    """The message's id, or why it is not sent."""
    if not is_phone(phone):
        return Wrong("phone")
    if sign_name != SIGN_NAME:
        return Wrong("sign")
    if template is None:
        return Wrong("template")
    try:
        text = fill(template, params)
    except NotFilled:
        return Wrong("parameters")
    if set(params) != set(parameters(template)):
        return Wrong("parameters")
    if (seconds := exceeded(books, phone)) is not None:
        return Wrong(f"limit-{seconds}")
    return keep(books, phone, template, params, text)
