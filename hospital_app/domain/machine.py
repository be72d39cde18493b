"""A state machine is data, written once: what may move where, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from hospital_app.domain.errors import Refusal, forbidden
from hospital_app.domain.identity import Role

A = TypeVar("A", bound=StrEnum)
S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Move(Generic[S]):
    """One action: from which statuses, to which, by which roles."""

    sources: frozenset[S]
    to: S
    by: frozenset[Role]


def move(moves: Mapping[A, Move[S]], status: S, action: A, role: Role) -> S:
    """The status after `action`; raises Refusal `forbidden` (403) or `wrong_status` (409)."""
    entry = moves[action]
    if role not in entry.by:
        raise forbidden()
    if status not in entry.sources:
        raise Refusal(
            "wrong_status",
            "当前状态已经改变，不能这样操作，请刷新后再看。",
            409,
            extra={"status": status.value},
        )
    return entry.to


def open_actions(moves: Mapping[A, Move[S]], status: S, role: Role) -> frozenset[A]:
    """What `role` may do from `status`; screens draw their buttons from it."""
    return frozenset(action for action, entry in moves.items() if status in entry.sources and role in entry.by)
