"""支付与退款的状态机."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move


class PaymentStatus(StrEnum):
    """待付 / 到窗口付 / 医保结算中 / 已收 / 失败 / 已关闭 / 已退回.

    CLOSED may still become CAPTURED: money can be quicker than our close. SETTLING: the cash leg has arrived (or there
    is none), the bureau still works on the insurance leg. RETURNED: it came to nothing there, the cash goes back whole.
    """

    PENDING = "pending"
    DUE = "due"
    SETTLING = "settling"
    CAPTURED = "captured"
    FAILED = "failed"
    CLOSED = "closed"
    RETURNED = "returned"


#: 还能付：the channel may still take money for it.
OPEN = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED})


class PaymentAction(StrEnum):
    CAPTURE = "capture"
    COLLECT = "collect"  # 窗口收费
    AWAIT = "await"  # the cash leg is there, the insurance leg is not
    RETURN = "return"
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
    RETRY = "retry"


class Channel(StrEnum):
    WECHAT = "wechat"
    ALIPAY = "alipay"
    ONSITE = "onsite"  # 窗口现金
    INSURANCE = "insurance"  # 全部由医保支付: no cash leg


class Leg(StrEnum):
    """自付的一笔 / 医保的一笔 (docs/decisions/0017)."""

    CASH = "cash"
    INSURANCE = "insurance"


_SYSTEM = frozenset({Role.SYSTEM})

PAYMENT_MOVES: Mapping[PaymentAction, Move[PaymentStatus]] = MappingProxyType(
    {
        PaymentAction.CAPTURE: Move(
            OPEN | {PaymentStatus.CLOSED, PaymentStatus.SETTLING}, PaymentStatus.CAPTURED, _SYSTEM
        ),
        PaymentAction.COLLECT: Move(frozenset({PaymentStatus.DUE}), PaymentStatus.CAPTURED, frozenset({Role.CLERK})),
        PaymentAction.AWAIT: Move(OPEN | {PaymentStatus.CLOSED}, PaymentStatus.SETTLING, _SYSTEM),
        PaymentAction.RETURN: Move(frozenset({PaymentStatus.SETTLING}), PaymentStatus.RETURNED, _SYSTEM),
        PaymentAction.FAIL: Move(frozenset({PaymentStatus.PENDING}), PaymentStatus.FAILED, _SYSTEM),
        PaymentAction.CLOSE: Move(OPEN | {PaymentStatus.DUE}, PaymentStatus.CLOSED, _SYSTEM),
    }
)

REFUND_MOVES: Mapping[RefundAction, Move[RefundStatus]] = MappingProxyType(
    {
        RefundAction.COMPLETE: Move(
            frozenset({RefundStatus.PROCESSING, RefundStatus.FAILED}), RefundStatus.DONE, _SYSTEM
        ),
        RefundAction.FAIL: Move(frozenset({RefundStatus.PROCESSING}), RefundStatus.FAILED, _SYSTEM),
        RefundAction.RETRY: Move(
            frozenset({RefundStatus.FAILED}), RefundStatus.PROCESSING, frozenset({Role.HOSPITAL_ADMIN})
        ),
    }
)
