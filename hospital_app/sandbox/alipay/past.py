"""What was paid and given back before this sandbox came into being: a seeded hospital tells of it."""

import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.alipay.books import Trade, trade_by_no, write_trade
from hospital_app.sandbox.intake import fields_of


def past_routes(books: sqlite3.Connection) -> list[Route]:
    """`POST /past-orders`: not under /sandbox, hence for this machine's own processes only."""

    async def take(request: Request) -> Response:
        try:
            told = await fields_of(request)
            trades = [_trade(each) for each in told["orders"]]
            refunds = [_refund(each) for each in told.get("refunds", [])]
        except (KeyError, TypeError, ValueError):
            return JSONResponse({"error": "malformed", "detail": "orders 的内容不正确。"}, 422)
        with books:
            for trade in trades:
                if trade_by_no(books, trade.out_trade_no) is None:
                    write_trade(books, trade)
            books.executemany("INSERT OR IGNORE INTO refunds VALUES (?, ?, ?, '', ?)", refunds)
        return JSONResponse({"orders": len(trades), "refunds": len(refunds)}, 201)

    return [Route("/past-orders", take, methods=["POST"])]


def _trade(told: dict[str, Any]) -> Trade:
    captured_at = float(told["captured_at"])
    return Trade(
        out_trade_no=str(told["out_trade_no"]),
        trade_no=str(told["transaction_id"]),
        subject=str(told["description"]),
        amount_fen=int(told["amount_fen"]),
        notify_url="",
        created_at=captured_at,
        expires_at=captured_at,
        state="TRADE_SUCCESS",
        opened=1,
        captured_at=captured_at,
        capture_due_at=None,
        notice_delays="[]",
    )


def _refund(told: dict[str, Any]) -> tuple[str | int | float, ...]:
    numbers = (str(told["out_refund_no"]), str(told["out_trade_no"]))
    return (*numbers, int(told["amount_fen"]), float(told["done_at"]))
