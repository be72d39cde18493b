"""转诊, as those see it who look after departments: which way somebody was sent, and what became of the number."""

from enum import StrEnum


class Way(StrEnum):
    """Seen from one department; within it, a referral is both."""

    SENT = "sent"  # 转出
    RECEIVED = "received"  # 转入


class Outcome(StrEnum):
    """One of these, always."""

    WAITING = "waiting"  # 待付款
    TAKEN = "taken"  # 已取号，待就诊
    USED = "used"  # 已就诊
    MISSED = "missed"  # 爽约
    EXPIRED = "expired"  # 超时未付
    GIVEN_BACK = "given-back"  # 已退号、已放弃、停诊
