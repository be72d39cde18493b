"""What was paid and given back before this sandbox came into being: a seeded hospital tells of it."""

import secrets
import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.intake import fields_of
from hospital_app.sandbox.wechat.ledger import Order, order_by_no, write_order


def past_routes(ledger: sqlite3.Connection) -> list[Route]:
    """`POST /past-orders`: not under /sandbox, hence for this machine's own processes only."""

    async def take(request: Request) -> Response:
        try:
            told = await fields_of(request)
            orders = [_order(each) for each in told["orders"]]
            refunds = [_refund(each) for each in told.get("refunds", [])]
        except (KeyError, TypeError, ValueError):
            return JSONResponse({"error": "malformed", "detail": "orders 的内容不正确。"}, 422)
        with ledger:
            for order in orders:
                if order_by_no(ledger, order.out_trade_no) is None:
                    write_order(ledger, order)
            ledger.executemany(
                "INSERT OR IGNORE INTO refunds (out_refund_no, refund_id, out_trade_no, amount_fen, reason, notify_url,"
                " created_at, due_at, state, done_at) VALUES (?, ?, ?, ?, '', '', ?, ?, ?, ?)",
                refunds,
            )
        return JSONResponse({"orders": len(orders), "refunds": len(refunds)}, 201)

    return [Route("/past-orders", take, methods=["POST"])]


def _order(told: dict[str, Any]) -> Order:
    captured_at = float(told["captured_at"])
    return Order(
        out_trade_no=str(told["out_trade_no"]),
        trade_type="MWEB",
        description=str(told["description"]),
        amount_fen=int(told["amount_fen"]),
        notify_url="",
        prepay_id="wx" + secrets.token_hex(17),
        created_at=captured_at,
        expires_at=captured_at,
        state="SUCCESS",
        transaction_id=str(told["transaction_id"]),
        captured_at=captured_at,
        capture_due_at=None,
        notice_delays="[]",
    )


def _refund(told: dict[str, Any]) -> tuple[str | int | float | None, ...]:
    """`due_at` instead of `done_at`: the payer's bank takes that long."""
    numbers = (str(told["out_refund_no"]), str(told["refund_id"]), str(told["out_trade_no"]))
    if told.get("done_at") is None:
        return (*numbers, int(told["amount_fen"]), float(told["created_at"]), float(told["due_at"]), "PROCESSING", None)
    done_at = float(told["done_at"])
    return (*numbers, int(told["amount_fen"]), done_at, done_at, "SUCCESS", done_at)
