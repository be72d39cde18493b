"""退款进度: the steps of a refund, what each way back usually takes, and from when on somebody should look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.payment import RefundStatus


class Way(StrEnum):
    """Which way the money goes back: as it came."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    ONSITE = "onsite"
    INSURANCE = "insurance"


class Step(StrEnum):
    """已提交 / 渠道受理 / 到账."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Pace:
    """What a channel promises. `stuck_after`: from then on somebody looks at it; None: it waits for its owner.

    `usual`: one sentence for the payer.
    """

    usual: str
    stuck_after: timedelta | None


PACE: Mapping[Way, Pace] = MappingProxyType(
    {
        Way.WECHAT: Pace("退回零钱即时到账，退回银行卡一般 1–3 个工作日", timedelta(days=3)),
        Way.ALIPAY: Pace("退回余额即时到账，退回银行卡一般 1–3 个工作日", timedelta(days=3)),
        Way.ONSITE: Pace("请带证件到挂号窗口领取现金", None),
        Way.INSURANCE: Pace("医保部分一般当天撤销，统筹和个人账户同时恢复", timedelta(hours=24)),
    }
)


@dataclass(frozen=True, slots=True)
class StepOf:
    """One step; `at` is None while it is ahead."""

    step: Step
    at: datetime | None


def way_of(*, leg: str, channel: str) -> Way:
    return Way.INSURANCE if leg == Way.INSURANCE else Way(channel)


def steps(*, created_at: datetime, sent_at: datetime | None, done_at: datetime | None) -> tuple[StepOf, ...]:
    """In order. What has arrived was accepted, though the channel may have said both at once."""
    return (
        StepOf(Step.ASKED, created_at),
        StepOf(Step.ACCEPTED, sent_at or done_at),
        StepOf(Step.ARRIVED, done_at),
    )


def is_stuck(*, way: Way, status: str, created_at: datetime, now: datetime) -> bool:
    """Whether it takes longer than the payer was told, or was refused: somebody of the finance office looks at it."""
    if status == RefundStatus.FAILED:
        return True
    after = PACE[way].stuck_after
    return status == RefundStatus.PROCESSING and after is not None and created_at + after <= now
