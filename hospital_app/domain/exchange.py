"""What is said between the house and a payment channel, whatever the vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Method(StrEnum):
    """How a channel's cashier is opened. Which of them a channel knows stands in its adapter."""

    H5 = "h5"  # 微信 H5：手机浏览器
    JSAPI = "jsapi"  # 微信内
    NATIVE = "native"  # 微信扫码
    WAP = "wap"  # 支付宝手机网站
    PAGE = "page"  # 支付宝电脑网站
    QR = "qr"  # 支付宝扫码 (precreate)


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a channel must know to collect money. `payment_no` is our idempotency key there."""

    payment_no: str  # 6-32 characters of 0-9A-Za-z_-
    amount_fen: int
    description: str
    expires_at: datetime  # the channel must not accept money after this instant
    appointment_no: str = ""  # the payer comes back to <return_url>/<appointment_no>
    payer_ip: str = "127.0.0.1"  # WeChat's H5 cashier opens only for the address named in the order
    method: Method | None = None  # None: the channel's own first choice for a phone's browser
    payer_id: str = ""  # openid, for JSAPI alone


@dataclass(frozen=True, slots=True)
class Prepay:
    """Where the payer goes. `cashier_url` is relative to our own origin in the sandbox.

    `parameters`: what a page inside the vendor's app opens the cashier with (JSAPI); `code_url`: what is drawn as a QR.
    """

    cashier_url: str = ""
    prepay_id: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    code_url: str = ""


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


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a channel's bill (对账单) of a day. Both numbers are ours; amounts are positive."""

    subject: Literal["payment", "refund"]
    number: str  # payment_no or refund_no
    payment_no: str
    channel_number: str
    amount_fen: int
    state: str  # captured, done, processing, failed, closed
    at: datetime
    fund_fen: int = 0  # insurance alone: amount = fund + account
    account_fen: int = 0
    fee_fen: int = 0  # 手续费：what the channel keeps of a payment; of a refund what it gives back of it, negative


@dataclass(frozen=True, slots=True)
class Movement:
    """资金流水：one line of a fund-flow bill, money in (positive) or out of the merchant's own account."""

    at: datetime
    channel_number: str  # 业务单号：the channel's number of the payment or refund that it is of
    kind: str  # 业务类型
    amount_fen: int
    voucher: str = ""  # 业务凭证号：our number, where the business has one
