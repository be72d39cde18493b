"""差异的处理: what the house does by itself about a difference, and how a person may resolve it. As data.

What stands in ANSWERS is safe to do without a person: it asks the other side by our number, or repeats an order whose
number makes repeating harmless. Whatever is not there is listed for finance, above all everything that would mean to
believe a bill more than our own books.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.reconciling import Found, Kind, Subject


class Answer(StrEnum):
    """查单并入账 / 查退款并入账 / 按原单号再退."""

    ASK_PAYMENT = "ask-payment"
    ASK_REFUND = "ask-refund"
    REFUND_AGAIN = "refund-again"


class Resolution(StrEnum):
    """How finance settles a difference; the note says the rest."""

    CORRECTED_THERE = "corrected-there"
    REFUNDED_THERE = "refunded-there"
    CORRECTED_HERE = "corrected-here"
    EXPLAINED = "explained"


#: A difference that was there before and is not found any more.
AGREES_NOW = "agrees-now"

#: (subject, kind, our state, their state) → answer.
ANSWERS: Mapping[tuple[str, str, str, str], Answer] = MappingProxyType(
    {
        # 渠道已收款，我方未入账：a late capture books the number, or goes back in full by itself.
        **{
            (Subject.PAYMENT, Kind.STATE, ours, "captured"): Answer.ASK_PAYMENT
            for ours in ("pending", "closed", "failed")
        },
        **{(Subject.PAYMENT, Kind.STATE, "pending", theirs): Answer.ASK_PAYMENT for theirs in ("closed", "failed")},
        # 渠道已退款，我方仍在处理。
        **{(Subject.REFUND, Kind.STATE, ours, "done"): Answer.ASK_REFUND for ours in ("processing", "failed")},
        (Subject.REFUND, Kind.STATE, "processing", "failed"): Answer.ASK_REFUND,
        (Subject.REFUND, Kind.STATE, "done", "processing"): Answer.ASK_REFUND,
        # 我方已发起退款，渠道没有。
        (Subject.REFUND, Kind.MISSING_THERE, "processing", ""): Answer.REFUND_AGAIN,
        # 医保撤销：repeating a reversal is harmless.
        (Subject.REVERSAL, Kind.MISSING_THERE, "processing", ""): Answer.REFUND_AGAIN,
        (Subject.REVERSAL, Kind.STATE, "processing", "done"): Answer.REFUND_AGAIN,
    }
)


def answer_to(found: Found) -> Answer | None:
    """None: only a person may decide."""
    return ANSWERS.get((found.subject, found.kind.value, found.our_state, found.their_state))


#: What each of them is called on screens and in sheets.
CHANNEL_NAMES: Mapping[str, str] = MappingProxyType(
    {"wechat": "微信支付", "alipay": "支付宝", "insurance": "医保", "onsite": "窗口"}
)
SUBJECT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        Subject.PAYMENT: "支付",
        Subject.REFUND: "退款",
        Subject.SETTLEMENT: "医保结算",
        Subject.REVERSAL: "医保撤销",
        Subject.FLOW: "资金流水",
    }
)
KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        Kind.MISSING_HERE: "对方有，我方无",
        Kind.MISSING_THERE: "我方有，对方无",
        Kind.AMOUNT: "金额不符",
        Kind.STATE: "状态不符",
        Kind.TWICE: "对方重复",
    }
)
STATE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "pending": "待付",
        "captured": "已收",
        "failed": "失败",
        "closed": "已关闭",
        "processing": "处理中",
        "done": "已到账",
        "quoted": "已试算",
        "settling": "结算中",
        "settled": "已结算",
        "reversing": "撤销中",
        "reversed": "已撤销",
    }
)
STATUS_NAMES: Mapping[str, str] = MappingProxyType(
    {"open": "待处理", "repaired": "已自动修复", "resolved": "已人工处理"}
)
DAY_NAMES: Mapping[str, str] = MappingProxyType(
    {"waiting": "等待账单", "clean": "已平", "differences": "有差异", "resolved": "差异已处理"}
)
RESOLUTION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        Resolution.CORRECTED_THERE: "对方已更正",
        Resolution.REFUNDED_THERE: "已在渠道后台退款",
        Resolution.CORRECTED_HERE: "我方已更正",
        Resolution.EXPLAINED: "核实无误，属时间差等",
        Answer.ASK_PAYMENT: "已查单并入账",
        Answer.ASK_REFUND: "已查退款并入账",
        Answer.REFUND_AGAIN: "已按原单号重新退款",
        AGREES_NOW: "再次核对已一致",
    }
)
