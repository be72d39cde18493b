"""What the pretended vendor keeps: trades, refunds, numbers that were cancelled, and notifications owed."""

import sqlite3
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.sandbox.books import open_books
from hospital_app.sandbox.chaos import CHAOS
from hospital_app.sandbox.courier import NOTICES

SCHEMA = """
CREATE TABLE IF NOT EXISTS trades (
  out_trade_no TEXT PRIMARY KEY, trade_no TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, amount_fen INTEGER NOT NULL,
  notify_url TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL, state TEXT NOT NULL,
  opened INTEGER NOT NULL, captured_at REAL, capture_due_at REAL, notice_delays TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS trades_in_flight ON trades (capture_due_at) WHERE state = 'PAYING';
CREATE INDEX IF NOT EXISTS trades_latest ON trades (created_at);
CREATE INDEX IF NOT EXISTS trades_captured ON trades (captured_at);
CREATE TABLE IF NOT EXISTS refunds (
  out_request_no TEXT NOT NULL, out_trade_no TEXT NOT NULL, amount_fen INTEGER NOT NULL, reason TEXT NOT NULL,
  done_at REAL NOT NULL, PRIMARY KEY (out_trade_no, out_request_no));
CREATE INDEX IF NOT EXISTS refunds_done ON refunds (done_at);
CREATE TABLE IF NOT EXISTS cancelled (out_trade_no TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade; instants are seconds since the epoch. `state` is as written, see trades.state_of.

    `opened`: the payer has been to the cashier; before, the vendor says that there is no such trade.
    """

    out_trade_no: str
    trade_no: str
    subject: str
    amount_fen: int
    notify_url: str
    created_at: float
    expires_at: float
    state: str  # WAIT_BUYER_PAY PAYING TRADE_SUCCESS TRADE_CLOSED
    opened: int
    captured_at: float | None
    capture_due_at: float | None
    notice_delays: str  # JSON list of seconds after the capture

    @property
    def description(self) -> str:
        return self.subject


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund, done as soon as it is asked for."""

    out_request_no: str
    out_trade_no: str
    amount_fen: int
    reason: str
    done_at: float


def open_alipay_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA + NOTICES + CHAOS)


def write_trade(books: sqlite3.Connection, trade: Trade) -> None:
    books.execute(f"INSERT INTO trades VALUES ({', '.join('?' * 12)})", astuple(trade))


def write_refund(books: sqlite3.Connection, refund: Refund) -> None:
    books.execute("INSERT INTO refunds VALUES (?, ?, ?, ?, ?)", astuple(refund))


def trade_by_no(books: sqlite3.Connection, out_trade_no: str) -> Trade | None:
    row: Any = books.execute("SELECT * FROM trades WHERE out_trade_no = ?", (out_trade_no,)).fetchone()
    return None if row is None else Trade(*row)


def latest_trades(books: sqlite3.Connection, limit: int) -> list[Trade]:
    return [Trade(*row) for row in books.execute("SELECT * FROM trades ORDER BY created_at DESC LIMIT ?", (limit,))]


def refunds_of(books: sqlite3.Connection, out_trade_no: str) -> list[Refund]:
    rows = books.execute("SELECT * FROM refunds WHERE out_trade_no = ? ORDER BY rowid", (out_trade_no,))
    return [Refund(*row) for row in rows]


def wall(instant: float) -> str:
    """As the vendor writes instants: China's wall clock."""
    return datetime.fromtimestamp(int(instant), HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
