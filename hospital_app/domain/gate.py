"""号源闸门: what is asked in front of the database, what it answers, and what it is told of the outcome.

The gate saves the database the thousands who come too late. It is never the judge: what it lets pass the database
decides, and what it does not know it lets pass.
"""

from dataclasses import dataclass
from datetime import datetime

from hospital_app.domain.errors import Refusal


@dataclass(frozen=True, slots=True)
class Wish:
    """One number of a period, for one person of an account. `key`: the same wish may come again with the same key.

    `traces`: the caller's device and address as the counters know them, of which one must have been seen before numbers
    are taken within minutes of a release (防黄牛); empty: nobody asks.
    """

    account_id: int
    patient_id: int
    schedule_id: int
    starts_at: datetime
    key: str
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """May ask the database. `slot_id`: the number that was set aside for it; None: any takeable one of the period."""

    slot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Does not get to the database. Never said to a key that was granted before."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Unknown:
    """The gate is away, or does not know this period yet: the database is asked as if there were no gate."""


GateAnswer = Passed | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Granted:
    """The number that a wish got, held until then; also the same again, for a key that had been granted before."""

    slot_id: int
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish that passed. `granted` None: nothing was taken, so what was set aside is free again.

    `code`: of the refusal; empty when the database could not be asked.
    """

    wish: Wish
    answer: Passed | Unknown
    granted: Granted | None
    code: str = ""
