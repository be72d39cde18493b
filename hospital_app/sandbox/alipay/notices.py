"""How Alipay notifies: its rhythm, and what a notification says."""

import sqlite3
import time

import httpx

from hospital_app.domain.money import yuan
from hospital_app.sandbox.alipay.books import Trade, refunds_of, trade_by_no, wall
from hospital_app.sandbox.alipay.signing import Platform, signed_form
from hospital_app.sandbox.alipay.trades import said_of
from hospital_app.sandbox.courier import Notice

#: Seconds until the next try after each failed one; 25 h 22 min in all (vendor's documentation).
RHYTHM_SECONDS = (240, 600, 600, 3600, 7200, 21600, 54000)
HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def message(books: sqlite3.Connection, platform: Platform, notice: Notice) -> tuple[bytes, dict[str, str]]:
    """A trade as it stands now, or with the refund that is spoken of; signed."""
    number, _, request_no = notice.number.partition("/")
    trade = trade_by_no(books, number)
    assert trade is not None, notice
    return signed_form(platform, said(books, platform, trade, notice.event_id, request_no=request_no)), HEADERS


def said(
    books: sqlite3.Connection, platform: Platform, trade: Trade, notify_id: str, *, request_no: str = ""
) -> dict[str, str]:
    now = time.time()
    seen = said_of(books, trade, now)
    paid_at = seen.pop("send_pay_date", "")
    told = {
        **seen,
        "notify_id": notify_id.replace("-", ""),
        "notify_type": "trade_status_sync",
        "notify_time": wall(now),
        "charset": "utf-8",
        "version": "1.0",
        "app_id": platform.app_id,
        "auth_app_id": platform.app_id,
        "seller_id": platform.seller_id,
        "buyer_id": "2088000000000001",
        "subject": trade.subject,
        "gmt_create": wall(trade.created_at),
        "gmt_payment": paid_at,
    }
    refunds = refunds_of(books, trade.out_trade_no)
    if request_no and refunds:
        told |= {
            "refund_fee": yuan(sum(refund.amount_fen for refund in refunds)),
            "out_biz_no": request_no,
            "gmt_refund": wall(refunds[-1].done_at),
        }
    return told


def accepted(answer: httpx.Response) -> bool:
    return answer.text.strip() == "success"
