"""Orders by API v3's rules: create, query, close; and what the payer does at the cashier."""

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hospital_app.sandbox import courier
from hospital_app.sandbox.chaos import delays as through_chaos
from hospital_app.sandbox.intake import callback_url
from hospital_app.sandbox.payer import NOTICE_DELAYS, Wish
from hospital_app.sandbox.wechat.ledger import (
    Order,
    Trouble,
    order_by_no,
    refunds_of,
    rfc3339,
    write_order,
)
from hospital_app.sandbox.wechat.signing import Platform

TRADE_TYPES = {"h5": "MWEB", "jsapi": "JSAPI", "native": "NATIVE"}
DESCRIBED = {
    "NOTPAY": "订单未支付",
    "USERPAYING": "用户支付中",
    "PAYERROR": "支付失败，可以重新支付",
    "SUCCESS": "支付成功",
    "CLOSED": "订单已关闭",
    "REFUND": "订单发生过退款",
}
#: The vendor keeps an order payable for two hours if the merchant names no end.
DEFAULT_LIFE_SECONDS = 7200

_OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-*]{6,32}")


def create(ledger: sqlite3.Connection, platform: Platform, *, kind: str, asked: Mapping[str, Any], now: float) -> Order:
    """A new order, or the same one again for the same request. Raises Trouble."""
    fresh = _order_asked(platform, kind=kind, asked=asked, now=now)
    known = order_by_no(ledger, fresh.out_trade_no)
    if known is not None:
        return _again(known, fresh, now)
    with ledger:
        write_order(ledger, fresh)
    return fresh


def state_of(order: Order, now: float) -> str:
    """The state at this instant: an unpaid order closes by itself when its time is over."""
    if order.state in ("NOTPAY", "PAYERROR") and now >= order.expires_at:
        return "CLOSED"
    return order.state


def transaction(ledger: sqlite3.Connection, platform: Platform, order: Order, now: float) -> dict[str, Any]:
    """The order as a query answers it and a notification carries it."""
    state = state_of(order, now)
    if state == "SUCCESS" and refunds_of(ledger, order.out_trade_no):
        state = "REFUND"
    seen: dict[str, Any] = {
        "appid": platform.appid,
        "mchid": platform.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": state,
        "trade_state_desc": DESCRIBED[state],
        "amount": {"total": order.amount_fen, "currency": "CNY"},
    }
    if order.captured_at is not None:
        seen["amount"] |= {"payer_total": order.amount_fen, "payer_currency": "CNY"}
        seen |= {
            "transaction_id": order.transaction_id,
            "trade_type": order.trade_type,
            "bank_type": "OTHERS",
            "success_time": rfc3339(order.captured_at),
            "payer": {"openid": "oSandboxPayer"},
        }
    return seen


def close(ledger: sqlite3.Connection, order: Order, now: float) -> None:
    """Raises Trouble: ORDERPAID, or SYSTEM_ERROR while a payment is in flight."""
    if order.state == "SUCCESS":
        raise Trouble(400, "ORDERPAID", "该订单已支付")
    if order.state == "USERPAYING":
        raise Trouble(500, "SYSTEM_ERROR", "用户支付中，请稍后用相同参数重新调用")
    with ledger:
        ledger.execute("UPDATE orders SET state = 'CLOSED' WHERE out_trade_no = ?", (order.out_trade_no,))


def pay(ledger: sqlite3.Connection, order: Order, wish: Wish, now: float) -> None:
    """What the payer does. Raises Trouble 409 if the order takes no money any more.

    While its money is in flight the order is USERPAYING.
    """
    state = state_of(order, now)
    if wish.outcome == "duplicate" and state == "SUCCESS":
        with ledger:
            _notify(ledger, order, NOTICE_DELAYS["duplicate"], now)
        return
    if state not in ("NOTPAY", "PAYERROR"):
        raise Trouble(409, state.lower(), f"{DESCRIBED[state]}，不能支付。")
    if wish.outcome == "failure":
        with ledger:
            ledger.execute("UPDATE orders SET state = 'PAYERROR' WHERE out_trade_no = ?", (order.out_trade_no,))
        return
    with ledger:
        ledger.execute(
            "UPDATE orders SET state = 'USERPAYING', capture_due_at = ?, notice_delays = ? WHERE out_trade_no = ?",
            (wish.moves_at(order.expires_at, now), json.dumps(wish.delays()), order.out_trade_no),
        )
        capture_due(ledger, now)


