"""候诊号: the waiting room's own state machine, and its order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move


class TicketStatus(StrEnum):
    """候诊 / 已呼叫 / 接诊中 / 过号 / 检查中 / 完成 / 离开."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    MISSED = "missed"
    AWAY = "away"
    DONE = "done"
    LEFT = "left"


class TicketAction(StrEnum):
    CALL = "call"  # 叫号
    RECALL = "recall"  # 重呼
    START = "start"  # 开始接诊
    SKIP = "skip"  # 过号
    FINISH = "finish"  # 就诊完成
    LEAVE = "leave"  # 离开 / 班次结束


_DESK = frozenset({Role.DOCTOR})
_SYSTEM = frozenset({Role.SYSTEM})


def _move(*sources: TicketStatus, to: TicketStatus, by: frozenset[Role]) -> Move[TicketStatus]:
    return Move(frozenset(sources), to, by)


TICKET_MOVES: Mapping[TicketAction, Move[TicketStatus]] = MappingProxyType(
    {
        TicketAction.CALL: _move(TicketStatus.WAITING, TicketStatus.MISSED, to=TicketStatus.CALLED, by=_DESK | _SYSTEM),
        TicketAction.RECALL: _move(TicketStatus.CALLED, to=TicketStatus.CALLED, by=_DESK),
        TicketAction.START: _move(TicketStatus.CALLED, to=TicketStatus.SERVING, by=_DESK | _SYSTEM),
        TicketAction.SKIP: _move(TicketStatus.CALLED, to=TicketStatus.MISSED, by=_DESK),
        TicketAction.FINISH: _move(TicketStatus.CALLED, TicketStatus.SERVING, to=TicketStatus.DONE, by=_DESK | _SYSTEM),
        TicketAction.LEAVE: _move(
            TicketStatus.WAITING, TicketStatus.MISSED, TicketStatus.CALLED, to=TicketStatus.LEFT, by=_SYSTEM
        ),
    }
)

IN_ROOM = frozenset({TicketStatus.CALLED, TicketStatus.SERVING})
IN_LINE = frozenset({TicketStatus.WAITING, TicketStatus.MISSED})

# Room between two neighbours of the line, so that a skipped patient fits behind another without renumbering.
GAP = 1000
# More than one period ever has, so that the number is the smaller part of the key.
NUMBERS = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """What the order of the line depends on. Smaller `rank` goes first, then `order_key`, then id."""

    id: int
    status: TicketStatus
    rank: int
    order_key: int


def order_key(*, starts_at: datetime, seq: int, checked_in_at: datetime, ends_at: datetime) -> int:
    """Where a patient who checks in stands.

    On time: by the booked period and number, whoever scans first. Late (after the period's end): behind everyone
    whose period had begun by then, in the order of arrival.
    """
    if checked_in_at <= ends_at:
        return (int(starts_at.timestamp()) * NUMBERS + seq) * GAP
    return (int(checked_in_at.timestamp()) * NUMBERS + NUMBERS - 1) * GAP


def line(places: Sequence[Place]) -> list[Place]:
    """Everybody who still waits, in the order in which they will be called."""
    return sorted((p for p in places if p.status in IN_LINE), key=_turn)


def ahead_of(places: Sequence[Place], *, place: Place) -> int:
    """How many will be called before `place`, who need not stand in the line yet."""
    return sum(1 for p in line(places) if p.id != place.id and _turn(p) < _turn(place))


def key_after_skip(places: Sequence[Place], *, skipped: Place, misses: int, back: int, last_at: int) -> int:
    """The new order key of a patient who did not come when called.

    `misses` counts this one; up to `last_at` - 1 they go `back` places behind, from the `last_at`-th on to the end.
    """
    others = [p for p in line(places) if p.id != skipped.id and p.rank == skipped.rank]
    if not others:
        return skipped.order_key
    index = len(others) - 1 if misses >= last_at else min(back, len(others)) - 1
    behind = others[index].order_key
    if index + 1 == len(others):
        return behind + GAP // 2
    return behind + max(1, min(GAP, others[index + 1].order_key - behind) // 2)


def _turn(place: Place) -> tuple[int, int, int]:
    return (place.rank, place.order_key, place.id)
