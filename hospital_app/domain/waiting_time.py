"""候诊时间的估计: a range that is honest about what nobody knows, never a single promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from statistics import median

#: Minutes of one consultation while today's clinic has not shown its own pace yet.
FALLBACK_MINUTES = {"ordinary": 6.0, "associate": 8.0, "chief": 8.0, "special": 8.0}
#: From so many finished consultations on, today's own pace is believed.
ENOUGH = 3
#: Consultations outside of this were not consultations (a forgotten button), and don't count.
PLAUSIBLE_MINUTES = (1.0, 60.0)
#: A range is this much wider than its middle on either side, and told in steps of five minutes.
SPREAD = 0.3
STEP_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """Minutes from now until the call; `low` <= `middle` <= `high`."""

    low: int
    middle: int
    high: int


def consult_minutes(durations_seconds: Sequence[float], *, service_type: str) -> float:
    """The median of today's consultations; the usual one of this kind of clinic until there are `ENOUGH`."""
    shortest, longest = PLAUSIBLE_MINUTES
    minutes = [s / 60 for s in durations_seconds if shortest * 60 <= s <= longest * 60]
    if len(minutes) >= ENOUGH:
        return median(minutes)
    return FALLBACK_MINUTES.get(service_type, FALLBACK_MINUTES["ordinary"])


def estimate(
    *, ahead: int, minutes_each: float, in_room_since: datetime | None, now: datetime, starts_at: datetime
) -> Estimate:
    """How long somebody with `ahead` others before them still waits.

    Whoever is in the room since `in_room_since` needs the rest of one consultation, at least a minute; nobody is
    called before the clinic's `starts_at`.
    """
    rest = 0.0
    if in_room_since is not None:
        rest = max(1.0, minutes_each - (now - in_room_since).total_seconds() / 60)
    until_start = max(0.0, (starts_at - now).total_seconds() / 60)
    work = rest + ahead * minutes_each
    middle = until_start + work
    low = floor((until_start + work * (1 - SPREAD)) / STEP_MINUTES) * STEP_MINUTES
    high = ceil((until_start + work * (1 + SPREAD)) / STEP_MINUTES) * STEP_MINUTES
    return Estimate(low, min(max(round(middle), low), high), high)


def median_minutes(waits_seconds: Sequence[float]) -> int:
    """Median of waits, whole minutes; 0 for nobody."""
    return round(median(waits_seconds) / 60) if waits_seconds else 0