def capture_due(ledger: sqlite3.Connection, now: float) -> None:
    """Move the money of every payment in flight whose instant has come."""
    rows = ledger.execute("SELECT * FROM orders WHERE state = 'USERPAYING' AND capture_due_at <= ?", (now,))
    for order in [Order(*row) for row in rows]:
        ledger.execute(
            "UPDATE orders SET state = 'SUCCESS', captured_at = ?, transaction_id = ? WHERE out_trade_no = ?",
            (now, "4200" + "".join(secrets.choice("0123456789") for _ in range(24)), order.out_trade_no),
        )
        _notify(ledger, order, json.loads(order.notice_delays), now)


def _notify(ledger: sqlite3.Connection, order: Order, delays: list[float], now: float) -> None:
    when = through_chaos(ledger, delays)
    courier.owe(ledger, kind="transaction", number=order.out_trade_no, url=order.notify_url, delays=when, now=now)


def _again(known: Order, fresh: Order, now: float) -> Order:
    state = state_of(known, now)
    if state == "SUCCESS":
        raise Trouble(400, "ORDERPAID", "该订单已支付")
    if state == "CLOSED":
        raise Trouble(400, "ORDER_CLOSED", "订单已关闭")
    for field in ("trade_type", "description", "amount_fen", "notify_url", "expires_at"):
        if getattr(known, field) != getattr(fresh, field):
            raise Trouble(400, "INVALID_REQUEST", f"请求重入时，参数与首次请求时不一致：{field}")
    return known


def _order_asked(platform: Platform, *, kind: str, asked: Mapping[str, Any], now: float) -> Order:
    amount, scene, payer = (asked.get(name) or {} for name in ("amount", "scene_info", "payer"))
    out_trade_no, description = asked.get("out_trade_no"), asked.get("description")
    total: Any = amount.get("total")
    _need(asked.get("mchid") == platform.mchid and asked.get("appid") == platform.appid, "appid 与 mchid")
    _need(isinstance(out_trade_no, str) and _OUT_TRADE_NO.fullmatch(out_trade_no), "out_trade_no")
    _need(isinstance(description, str) and 0 < len(description) <= 127, "description")
    _need(isinstance(total, int) and not isinstance(total, bool) and total > 0, "amount.total")
    _need(amount.get("currency", "CNY") == "CNY", "amount.currency")
    if kind == "h5":
        _need(scene.get("payer_client_ip") and (scene.get("h5_info") or {}).get("type"), "scene_info")
    if kind == "jsapi":
        _need(payer.get("openid"), "payer.openid")
    return Order(
        out_trade_no=str(out_trade_no),
        trade_type=TRADE_TYPES[kind],
        description=str(description),
        amount_fen=int(total),
        notify_url=callback_url(asked.get("notify_url")),
        prepay_id="wx" + secrets.token_hex(17),
        created_at=now,
        expires_at=_expiry(asked.get("time_expire"), now),
        state="NOTPAY",
        transaction_id=None,
        captured_at=None,
        capture_due_at=None,
        notice_delays="[]",
    )


def _expiry(text: object, now: float) -> float:
    if text is None:
        return now + DEFAULT_LIFE_SECONDS
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or instant.timestamp() <= now:
        raise Trouble(400, "PARAM_ERROR", "参数错误：time_expire")
    return instant.timestamp()


def _need(holds: object, field: str) -> None:
    if not holds:
        raise Trouble(400, "PARAM_ERROR", f"参数错误：{field}")
