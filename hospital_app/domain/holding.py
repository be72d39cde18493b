"""锁号: what is wished for, and what was got."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from hospital_app.domain.identity import Actor


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """One wish for a number. `key` is the client's Idempotency-Key.

    `actor` acts, if it is not whoever does the work; `set_aside` is the number that the gate means for it.
    """

    account_id: int
    patient_id: int
    schedule_id: int
    starts_at: datetime
    key: str
    terminal: str = "web"
    actor: Actor | None = None
    set_aside: int | None = None

    @property
    def period(self) -> tuple[int, datetime]:
        return self.schedule_id, self.starts_at

    @property
    def body_hash(self) -> str:
        text = f"{self.schedule_id}|{self.starts_at.isoformat()}|{self.patient_id}"
        return sha256(text.encode()).hexdigest()


class Written(NamedTuple):
    """An appointment as it was just written, and its person's masked name and document."""

    no: str
    version: int
    status: str
    cancel_reason: str
    patient_id: int
    schedule_id: int
    slot_id: int
    department_code: str
    doctor_id: int | None
    seq: int
    starts_at: datetime
    ends_at: datetime
    held_until: datetime
    fee_fen: int
    code: str
    created_at: datetime
    patient_name: str
    document: str
    changes: int = 0
    next_slot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The number that a wish got. `written` None: its key had been granted before, and things went on since."""

    no: str
    slot_id: int
    held_until: datetime | None
    written: Written | None = None
