"""What WeChat Pay says of payments and refunds, in the words of the ports."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hospital_app.ports import PaymentNotice, RefundNotice, RefundState, TradeState

TRADE_STATES: Mapping[str, TradeState] = {
    "SUCCESS": "captured",
    "REFUND": "captured",  # refunds are records of their own
    "NOTPAY": "pending",
    "USERPAYING": "pending",
    "CLOSED": "closed",
    "REVOKED": "closed",
    "PAYERROR": "failed",
}
REFUND_STATES: Mapping[str, RefundState] = {
    "SUCCESS": "done",
    "PROCESSING": "processing",
    "CLOSED": "failed",
    "ABNORMAL": "failed",
}


def payment_notice(seen: Mapping[str, Any]) -> PaymentNotice:
    """Of a query's answer or a notification's resource. Raises KeyError, TypeError or ValueError."""
    return PaymentNotice(
        payment_no=seen["out_trade_no"],
        state=TRADE_STATES[seen["trade_state"]],
        amount_fen=int(seen["amount"]["total"]),
        transaction_id=seen.get("transaction_id") or "",
        captured_at=_instant(seen.get("success_time")),
    )


def refund_notice(seen: Mapping[str, Any], status: str) -> RefundNotice:
    """Likewise; answers call the state `status`, notifications `refund_status`."""
    return RefundNotice(
        refund_no=seen["out_refund_no"],
        payment_no=seen["out_trade_no"],
        state=REFUND_STATES[status],
        amount_fen=int(seen["amount"]["refund"]),
        channel_refund_id=seen.get("refund_id") or "",
        done_at=_instant(seen.get("success_time")),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
