"""Who is insured where. The pretended bureau knows everybody: whoever is asked about for the first time has always
been enrolled, in the region of their resident ID; from then on what it knows stands."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from hospital_app.sandbox.books import open_books

SCHEMA = """
CREATE TABLE IF NOT EXISTS persons (
  certno TEXT PRIMARY KEY, name TEXT NOT NULL, psn_no TEXT NOT NULL, region TEXT NOT NULL, insutype TEXT NOT NULL,
  status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cards (card TEXT PRIMARY KEY, certno TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
  id INTEGER PRIMARY KEY AUTOINCREMENT, infno TEXT NOT NULL, msgid TEXT NOT NULL UNIQUE, infcode INTEGER NOT NULL,
  at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
NOBODY, PAUSED = "99", "98"  # cards that begin so: nobody's, and somebody's whose insurance is paused
NO_COUNTY = "1000"  # 100000 is no region: the demonstration's people are insured where they are treated


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the bureau's register."""

    certno: str
    name: str
    psn_no: str
    region: str
    insutype: str
    status: str


def open_insurance_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA)


def is_up(books: sqlite3.Connection) -> bool:
    row = books.execute("SELECT value FROM switches WHERE name = 'up'").fetchone()
    return row is None or row["value"] == "1"


def switch(books: sqlite3.Connection, *, up: bool) -> None:
    with books:
        books.execute("INSERT OR REPLACE INTO switches VALUES ('up', ?)", ("1" if up else "0",))


def find(books: sqlite3.Connection, *, card: str, certno: str, name: str, region: str) -> Person | None:
    """Whose card this is; None: nobody's. Whoever is new is enrolled with the card they came with."""
    if card.startswith(NOBODY):
        return None
    with books:
        books.execute(
            "INSERT OR IGNORE INTO persons VALUES (?, ?, ?, ?, ?, ?)",
            (certno, name, f"P{_next(books):011d}", _region(certno, region), "310", _status(card)),
        )
        books.execute("INSERT OR IGNORE INTO cards VALUES (?, ?)", (card, certno))
    row = books.execute(
        "SELECT persons.* FROM cards JOIN persons USING (certno) WHERE cards.card = ?", (card,)
    ).fetchone()
    return None if row is None else Person(**row)


def _next(books: sqlite3.Connection) -> int:
    return int(books.execute("SELECT count(*) + 1 FROM persons").fetchone()[0])


def _region(certno: str, treated_in: str) -> str:
    has_county = len(certno) == 18 and certno.isascii() and certno[:6].isdecimal() and certno[:4] != NO_COUNTY
    return f"{certno[:4]}00" if has_county else treated_in


def _status(card: str) -> str:
    return "2" if card.startswith(PAUSED) else "1"
