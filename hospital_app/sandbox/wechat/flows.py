"""What moves on the merchant's own account beside payments and refunds: withdrawals, and what somebody enters by hand.

`POST /past-flows` with at, business_no, name, kind, amount_fen, voucher adds such a line to the fund-flow bill of its
day. It is not under /sandbox, hence for this machine's own processes only.
"""

import sqlite3
from datetime import date
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hospital_app.domain.calendar import day_bounds
from hospital_app.sandbox.intake import fields_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS other_flows (
  at REAL NOT NULL, business_no TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  amount_fen INTEGER NOT NULL, voucher TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS other_flows_by_time ON other_flows (at);
"""


class Move(NamedTuple):
    """One line of the fund-flow bill; `fen` is negative where it goes out."""

    at: float
    business_no: str
    name: str
    kind: str
    fen: int
    voucher: str = ""
    remark: str = ""


def others(ledger: sqlite3.Connection, on: date) -> list[Move]:
    start, end = (bound.timestamp() for bound in day_bounds(on))
    rows = ledger.execute("SELECT * FROM other_flows WHERE at >= ? AND at < ?", (start, end))
    return [Move(*row) for row in rows]


def flow_route(ledger: sqlite3.Connection) -> Route:
    async def take(request: Request) -> Response:
        try:
            told = await fields_of(request)
            move = Move(
                float(told["at"]),
                str(told["business_no"]),
                str(told["name"]),
                str(told["kind"]),
                int(told["amount_fen"]),
                str(told.get("voucher", "")),
            )
        except (KeyError, TypeError, ValueError):
            return JSONResponse({"error": "malformed", "detail": "资金流水的内容不正确。"}, 422)
        with ledger:
            ledger.execute("INSERT INTO other_flows VALUES (?, ?, ?, ?, ?, ?)", move[:6])
        return JSONResponse({"flows": 1}, 201)

    return Route("/past-flows", take, methods=["POST"])
