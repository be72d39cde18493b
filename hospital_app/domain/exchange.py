"""What is said between the house and a payment channel, whatever the vendor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a channel must know to collect money. `payment_no` is our idempotency key there."""

    payment_no: str  # 6-32 characters of 0-9A-Za-z_-
    amount_fen: int
    description: str
    expires_at: datetime  # the channel must not accept money after this instant
    appointment_no: str = ""  # the payer comes back to <return_url>/<appointment_no>
    payer_ip: str = "127.0.0.1"  # WeChat's H5 cashier opens only for the address named in the order


@dataclass(frozen=True, slots=True)
class Prepay:
    """Where the payer goes. `cashier_url` is relative to our own origin in the sandbox."""

    cashier_url: str
    prepay_id: str = ""


TradeState = Literal["pending", "captured", "failed", "closed"]
RefundState = Literal["processing", "done", "failed"]


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """What a channel says of one payment, by callback or by query."""

    payment_no: str
    state: TradeState
    amount_fen: int
    transaction_id: str = ""
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """`refund_no` is our idempotency key at the channel; `total_fen` is what was captured."""

    refund_no: str
    payment_no: str
    amount_fen: int
    total_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """What a channel says of one refund, in answer to the order, by callback or by query."""

    refund_no: str
    payment_no: str
    state: RefundState
    amount_fen: int
    channel_refund_id: str = ""
    done_at: datetime | None = None
