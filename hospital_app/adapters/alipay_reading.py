"""What Alipay says of payments and refunds, in the words of the ports."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from hospital_app.adapters.strict_base64 import strict_base64
from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.money import fen
from hospital_app.ports import Forged, PaymentNotice, RefundNotice, TradeState

TRADE_STATES: Mapping[str, TradeState] = {
    "WAIT_BUYER_PAY": "pending",
    "TRADE_SUCCESS": "captured",
    "TRADE_FINISHED": "captured",  # no refund is possible any more
    "TRADE_CLOSED": "closed",  # or paid, and refunded in full since
}
_NUMBER = re.compile(r"[0-9A-Za-z_-]{6,64}")


def payment_notice(seen: Mapping[str, Any]) -> PaymentNotice:
    """Of a query's answer or a notification. Raises KeyError or ValueError.

    A trade that was paid stays captured: refunds are records of their own.
    """
    paid_at = instant(seen.get("send_pay_date") or seen.get("gmt_payment"))
    state = TRADE_STATES[str(seen["trade_status"])]
    if not _NUMBER.fullmatch(str(seen["out_trade_no"])):
        raise ValueError("no number of ours")
    return PaymentNotice(
        payment_no=str(seen["out_trade_no"]),
        state="captured" if state == "closed" and paid_at is not None else state,
        amount_fen=fen(str(seen["total_amount"])),
        transaction_id=str(seen.get("trade_no") or ""),
        captured_at=paid_at,
    )


def refund_notice(seen: Mapping[str, Any], *, refund_no: str) -> RefundNotice | None:
    """Of a refund query's answer; None: it knows of no such refund. Raises KeyError or ValueError."""
    if not seen.get("refund_amount"):
        return None
    return RefundNotice(
        refund_no=refund_no,
        payment_no=str(seen["out_trade_no"]),
        state="done" if seen.get("refund_status", "REFUND_SUCCESS") == "REFUND_SUCCESS" else "processing",
        amount_fen=fen(str(seen["refund_amount"])),
        channel_refund_id=str(seen.get("trade_no") or ""),
        done_at=instant(seen.get("gmt_refund_pay")),
    )


def notification(body: bytes) -> tuple[dict[str, str], str]:
    """What is said, and its signature. Raises Forged for what is no form, says a thing twice, or is not signed."""
    try:
        pairs = parse_qsl(body.decode(), strict_parsing=True, errors="strict", max_num_fields=100)
    except ValueError as failure:
        raise Forged("no form") from failure
    said = dict(pairs)
    if len(said) != len(pairs):
        raise Forged("says a thing twice")
    signature = said.pop("sign", "")
    if said.get("sign_type") != "RSA2" or not strict_base64(signature):
        raise Forged("not signed as agreed")
    return said, signature


def instant(text: object) -> datetime | None:
    """As the vendor writes instants, on China's wall clock. Raises ValueError."""
    if not text:
        return None
    return datetime.strptime(str(text)[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOSPITAL_ZONE).astimezone(UTC)
