"""What the gate is built from: the numbers of a clinic as the database has them at one moment."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OpenNumber:
    """A number that can be taken from `from_at` on (None: now): free, or held until then."""

    starts_at: datetime
    seq: int
    slot_id: int
    from_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClinicTruth:
    """One clinic. `periods`: start of each half hour -> from when on it is over; `keys`: (account, Idempotency-Key) of
    what was granted here, whatever became of it."""

    schedule_id: int
    released_at: datetime
    suspended: bool
    periods: dict[datetime, datetime]
    numbers: tuple[OpenNumber, ...]
    keys: tuple[tuple[int, str], ...]
