"""Who allowed whom what: codes that are good once and not for long, and the tokens that come of them."""

import secrets
import sqlite3
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from hospital_app.sandbox.books import open_books

SCHEMA = """
CREATE TABLE IF NOT EXISTS grants (
  code TEXT PRIMARY KEY, vendor TEXT NOT NULL, person TEXT NOT NULL, scope TEXT NOT NULL,
  issued_at REAL NOT NULL, expires_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, vendor TEXT NOT NULL, person TEXT NOT NULL, scope TEXT NOT NULL, expires_at REAL NOT NULL);
"""

Vendor = Literal["wechat", "alipay"]


@dataclass(frozen=True, slots=True)
class Grant:
    """`person` is a nickname: whoever gives the same one is the same person."""

    person: str
    scope: str


@dataclass(frozen=True, slots=True)
class Spoilt:
    """Why a code is worth nothing."""

    why: Literal["unknown", "used", "expired"]


def open_identity_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA)


def grant(
    books: sqlite3.Connection, vendor: Vendor, person: str, scope: str, *, valid_seconds: float, now: float
) -> str:
    """The code that the browser carries back."""
    code = secrets.token_hex(16)
    with books:
        books.execute(
            "INSERT INTO grants (code, vendor, person, scope, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            (code, vendor, person, scope, now, now + valid_seconds),
        )
    return code


def redeem(books: sqlite3.Connection, vendor: Vendor, code: str, *, now: float) -> Grant | Spoilt:
    """Use a code up."""
    row = books.execute("SELECT * FROM grants WHERE code = ? AND vendor = ?", (code, vendor)).fetchone()
    if row is None:
        return Spoilt("unknown")
    if row["used_at"] is not None:
        return Spoilt("used")
    if row["expires_at"] <= now:
        return Spoilt("expired")
    with books:
        books.execute("UPDATE grants SET used_at = ? WHERE code = ?", (now, code))
    return Grant(row["person"], row["scope"])


def give_token(books: sqlite3.Connection, vendor: Vendor, given: Grant, *, valid_seconds: float, now: float) -> str:
    token = secrets.token_urlsafe(48)
    with books:
        books.execute(
            "INSERT INTO tokens (token, vendor, person, scope, expires_at) VALUES (?, ?, ?, ?, ?)",
            (token, vendor, given.person, given.scope, now + valid_seconds),
        )
    return token


def holder_of(books: sqlite3.Connection, vendor: Vendor, token: str, *, now: float) -> Grant | None:
    row = books.execute(
        "SELECT * FROM tokens WHERE token = ? AND vendor = ? AND expires_at > ?", (token, vendor, now)
    ).fetchone()
    return None if row is None else Grant(row["person"], row["scope"])


def latest(books: sqlite3.Connection, count: int) -> list[sqlite3.Row]:
    return books.execute("SELECT * FROM grants ORDER BY issued_at DESC, rowid DESC LIMIT ?", (count,)).fetchall()


def open_id(application: str, person: str) -> str:
    """The id under which one application knows a person; another application knows another one."""
    return urlsafe_b64encode(sha256(f"{application}:{person}".encode()).digest()).decode()[:27]
