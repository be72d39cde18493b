"""What the gateway answers to each of its methods."""

import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from hospital_app.domain.money import yuan
from hospital_app.sandbox.alipay import bills, trades
from hospital_app.sandbox.alipay.books import Trade, refunds_of, trade_by_no, wall
from hospital_app.sandbox.alipay.signing import Fault


def answer_to(
    books: sqlite3.Connection,
    asked: Mapping[str, str],
    content: Mapping[str, Any],
    *,
    here: str,
    tokens: dict[str, tuple[float, bytes]],
    seller: str,
) -> dict[str, Any]:
    """The answer's own fields. `here`: where bills are fetched with a token. Raises Fault."""
    now, method, number = time.time(), asked["method"], str(content.get("out_trade_no", ""))
    match method:
        case "alipay.trade.precreate":
            notify_url = asked.get("notify_url")
            trade = trades.open_trade(books, content, notify_url=notify_url, opened=False, now=now)
            return {"out_trade_no": number, "qr_code": f"/sandbox/cashier/{trade.out_trade_no}"}
        case "alipay.trade.query":
            return trades.said_of(books, _seen(books, number), now)
        case "alipay.trade.close":
            trade = _seen(books, number)
            trades.close(books, trade, now)
            return {"out_trade_no": number, "trade_no": trade.trade_no}
        case "alipay.trade.cancel":
            return trades.cancel(books, number, now)
        case "alipay.trade.refund":
            return _refund(books, _seen(books, number), content, now)
        case "alipay.trade.fastpay.refund.query":
            return _refund_query(books, _seen(books, number), str(content.get("out_request_no", "")))
        case "alipay.data.dataservice.bill.downloadurl.query":
            on = bills.require_ready(books, dict(content), now)
            token = secrets.token_urlsafe(24)
            tokens[token] = (now, bills.packed(books, on, seller_id=seller, now=now))
            return {"bill_download_url": f"{here}?token={token}"}
    raise Fault("40002", "isv.invalid-method", "不存在的方法名")


def _seen(books: sqlite3.Connection, number: str) -> Trade:
    """A trade that its payer has been to; before, there is none."""
    trade = trade_by_no(books, number)
    if trade is None or not trade.opened:
        raise Fault("40004", "ACQ.TRADE_NOT_EXIST", "交易不存在")
    return trade


def _refund(books: sqlite3.Connection, trade: Trade, content: Mapping[str, Any], now: float) -> dict[str, Any]:
    made, moved = trades.refund(books, trade, content, now)
    return {
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.trade_no,
        "refund_fee": yuan(sum(each.amount_fen for each in refunds_of(books, trade.out_trade_no))),
        "gmt_refund_pay": wall(made.done_at),
        "fund_change": "Y" if moved else "N",
    }


def _refund_query(books: sqlite3.Connection, trade: Trade, request_no: str) -> dict[str, Any]:
    """For a refund that it does not know, the vendor names the trade alone."""
    said = {"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no, "out_request_no": request_no}
    made = next((each for each in refunds_of(books, trade.out_trade_no) if each.out_request_no == request_no), None)
    if made is None:
        return said
    return said | {
        "total_amount": yuan(trade.amount_fen),
        "refund_amount": yuan(made.amount_fen),
        "refund_status": "REFUND_SUCCESS",
        "gmt_refund_pay": wall(made.done_at),
    }
