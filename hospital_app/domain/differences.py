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
