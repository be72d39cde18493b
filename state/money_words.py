"""Channels, payments, settlements and refunds in the reader's words."""

from collections.abc import Mapping
from types import MappingProxyType

from hospital_app.catalogue import say
from hospital_app.domain.payment import Leg, PaymentStatus, RefundStatus
from hospital_app.domain.refund_pace import Step, Way
from hospital_app.domain.settlement import SettlementStatus

CHANNELS: Mapping[str, str] = MappingProxyType(
    {Way.WECHAT: "微信支付", Way.ALIPAY: "支付宝", Way.ONSITE: "窗口现金", Way.INSURANCE: "医保"}
)
#: How a channel's cashier is opened.
METHODS: Mapping[str, str] = MappingProxyType(
    {
        "h5": "手机浏览器",
        "wap": "手机浏览器",
        "jsapi": "应用内",
        "native": "扫码",
        "qr": "扫码",
        "page": "电脑网页",
    }
)
PAYMENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        PaymentStatus.PENDING: ("待支付", "warn"),
        PaymentStatus.DUE: ("到院待收", "warn"),
        PaymentStatus.SETTLING: ("医保结算中", "warn"),
        PaymentStatus.CAPTURED: ("已收款", "ok"),
        PaymentStatus.FAILED: ("支付失败", "loss"),
        PaymentStatus.CLOSED: ("已关闭", "still"),
        PaymentStatus.RETURNED: ("未成，已退回", "still"),
    }
)
REFUNDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        RefundStatus.PROCESSING: ("退款中", "warn"),
        RefundStatus.DONE: ("已退款", "ok"),
        RefundStatus.FAILED: ("退款受阻", "loss"),
    }
)
SETTLEMENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        SettlementStatus.QUOTED: ("已试算", "still"),
        SettlementStatus.SETTLING: ("结算中", "warn"),
        SettlementStatus.SETTLED: ("已结算", "ok"),
        SettlementStatus.REVERSING: ("撤销中", "warn"),
        SettlementStatus.REVERSED: ("已撤销", "still"),
        SettlementStatus.FAILED: ("未结算", "loss"),
    }
)
LEGS: Mapping[str, str] = MappingProxyType({Leg.CASH: "自付现金", Leg.INSURANCE: "医保"})
#: As the payer says it; `{way}` is the channel's name.
STEPS: Mapping[str, str] = MappingProxyType(
    {Step.ASKED: "已提交退款", Step.ACCEPTED: "{way}已受理", Step.ARRIVED: "钱已到账"}
)
#: Insurance restores what it had taken; cash waits for its owner and is accepted by nobody.
OTHER_STEPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        Way.INSURANCE: {**STEPS, Step.ARRIVED: "医保已恢复"},
        Way.ONSITE: {Step.ASKED: "已登记退款", Step.ARRIVED: "已在窗口领取"},
    }
)
OWN_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "the channel is still working on it": "渠道已受理，还没有到账",
        "not settled in time": "医保没有在时限内结算",
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "cancel": "退号",
        "suspended": "停诊",
        "late": "付款时号已释放",
        "insurance": "医保没有结成",
        "reschedule": "改签退差价",
        "adjusted": "调诊",
    }
)


def channel(name: str, lang: str) -> str:
    return say(CHANNELS.get(name, name), lang)


def payment_words(status: str, lang: str) -> tuple[str, str]:
    """(word, tone)."""
    word, tone = PAYMENTS.get(status, (status, "still"))
    return say(word, lang), tone


def refund_words(status: str, lang: str) -> tuple[str, str]:
    word, tone = REFUNDS.get(status, (status, "still"))
    return say(word, lang), tone


def settlement_words(status: str, lang: str) -> tuple[str, str]:
    word, tone = SETTLEMENTS.get(status, (status, "still"))
    return say(word, lang), tone


def trouble(said: str, lang: str) -> str:
    """Why it has not come through: what the house itself notes, in words; a vendor's answer as it was given."""
    return say(OWN_NOTES.get(said, said), lang)


def reason(code: str, lang: str) -> str:
    return say(REASONS.get(code, code), lang)
