"""Refunds by API v3's rules: never more than was captured, one effect per out_refund_no."""

import re
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from hospital_app.sandbox import courier
from hospital_app.sandbox.chaos import delays as through_chaos
from hospital_app.sandbox.intake import callback_url
from hospital_app.sandbox.wechat.ledger import (
    Order,
    Refund,
    Trouble,
    order_by_no,
    order_by_transaction,
    refund_by_no,
    refunds_of,
    rfc3339,
    write_refund,
)

MAX_REFUNDS_PER_ORDER = 50
_OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")


def refund(ledger: sqlite3.Connection, *, asked: Mapping[str, Any], settle_seconds: float, now: float) -> Refund:
    """A new refund that settles by itself, or the same one again. Raises Trouble."""
    number, amount = asked.get("out_refund_no"), asked.get("amount") or {}
    wanted, total = amount.get("refund"), amount.get("total")
    if not isinstance(number, str) or not _OUT_REFUND_NO.fullmatch(number):
        raise Trouble(400, "PARAM_ERROR", "参数错误：out_refund_no")
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted <= 0:
        raise Trouble(400, "PARAM_ERROR", "参数错误：amount.refund")
    order = _order_asked(ledger, asked)
    if total != order.amount_fen:
        raise Trouble(400, "INVALID_REQUEST", "订单金额与支付时不一致")
    known = refund_by_no(ledger, number)
    if known is not None:
        if (known.out_trade_no, known.amount_fen) != (order.out_trade_no, wanted):
            raise Trouble(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致")
        return known
    earlier = refunds_of(ledger, order.out_trade_no)
    if sum(each.amount_fen for each in earlier) + wanted > order.amount_fen:
        raise Trouble(400, "INVALID_REQUEST", "申请退款金额大于订单可退金额")
    if len(earlier) >= MAX_REFUNDS_PER_ORDER:
        raise Trouble(403, "RULE_LIMIT", "一笔订单最多退款 50 次")
    refund_id = "5030" + "".join(secrets.choice("0123456789") for _ in range(24))
    notify_url = callback_url(asked["notify_url"]) if asked.get("notify_url") else ""
    made = Refund(
        out_refund_no=number,
        refund_id=refund_id,
        out_trade_no=order.out_trade_no,
        amount_fen=wanted,
        reason=str(asked.get("reason") or ""),
        notify_url=notify_url,
        created_at=now,
        due_at=now + settle_seconds,
        state="PROCESSING",
        done_at=None,
    )
    with ledger:
        write_refund(ledger, made)
    return made


def settle_due(ledger: sqlite3.Connection, now: float) -> None:
    """Give the money back for every refund whose instant has come, and owe the notification."""
    rows = ledger.execute("SELECT * FROM refunds WHERE state = 'PROCESSING' AND due_at <= ?", (now,))
    for due in [Refund(*row) for row in rows]:
        ledger.execute(
            "UPDATE refunds SET state = 'SUCCESS', done_at = ? WHERE out_refund_no = ?",
            (now, due.out_refund_no),
        )
        if due.notify_url:
            number = due.out_refund_no
            courier.owe(
                ledger, kind="refund", number=number, url=due.notify_url, delays=through_chaos(ledger, [0]), now=now
            )


def answer(ledger: sqlite3.Connection, refund: Refund) -> dict[str, Any]:
    """The refund as the order and the query answer it."""
    order = _order_of(ledger, refund)
    seen: dict[str, Any] = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": refund.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(refund.created_at),
        "status": refund.state,
        "funds_account": "AVAILABLE",
        "amount": _amount(refund, order),
    }
    if refund.done_at is not None:
        seen["success_time"] = rfc3339(refund.done_at)
    return seen


def resource(ledger: sqlite3.Connection, mchid: str, refund: Refund) -> dict[str, Any]:
    """The refund as its notification carries it: other field names, and no appid."""
    order = _order_of(ledger, refund)
    return {
        "mchid": mchid,
        "transaction_id": order.transaction_id,
        "out_trade_no": refund.out_trade_no,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "refund_status": refund.state,
        "success_time": rfc3339(refund.done_at or refund.due_at),
        "user_received_account": "支付用户零钱",
        "amount": _amount(refund, order),
    }


def _amount(refund: Refund, order: Order) -> dict[str, Any]:
    fen, total = refund.amount_fen, order.amount_fen
    return {"total": total, "refund": fen, "payer_total": total, "payer_refund": fen, "currency": "CNY"}


def _order_asked(ledger: sqlite3.Connection, asked: Mapping[str, Any]) -> Order:
    if asked.get("transaction_id"):
        order = order_by_transaction(ledger, str(asked["transaction_id"]))
    else:
        order = order_by_no(ledger, str(asked.get("out_trade_no")))
    if order is None:
        raise Trouble(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    if order.state != "SUCCESS":
        raise Trouble(400, "INVALID_REQUEST", "订单未支付，不能退款")
    return order


def _order_of(ledger: sqlite3.Connection, refund: Refund) -> Order:
    order = order_by_no(ledger, refund.out_trade_no)
    assert order is not None, refund
    return order
