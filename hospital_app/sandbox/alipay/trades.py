"""Trades by the open platform's rules: made, asked about, closed, cancelled, refunded; and what the payer does."""

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.money import fen, yuan
from hospital_app.sandbox import courier
from hospital_app.sandbox.alipay.books import Refund, Trade, refunds_of, trade_by_no, wall, write_refund, write_trade
from hospital_app.sandbox.alipay.signing import Fault
from hospital_app.sandbox.chaos import delays as through_chaos
from hospital_app.sandbox.intake import callback_url
from hospital_app.sandbox.payer import NOTICE_DELAYS, Wish
from hospital_app.sandbox.trouble import Trouble

DESCRIBED = {
    "WAIT_BUYER_PAY": "等待买家付款",
    "PAYING": "付款处理中",
    "TRADE_SUCCESS": "支付成功",
    "TRADE_CLOSED": "交易已关闭",
}
DEFAULT_LIFE_SECONDS = 15 * 86400
_OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_]{1,64}")
_OUT_REQUEST_NO = re.compile(r"[0-9A-Za-z_-]{1,64}")


def open_trade(
    books: sqlite3.Connection, asked: Mapping[str, Any], *, notify_url: object, opened: bool, now: float
) -> Trade:
    """A new trade, or the same one again for the same order. Raises Fault."""
    fresh = _trade_asked(asked, notify_url=notify_url, opened=opened, now=now)
    if books.execute("SELECT 1 FROM cancelled WHERE out_trade_no = ?", (fresh.out_trade_no,)).fetchone():
        raise Fault("40004", "ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
    known = trade_by_no(books, fresh.out_trade_no)
    if known is None:
        with books:
            write_trade(books, fresh)
        return fresh
    state = state_of(known, now)
    if state == "TRADE_SUCCESS":
        raise Fault("40004", "ACQ.TRADE_HAS_SUCCESS", "交易已被支付")
    if state == "TRADE_CLOSED":
        raise Fault("40004", "ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
    if (known.subject, known.amount_fen, known.expires_at) != (fresh.subject, fresh.amount_fen, fresh.expires_at):
        raise Fault("40004", "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
    if opened:
        mark_opened(books, known)
    return known


def mark_opened(books: sqlite3.Connection, trade: Trade) -> None:
    """The payer has come to the cashier."""
    with books:
        books.execute("UPDATE trades SET opened = 1 WHERE out_trade_no = ?", (trade.out_trade_no,))


def state_of(trade: Trade, now: float) -> str:
    """The state at this instant: an unpaid trade closes by itself when its time is over."""
    if trade.state == "WAIT_BUYER_PAY" and now >= trade.expires_at:
        return "TRADE_CLOSED"
    return trade.state


def said_of(books: sqlite3.Connection, trade: Trade, now: float) -> dict[str, str]:
    """The trade as a query answers it; a notification names the same things."""
    state = state_of(trade, now)
    refunded = sum(refund.amount_fen for refund in refunds_of(books, trade.out_trade_no))
    if state == "TRADE_SUCCESS" and refunded == trade.amount_fen:
        state = "TRADE_CLOSED"
    said = {
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.trade_no,
        "trade_status": "WAIT_BUYER_PAY" if state == "PAYING" else state,
        "total_amount": yuan(trade.amount_fen),
    }
    if trade.captured_at is not None:
        said |= {"send_pay_date": wall(trade.captured_at), "receipt_amount": yuan(trade.amount_fen)}
    return said


def close(books: sqlite3.Connection, trade: Trade, now: float) -> None:
    if state_of(trade, now) != "WAIT_BUYER_PAY":
        raise Fault("40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
    with books:
        books.execute("UPDATE trades SET state = 'TRADE_CLOSED' WHERE out_trade_no = ?", (trade.out_trade_no,))


def cancel(books: sqlite3.Connection, number: str, now: float) -> dict[str, str]:
    """Whatever it was: it takes no money any more, and what it took goes back."""
    trade = trade_by_no(books, number)
    done = {"out_trade_no": number, "retry_flag": "N"}
    if trade is None:
        with books:
            books.execute("INSERT OR IGNORE INTO cancelled VALUES (?)", (number,))
        return done
    if trade.state == "PAYING":
        return done | {"retry_flag": "Y"}
    left = trade.amount_fen - sum(refund.amount_fen for refund in refunds_of(books, number))
    with books:
        if trade.state == "TRADE_SUCCESS":
            if left:
                write_refund(books, Refund(f"cancel_{number}", number, left, "撤销", now))
            return done | {"trade_no": trade.trade_no, "action": "refund"}
        books.execute("UPDATE trades SET state = 'TRADE_CLOSED' WHERE out_trade_no = ?", (number,))
    return done | {"trade_no": trade.trade_no, "action": "close"}


def refund(books: sqlite3.Connection, trade: Trade, asked: Mapping[str, Any], now: float) -> tuple[Refund, bool]:
    """The refund, and whether money moved by this very call. Raises Fault."""
    number, wanted = str(asked.get("out_request_no", "")), _amount(asked.get("refund_amount"))
    if not _OUT_REQUEST_NO.fullmatch(number):
        raise Fault("40004", "ACQ.INVALID_PARAMETER", "参数有误：out_request_no")
    if trade.state != "TRADE_SUCCESS":
        raise Fault("40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
    earlier = refunds_of(books, trade.out_trade_no)
    known = next((each for each in earlier if each.out_request_no == number), None)
    if known is not None:
        if known.amount_fen != wanted:
            raise Fault("40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额与首次请求不一致")
        return known, False
    if sum(each.amount_fen for each in earlier) + wanted > trade.amount_fen:
        raise Fault("40004", "ACQ.REFUND_FEE_ERROR", "退款金额超限")
    made = Refund(number, trade.out_trade_no, wanted, str(asked.get("refund_reason") or ""), now)
    with books:
        write_refund(books, made)
        if trade.notify_url:
            number = f"{trade.out_trade_no}/{made.out_request_no}"
            when = through_chaos(books, [0])
            courier.owe(books, kind="refund", number=number, url=trade.notify_url, delays=when, now=now)
    return made, True


def pay(books: sqlite3.Connection, trade: Trade, wish: Wish, now: float) -> None:
    """What the payer does. Raises Trouble 409 if the trade takes no money any more."""
    state = state_of(trade, now)
    if wish.outcome == "duplicate" and state == "TRADE_SUCCESS":
        with books:
            _notify(books, trade, NOTICE_DELAYS["duplicate"], now)
        return
    if state != "WAIT_BUYER_PAY":
        raise Trouble(409, state.lower(), f"{DESCRIBED[state]}，不能支付。")
    mark_opened(books, trade)
    if wish.outcome == "failure":
        return  # the vendor lets the payer try again, and says nothing of it
    with books:
        books.execute(
            "UPDATE trades SET state = 'PAYING', capture_due_at = ?, notice_delays = ? WHERE out_trade_no = ?",
            (wish.moves_at(trade.expires_at, now), json.dumps(wish.delays()), trade.out_trade_no),
        )
        capture_due(books, now)


def capture_due(books: sqlite3.Connection, now: float) -> None:
    """Move the money of every payment in flight whose instant has come."""
    rows = books.execute("SELECT * FROM trades WHERE state = 'PAYING' AND capture_due_at <= ?", (now,))
    for trade in [Trade(*row) for row in rows]:
        books.execute(
            "UPDATE trades SET state = 'TRADE_SUCCESS', captured_at = ? WHERE out_trade_no = ?",
            (now, trade.out_trade_no),
        )
        _notify(books, trade, json.loads(trade.notice_delays), now)


def _notify(books: sqlite3.Connection, trade: Trade, delays: list[float], now: float) -> None:
    when = through_chaos(books, delays)
    courier.owe(books, kind="trade", number=trade.out_trade_no, url=trade.notify_url, delays=when, now=now)


def _trade_asked(asked: Mapping[str, Any], *, notify_url: object, opened: bool, now: float) -> Trade:
    number, subject = str(asked.get("out_trade_no", "")), asked.get("subject")
    if not _OUT_TRADE_NO.fullmatch(number) or not isinstance(subject, str) or not subject or len(subject) > 256:
        raise Fault("40004", "ACQ.INVALID_PARAMETER", "参数有误：out_trade_no 或 subject")
    try:
        url = callback_url(notify_url)
        expires_at = _expiry(asked.get("time_expire"), now)
    except (Trouble, ValueError) as failure:
        raise Fault("40004", "ACQ.INVALID_PARAMETER", "参数有误：notify_url 或 time_expire") from failure
    if expires_at <= now:
        raise Fault("40004", "ACQ.TRADE_HAS_CLOSE", "订单已超时")
    trade_no = f"{wall(now)[:10].replace('-', '')}2200{secrets.randbelow(10**16):016d}"
    amount = _amount(asked.get("total_amount"))
    return Trade(number, trade_no, subject, amount, url, now, expires_at, "WAIT_BUYER_PAY", opened, None, None, "[]")


def _expiry(text: object, now: float) -> float:
    if text is None:
        return now + DEFAULT_LIFE_SECONDS
    return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOSPITAL_ZONE).timestamp()


def _amount(text: object) -> int:
    try:
        amount = fen(str(text))
    except ValueError:
        amount = 0
    if amount <= 0:
        raise Fault("40004", "ACQ.INVALID_PARAMETER", "参数有误：金额")
    return amount
