"""排队入场：a crowd waits in the order of its arrival, and is let in as fast as the house can serve it."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True, slots=True)
class Pace:
    """How many are let in a second (0: no lobby), how many at once after a quiet time, and how many may be inside."""

    per_second: int
    burst: int
    inside: int
    pass_seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands. `turn` counts arrivals; nobody is `ahead` of who is `inside`."""

    inside: bool
    turn: int = 0
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """The whole line at one moment: the turn that is next, and how many wait."""

    next_turn: int
    waiting: int

    def ahead_of(self, turn: int) -> int:
        """How many are before this turn; below 0: it has come."""
        return turn - self.next_turn if self.waiting else -1


@dataclass(slots=True)
class Movement:
    """How fast the line has moved of late: what an estimate is made of. Times are seconds of any steady clock."""

    span_seconds: float = 30.0
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, at: float, next_turn: int) -> None:
        if self._seen and next_turn < self._seen[-1][1]:
            self._seen.clear()  # the line began anew: Redis was flushed
        self._seen.append((at, next_turn))
        while self._seen[0][0] < at - self.span_seconds:
            self._seen.popleft()

    def per_second(self) -> float:
        """0: not known yet, or it stands still."""
        if len(self._seen) < 2:
            return 0.0
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        return (last - first) / (ended - began) if ended > began else 0.0


def seconds_left(ahead: int, *, moving: float, pace: Pace) -> int:
    """How long `ahead` people take: by the line's own movement, else by what the lobby may let in."""
    return max(1, ceil((ahead + 1) / (moving or pace.per_second or 1)))
