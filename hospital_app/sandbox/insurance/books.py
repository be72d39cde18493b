"""The bureau's books. It knows everybody: whoever is asked about for the first time has always been enrolled, in the
region of their resident ID, with what their number says they have used up; from then on what it knows stands."""

import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hospital_app.sandbox import chaos, courier
from hospital_app.sandbox.books import open_books
from hospital_app.sandbox.insurance.policy import EMPLOYEE, RESIDENT, Means

SCHEMA = """
CREATE TABLE IF NOT EXISTS persons (
  certno TEXT PRIMARY KEY, name TEXT NOT NULL, psn_no TEXT NOT NULL, region TEXT NOT NULL, insutype TEXT NOT NULL,
  status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cards (card TEXT PRIMARY KEY, certno TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS means (
  psn_no TEXT PRIMARY KEY, deductible_used_fen INTEGER NOT NULL, fund_used_fen INTEGER NOT NULL,
  balance_fen INTEGER NOT NULL CHECK (balance_fen >= 0));
CREATE TABLE IF NOT EXISTS calls (
  id INTEGER PRIMARY KEY AUTOINCREMENT, infno TEXT NOT NULL, msgid TEXT NOT NULL UNIQUE, infcode INTEGER NOT NULL,
  at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
  msgid TEXT PRIMARY KEY, infno TEXT NOT NULL, digest TEXT NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sign_ins (sign_no TEXT PRIMARY KEY, opter TEXT NOT NULL, day TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS visits (
  mdtrt_id TEXT PRIMARY KEY, psn_no TEXT NOT NULL, ipt_otp_no TEXT NOT NULL, insutype TEXT NOT NULL,
  dropped INTEGER NOT NULL DEFAULT 0, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS visits_by_number ON visits (ipt_otp_no);
CREATE TABLE IF NOT EXISTS fees (
  mdtrt_id TEXT NOT NULL, feedetl_sn TEXT NOT NULL, chrg_bchno TEXT NOT NULL, total_fen INTEGER NOT NULL,
  PRIMARY KEY (mdtrt_id, feedetl_sn));
CREATE TABLE IF NOT EXISTS settlements (
  setl_id TEXT PRIMARY KEY, msgid TEXT NOT NULL UNIQUE, infno TEXT NOT NULL, mdtrt_id TEXT NOT NULL,
  psn_no TEXT NOT NULL, insutype TEXT NOT NULL, ipt_otp_no TEXT NOT NULL, chrg_bchno TEXT NOT NULL,
  state TEXT NOT NULL, total_fen INTEGER NOT NULL, over_fen INTEGER NOT NULL, first_fen INTEGER NOT NULL,
  within_fen INTEGER NOT NULL, deductible_fen INTEGER NOT NULL, fund_fen INTEGER NOT NULL,
  account_fen INTEGER NOT NULL, cash_fen INTEGER NOT NULL, at REAL NOT NULL, undone_msgid TEXT, undone_at REAL,
  CHECK (total_fen = fund_fen + account_fen + cash_fen), CHECK (total_fen = over_fen + first_fen + within_fen));
CREATE UNIQUE INDEX IF NOT EXISTS one_settlement ON settlements (mdtrt_id, chrg_bchno) WHERE state = 'settled';
CREATE INDEX IF NOT EXISTS settled_at ON settlements (at);
CREATE TABLE IF NOT EXISTS mobile_orders (
  pay_order_id TEXT PRIMARY KEY, pay_token TEXT NOT NULL, med_org_ord TEXT NOT NULL, asked TEXT NOT NULL,
  state TEXT NOT NULL, refund_no TEXT, setl_id TEXT, total_fen INTEGER NOT NULL, fund_fen INTEGER NOT NULL,
  account_fen INTEGER NOT NULL, cash_fen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS authorisations (
  auth_code TEXT PRIMARY KEY, pay_auth_no TEXT NOT NULL UNIQUE, certno TEXT NOT NULL, name TEXT NOT NULL,
  issued_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS files (no TEXT PRIMARY KEY, name TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS troubles (
  id INTEGER PRIMARY KEY, infno TEXT NOT NULL, kind TEXT NOT NULL, seconds REAL NOT NULL, times INTEGER NOT NULL);
"""
NOBODY, PAUSED = "99", "98"  # cards that begin so: nobody's, and somebody's whose insurance is paused
NO_COUNTY = "1000"  # 100000 is no region: the demonstration's people are insured where they are treated
#: (deductible used, balance) of people who are new: some pay all of it themselves, most do not.
USED_FEN = (500_00, 500_00, 480_00, 0)
BALANCES_FEN = (6_50, 35_00, 286_40, 1200_00, 0)


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
    return open_books(path, SCHEMA + chaos.CHAOS + courier.NOTICES)


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
    lot = int(sha256(certno.encode()).hexdigest()[:8], 16)
    kind = RESIDENT if lot % 4 == 3 else EMPLOYEE
    books.execute(
        "INSERT OR IGNORE INTO persons VALUES (?, ?, ?, ?, ?, ?)",
        (certno, name, f"P{_next(books):011d}", _region(certno, region), kind, _status(card)),
    )
    books.execute(
        "INSERT OR IGNORE INTO means SELECT psn_no, ?, 0, ? FROM persons WHERE certno = ?",
        (USED_FEN[lot // 4 % len(USED_FEN)], BALANCES_FEN[lot // 16 % len(BALANCES_FEN)], certno),
    )
    books.execute("INSERT OR IGNORE INTO cards VALUES (?, ?)", (card, certno))
    row = books.execute(
        "SELECT persons.* FROM cards JOIN persons USING (certno) WHERE cards.card = ?", (card,)
    ).fetchone()
    return None if row is None else Person(**row)


def means_of(books: sqlite3.Connection, psn_no: str) -> Means:
    row = books.execute("SELECT * FROM means WHERE psn_no = ?", (psn_no,)).fetchone()
    return Means(0, 0, 0) if row is None else Means(*(row[name] for name in Means.__slots__))


def set_means(books: sqlite3.Connection, certno: str, means: Means) -> bool:
    """Whether there is such a person."""
    with books:
        return bool(
            books.execute(
                "INSERT OR REPLACE INTO means SELECT psn_no, ?, ?, ? FROM persons WHERE certno = ?",
                (means.deductible_used_fen, means.fund_used_fen, means.balance_fen, certno),
            ).rowcount
        )


def _next(books: sqlite3.Connection) -> int:
    return int(books.execute("SELECT count(*) + 1 FROM persons").fetchone()[0])


def _region(certno: str, treated_in: str) -> str:
    has_county = len(certno) == 18 and certno.isascii() and certno[:6].isdecimal() and certno[:4] != NO_COUNTY
    return f"{certno[:4]}00" if has_county else treated_in


def _status(card: str) -> str:
    return "2" if card.startswith(PAUSED) else "1"
