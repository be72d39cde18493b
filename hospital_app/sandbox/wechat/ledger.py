"""What the pretended vendor keeps: orders, refunds, and the notifications that it still owes."""

import sqlite3
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.sandbox.books import open_books
from hospital_app.sandbox.chaos import CHAOS
from hospital_app.sandbox.courier import NOTICES
from hospital_app.sandbox.trouble import Trouble as Trouble
from hospital_app.sandbox.wechat import flows

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  out_trade_no TEXT PRIMARY KEY, trade_type TEXT NOT NULL, description TEXT NOT NULL,
  amount_fen INTEGER NOT NULL, notify_url TEXT NOT NULL, prepay_id TEXT NOT NULL,
  created_at REAL NOT NULL, expires_at REAL NOT NULL, state TEXT NOT NULL,
  transaction_id TEXT UNIQUE, captured_at REAL,
  capture_due_at REAL, notice_delays TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS orders_in_flight ON orders (capture_due_at) WHERE state = 'USERPAYING';
CREATE INDEX IF NOT EXISTS orders_latest ON orders (created_at);
CREATE TABLE IF NOT EXISTS refunds (
  out_refund_no TEXT PRIMARY KEY, refund_id TEXT NOT NULL, out_trade_no TEXT NOT NULL,
  amount_fen INTEGER NOT NULL, reason TEXT NOT NULL, notify_url TEXT NOT NULL,
  created_at REAL NOT NULL, due_at REAL NOT NULL, state TEXT NOT NULL, done_at REAL);
CREATE INDEX IF NOT EXISTS refunds_by_order ON refunds (out_trade_no);
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (due_at) WHERE state = 'PROCESSING';
"""


@dataclass(frozen=True, slots=True)
class Order:
    """One order; instants are seconds since the epoch. `state` is as written, see orders.state_of."""

    out_trade_no: str
    trade_type: str
    description: str
    amount_fen: int
    notify_url: str
    prepay_id: str
    created_at: float
    expires_at: float
    state: str  # NOTPAY PAYERROR USERPAYING SUCCESS CLOSED
    transaction_id: str | None
    captured_at: float | None
    capture_due_at: float | None
    notice_delays: str  # JSON list of seconds after the capture


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund order."""

    out_refund_no: str
    refund_id: str
    out_trade_no: str
    amount_fen: int
    reason: str
    notify_url: str
    created_at: float
    due_at: float
    state: str  # PROCESSING SUCCESS
    done_at: float | None


def open_ledger(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA + flows.SCHEMA + NOTICES + CHAOS)


def write_order(ledger: sqlite3.Connection, order: Order) -> None:
    ledger.execute(f"INSERT INTO orders VALUES ({', '.join('?' * 13)})", astuple(order))


def write_refund(ledger: sqlite3.Connection, refund: Refund) -> None:
    ledger.execute(f"INSERT INTO refunds VALUES ({', '.join('?' * 10)})", astuple(refund))


def order_by_no(ledger: sqlite3.Connection, out_trade_no: str) -> Order | None:
    return _order(ledger.execute("SELECT * FROM orders WHERE out_trade_no = ?", (out_trade_no,)).fetchone())


def order_by_transaction(ledger: sqlite3.Connection, transaction_id: str) -> Order | None:
    row = ledger.execute("SELECT * FROM orders WHERE transaction_id = ?", (transaction_id,)).fetchone()
    return _order(row)


def latest_orders(ledger: sqlite3.Connection, limit: int) -> list[Order]:
    rows = ledger.execute("SELECT * FROM orders ORDER BY created_at DESC LIMIT ?", (limit,))
    return [Order(*row) for row in rows]


def refund_by_no(ledger: sqlite3.Connection, out_refund_no: str) -> Refund | None:
    row = ledger.execute("SELECT * FROM refunds WHERE out_refund_no = ?", (out_refund_no,)).fetchone()
    return None if row is None else Refund(*row)


def refunds_of(ledger: sqlite3.Connection, out_trade_no: str) -> list[Refund]:
    rows = ledger.execute("SELECT * FROM refunds WHERE out_trade_no = ? ORDER BY created_at, rowid", (out_trade_no,))
    return [Refund(*row) for row in rows]


def rfc3339(instant: float) -> str:
    """As the vendor writes instants: whole seconds, +08:00."""
    return datetime.fromtimestamp(int(instant), HOSPITAL_ZONE).isoformat()


def _order(row: Any) -> Order | None:
    return None if row is None else Order(*row)
