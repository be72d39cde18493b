"""What a payer can do at a sandbox's cashier, whatever the vendor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hospital_app.sandbox.trouble import Trouble

Outcome = Literal["success", "failure", "timeout", "duplicate", "late"]
Capture = Literal["now", "after_expiry"]
#: Seconds after the capture at which it is told of; late: as wished.
NOTICE_DELAYS: Mapping[Outcome, list[float]] = {"success": [0], "timeout": [], "duplicate": [0, 1, 2]}
LATE_SECONDS = 20
LONGEST_LATE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Wish:
    """`late` with capture "after_expiry" is a payment begun in time whose money moves `late_seconds` after the end."""

    outcome: Outcome
    capture: Capture
    late_seconds: float

    @property
    def in_flight(self) -> bool:
        return self.outcome == "late" and self.capture == "after_expiry"

    def delays(self) -> list[float]:
        return NOTICE_DELAYS.get(self.outcome, [0] if self.in_flight else [self.late_seconds])

    def moves_at(self, expires_at: float, now: float) -> float:
        return expires_at + self.late_seconds if self.in_flight else now


def wish_of(fields: Mapping[str, Any]) -> Wish:
    """Raises Trouble 422."""
    outcome: Any = fields.get("outcome")
    capture: Any = fields.get("capture", "now")
    if outcome not in get_args(Outcome) or capture not in get_args(Capture):
        raise Trouble(422, "malformed", "outcome 须为 success、failure、timeout、duplicate 或 late。")
    try:
        late = float(fields.get("late_seconds", LATE_SECONDS))
    except (TypeError, ValueError):
        late = -1
    if not 0 <= late <= LONGEST_LATE_SECONDS:
        raise Trouble(422, "malformed", f"late_seconds 须为 0 到 {LONGEST_LATE_SECONDS} 的数。")
    return Wish(outcome, capture, late)
