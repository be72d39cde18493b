"""The pretended channels and bureau give back what a seeded hospital says was paid before its time."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from hospital_app.sandbox.alipay import trades
from hospital_app.sandbox.alipay.books import open_alipay_books, trade_by_no
from hospital_app.sandbox.alipay.past import past_routes as alipay_past_routes
from hospital_app.sandbox.alipay.signing import Fault
from hospital_app.sandbox.insurance import settling
from hospital_app.sandbox.insurance.books import open_insurance_books
from hospital_app.sandbox.insurance.envelope import Refused
from hospital_app.sandbox.insurance.past import past_routes as bureau_past_routes
from hospital_app.sandbox.trouble import Trouble
from hospital_app.sandbox.wechat.ledger import open_ledger, order_by_no, refund_by_no
from hospital_app.sandbox.wechat.past import past_routes
from hospital_app.sandbox.wechat.refunds import refund, settle_due

ORDER = {
    "out_trade_no": "GP2611240000000001",
    "amount_fen": 8000,
    "transaction_id": "42000000000000000000000001",
    "captured_at": 1_790_000_000.0,
    "description": "挂号诊查费",
}
SETTLED = {
    "certno": "100000196001010012",
    "name": "沈参保",
    "psn_no": "P80000000001",
    "region": "420300",
    "mdtrt_id": "M1",
    "ipt_otp_no": "GI2611240000000001",
    "chrg_bchno": "1",
    "setl_id": "S1",
    "fund_fen": 2250,
    "account_fen": 0,
    "cash_fen": 2750,
    "at": 1_790_000_000.0,
}
OTHER = {"mdtrt_id": "M2", "ipt_otp_no": "GI2611240000000002", "setl_id": "S2"}


def told(ledger: sqlite3.Connection, body: dict[str, object]) -> int:
    """The status of the answer."""
    return posted(past_routes(ledger), "/past-orders", body)


def posted(routes: list[Route], path: str, body: dict[str, object]) -> int:
    async def post() -> int:
        transport = httpx.ASGITransport(Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.post(path, json=body)).status_code

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


def test_a_slow_bank_is_still_slow(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite3")
    slow = {"out_refund_no": "GR1", "refund_id": "50300001", "out_trade_no": ORDER["out_trade_no"], "amount_fen": 3000}
    body = {"orders": [ORDER], "refunds": [{**slow, "created_at": 1_790_000_050.0, "due_at": 1_790_000_900.0}]}
    assert told(ledger, body) == 201
    for now, state in ((1_790_000_800.0, "PROCESSING"), (1_790_000_901.0, "SUCCESS")):
        settle_due(ledger, now)
        found = refund_by_no(ledger, "GR1")
        assert found is not None
        assert found.state == state
    ledger.close()


@pytest.mark.parametrize("body", [{}, {"orders": 1}, {"orders": [{}]}, {"orders": [{**ORDER, "amount_fen": "much"}]}])
def test_nonsense_is_refused_whole(tmp_path: Path, body: dict[str, object]) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite3")
    assert told(ledger, body) == 422
    ledger.close()


def test_alipay_gives_back_what_was_paid_there_before(tmp_path: Path) -> None:
    books = open_alipay_books(tmp_path / "alipay.sqlite3")
    back = {"out_refund_no": "GR1", "out_trade_no": ORDER["out_trade_no"], "amount_fen": 3000, "done_at": 1_790_000_050}
    body = {"orders": [ORDER], "refunds": [back]}
    assert [posted(alipay_past_routes(books), "/past-orders", body) for _ in range(2)] == [201, 201]
    trade = trade_by_no(books, "GP2611240000000001")
    assert trade is not None
    rest = {"out_request_no": "GR2", "refund_amount": "50.00"}
    assert trades.refund(books, trade, rest, 1_790_000_100.0)[1]
    with pytest.raises(Fault):
        trades.refund(books, trade, {"out_request_no": "GR3", "refund_amount": "0.01"}, 1_790_000_100.0)
    assert posted(alipay_past_routes(books), "/past-orders", {"orders": [{}]}) == 422
    books.close()


def test_the_bureau_reverses_what_was_settled_before(tmp_path: Path) -> None:
    books = open_insurance_books(tmp_path / "insurance.sqlite3")
    body = {"settlements": [SETTLED, {**SETTLED, **OTHER, "undone_at": 1_790_000_050.0}]}
    assert [posted(bureau_past_routes(books), "/past-settlements", body) for _ in range(2)] == [201, 201]
    asked = {"data": {name: SETTLED[name] for name in ("setl_id", "mdtrt_id", "psn_no")}}
    answer = settling.reverse(books, {"msgid": "m1"}, asked)
    assert answer["setlinfo"]["fund_pay_sumamt"] == "-22.50"
    with pytest.raises(Refused):
        settling.reverse(books, {"msgid": "m2"}, {"data": {**asked["data"], **OTHER}})
    assert posted(bureau_past_routes(books), "/past-settlements", {"settlements": [{**SETTLED, "at": "never"}]}) == 422
    books.close()
