"""The pretended channel refunds what a seeded hospital says was paid before its time."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from hospital_app.sandbox.trouble import Trouble
from hospital_app.sandbox.wechat.ledger import open_ledger, order_by_no
from hospital_app.sandbox.wechat.past import past_routes
from hospital_app.sandbox.wechat.refunds import refund

ORDER = {
    "out_trade_no": "GP2611240000000001",
    "amount_fen": 8000,
    "transaction_id": "42000000000000000000000001",
    "captured_at": 1_790_000_000.0,
    "description": "挂号诊查费",
}


def told(ledger: sqlite3.Connection, body: dict[str, object]) -> int:
    """The status of the answer."""

    async def post() -> int:
        transport = httpx.ASGITransport(Starlette(routes=past_routes(ledger)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.post("/past-orders", json=body)).status_code

    return asyncio.run(post())


def test_a_past_order_can_be_refunded_and_is_told_once(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite3")
    assert [told(ledger, {"orders": [ORDER]}) for _ in range(2)] == [201, 201]
    order = order_by_no(ledger, "GP2611240000000001")
    assert order is not None
    assert (order.state, order.amount_fen) == ("SUCCESS", 8000)
    asked = {
        "out_refund_no": "GR2611240000000001",
        "transaction_id": ORDER["transaction_id"],
        "amount": {"refund": 8000, "total": 8000, "currency": "CNY"},
    }
    assert refund(ledger, asked=asked, settle_seconds=0, now=1_790_000_100.0).amount_fen == 8000
    ledger.close()


def test_what_was_given_back_before_stays_given_back(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite3")
    back = {"out_refund_no": "GR1", "refund_id": "50300001", "out_trade_no": ORDER["out_trade_no"], "amount_fen": 3000}
    body = {"orders": [ORDER], "refunds": [{**back, "done_at": 1_790_000_050.0}]}
    assert [told(ledger, body) for _ in range(2)] == [201, 201]
    (row,) = ledger.execute("SELECT out_refund_no, amount_fen, state FROM refunds").fetchall()
    assert tuple(row) == ("GR1", 3000, "SUCCESS")
    asked = {
        "out_refund_no": "GR2",
        "transaction_id": ORDER["transaction_id"],
        "amount": {"refund": 6000, "total": 8000, "currency": "CNY"},
    }
    with pytest.raises(Trouble):
        refund(ledger, asked=asked, settle_seconds=0, now=1_790_000_100.0)
    ledger.close()


@pytest.mark.parametrize("body", [{}, {"orders": 1}, {"orders": [{}]}, {"orders": [{**ORDER, "amount_fen": "much"}]}])
def test_nonsense_is_refused_whole(tmp_path: Path, body: dict[str, object]) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite3")
    assert told(ledger, body) == 422
    ledger.close()
