"""What the pretended HIS was told in HL7 v2: every message, and what is so by now."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS v2_messages (
  seq INTEGER PRIMARY KEY, control_id TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, body TEXT NOT NULL,
  taken_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS v2_appointments (
  no TEXT PRIMARY KEY, version INTEGER NOT NULL, event TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  starts_at TEXT NOT NULL, ends_at TEXT NOT NULL, patient TEXT NOT NULL, schedule TEXT NOT NULL, slot TEXT NOT NULL,
  department TEXT NOT NULL, doctor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS v2_money (
  id TEXT PRIMARY KEY, appointment_no TEXT NOT NULL, batch TEXT NOT NULL, kind TEXT NOT NULL, amount TEXT NOT NULL,
  channel TEXT NOT NULL, at TEXT NOT NULL);
"""


def keep(books: sqlite3.Connection, *, control_id: str, kind: str, code: str, body: str) -> None:
    books.execute(
        "INSERT INTO v2_messages (control_id, kind, code, body, taken_at) VALUES (?, ?, ?, ?, ?)",
        (control_id, kind, code, body, time.time()),
    )


def take_appointment(books: sqlite3.Connection, told: Mapping[str, Any]) -> None:
    """Unless one at least as new is held."""
    row = books.execute("SELECT version FROM v2_appointments WHERE no = ?", (told["no"],)).fetchone()
    if row is None or row["version"] < told["version"]:
        _write(books, "v2_appointments", told)


def take_money(books: sqlite3.Connection, moved: Sequence[Mapping[str, Any]]) -> None:
    """A transaction that is known stays as it is."""
    for each in moved:
        if books.execute("SELECT 1 FROM v2_money WHERE id = ?", (each["id"],)).fetchone() is None:
            _write(books, "v2_money", each)


def counts(books: sqlite3.Connection) -> dict[str, int]:
    """Messages by kind, those accepted."""
    rows = books.execute("SELECT kind, COUNT(*) AS told FROM v2_messages WHERE code = 'AA' GROUP BY kind ORDER BY kind")
    return {row["kind"]: row["told"] for row in rows}


def latest(books: sqlite3.Connection, *, limit: int) -> list[sqlite3.Row]:
    return books.execute("SELECT * FROM v2_messages ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()


def _write(books: sqlite3.Connection, table: str, told: Mapping[str, Any]) -> None:
    places = ", ".join("?" * len(told))
    books.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(told)}) VALUES ({places})", tuple(told.values()))
