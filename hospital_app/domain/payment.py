"""支付与退款的状态机."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move


class PaymentStatus(StrEnum):
    """待付 / 已收 / 失败 / 已关闭. CLOSED may still become CAPTURED: money can be quicker than our close."""

    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"
    CLOSED = "closed"


class PaymentAction(StrEnum):
    CAPTURE = "capture"
    FAIL = "fail"
    CLOSE = "close"


class PaymentPurpose(StrEnum):
    BOOKING = "booking"
    RESCHEDULE = "reschedule"  # 改签补差价


class RefundStatus(StrEnum):
    """处理中 / 已到账 / 需人工."""

    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


class RefundAction(StrEnum):
    COMPLETE = "complete"
    FAIL = "fail"


class Channel(StrEnum):
    WECHAT = "wechat"
    ONSITE = "onsite"  # 窗口现金


_SYSTEM = frozenset({Role.SYSTEM})

PAYMENT_MOVES: Mapping[PaymentAction, Move[PaymentStatus]] = MappingProxyType(
    {
        PaymentAction.CAPTURE: Move(
            frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CLOSED}),
            PaymentStatus.CAPTURED,
            _SYSTEM,
        ),
        PaymentAction.FAIL: Move(frozenset({PaymentStatus.PENDING}), PaymentStatus.FAILED, _SYSTEM),
        PaymentAction.CLOSE: Move(
            frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED}), PaymentStatus.CLOSED, _SYSTEM
        ),
    }
)

REFUND_MOVES: Mapping[RefundAction, Move[RefundStatus]] = MappingProxyType(
    {
        RefundAction.COMPLETE: Move(
            frozenset({RefundStatus.PROCESSING, RefundStatus.FAILED}), RefundStatus.DONE, _SYSTEM
        ),
        RefundAction.FAIL: Move(frozenset({RefundStatus.PROCESSING}), RefundStatus.FAILED, _SYSTEM),
    }
)
