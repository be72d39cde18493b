"""候补: who waits for a number of one provider on one day, and what becomes of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.calendar import clinic_day, instant
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move
from hospital_app.domain.policy import Rules

#: The terminal of an appointment that the house made for who was first in the line.
TERMINAL = "waitlist"


class EntryStatus(StrEnum):
    """排队中 / 已为您锁号，待支付 / 已预约 / 逾期未付 / 已退出 / 已清空."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"
    CLEARED = "cleared"


class EntryAction(StrEnum):
    """What can happen to an entry."""

    OFFER = "offer"  # 有号了：the first waiting gets a hold of its own
    ACCEPT = "accept"  # 支付成功, also if the money came late and the number was still there
    LAPSE = "lapse"  # 超时未付
    LEAVE = "leave"  # 退出候补, or the offered number given up
    CLEAR = "clear"  # 就诊前一晚清空、停诊, or the person may not book any more


_SYSTEM = frozenset({Role.SYSTEM})
_EVERY_SIDE = frozenset({Role.SYSTEM, Role.PATIENT, Role.CLERK, Role.HOSPITAL_ADMIN, Role.DEPARTMENT_ADMIN})

ENTRY_MOVES: Mapping[EntryAction, Move[EntryStatus]] = MappingProxyType(
    {
        EntryAction.OFFER: Move(frozenset({EntryStatus.WAITING}), EntryStatus.OFFERED, _SYSTEM),
        EntryAction.ACCEPT: Move(
            frozenset({EntryStatus.OFFERED, EntryStatus.LAPSED}), EntryStatus.TAKEN, _SYSTEM | {Role.CLERK}
        ),
        # Whoever comes upon a hold that is over ends it, whatever their role.
        EntryAction.LAPSE: Move(frozenset({EntryStatus.OFFERED}), EntryStatus.LAPSED, _EVERY_SIDE),
        EntryAction.LEAVE: Move(
            frozenset({EntryStatus.WAITING, EntryStatus.OFFERED}), EntryStatus.LEFT, frozenset({Role.PATIENT})
        ),
        EntryAction.CLEAR: Move(
            frozenset({EntryStatus.WAITING, EntryStatus.OFFERED}), EntryStatus.CLEARED, _EVERY_SIDE
        ),
    }
)


def closes_at(rules: Rules, on: date) -> datetime:
    """就诊前一晚: from then on nobody joins, and who still waits is told that no number came."""
    return instant(on - timedelta(days=1), rules.waitlist_closes)


def offer_until(rules: Rules, *, now: datetime, on: date) -> datetime:
    """支付时限: shorter when the visit is tomorrow."""
    soon = clinic_day(now) >= on - timedelta(days=1)
    return now + timedelta(minutes=rules.waitlist_late_offer_minutes if soon else rules.waitlist_offer_minutes)


def shown_status(status: str, *, closes_at: datetime, offer_until: datetime | None, now: datetime) -> EntryStatus:
    """What an entry is by now, although no sweep has come by."""
    if status == EntryStatus.WAITING and closes_at <= now:
        return EntryStatus.CLEARED
    if status == EntryStatus.OFFERED and offer_until is not None and offer_until <= now:
        return EntryStatus.LAPSED
    return EntryStatus(status)


def check_joining(rules: Rules, *, now: datetime, on: date, released: bool, left: int) -> None:
    """A line begins when everything is released and sold out, and ends the evening before."""
    if now >= closes_at(rules, on):
        raise Refusal("waitlist_closed", "这一天的候补已经截止，请选择其他日期，或当天到窗口咨询。")
    if not released:
        raise Refusal("unreleased", "这个时段还没有放号，请在放号时间之后再来。")
    if left:
        raise Refusal("not_sold_out", "这一天还有号，请直接选择时段预约，不需要候补。")
