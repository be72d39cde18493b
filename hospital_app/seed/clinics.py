"""Clinics with their free numbers, as the booking of the past and of the coming days sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.booking import Schedule, Slot
from hospital_app.services.slots import takeable
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class FreeNumber:
    """One number nobody has."""

    slot_id: int
    seq: int
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None = None  # for everybody, if it was kept for a channel


@dataclass(frozen=True, slots=True)
class Clinic:
    """One schedule; `capacity` counts all its numbers, `free` those that nobody has."""

    schedule_id: int
    provider: str
    doctor_id: int | None
    department_code: str
    area_code: str
    room: str
    on: date
    service_type: str
    fee_fen: int
    capacity: int
    starts_at: datetime
    ends_at: datetime
    released_at: datetime
    free: list[FreeNumber] = field(default_factory=list)

    @property
    def sought_after(self) -> bool:
        """Whether its numbers go within minutes of their release."""
        return self.service_type in {"chief", "special"}

    @property
    def per_period(self) -> int:
        """Numbers per half hour."""
        periods = (self.ends_at - self.starts_at).total_seconds() / 1800
        return max(1, round(self.capacity / periods))


_COLUMNS = (
    col(Schedule.id), col(Schedule.provider), col(Schedule.doctor_id), col(Schedule.department_code),
    col(Schedule.area_code), col(Schedule.room), col(Schedule.on), col(Schedule.service_type), col(Schedule.fee_fen),
    col(Schedule.capacity), col(Schedule.starts_at), col(Schedule.ends_at), col(Schedule.released_at),
)  # fmt: skip


def clinics_of(work: Work, *, on: date) -> list[Clinic]:
    """Every clinic of one day with the free numbers that are open to everybody by now, in order of time."""
    found: Sequence[Any] = work.session.execute(
        select(*_COLUMNS).where(col(Schedule.on) == on).order_by(col(Schedule.starts_at), col(Schedule.id))
    ).all()
    clinics = {row[0]: Clinic(*row) for row in found}
    free: Sequence[Any] = work.session.execute(
        select(
            col(Slot.schedule_id),
            col(Slot.id),
            col(Slot.seq),
            col(Slot.starts_at),
            col(Slot.ends_at),
            col(Slot.opens_at),
        )
        .join(Schedule, col(Schedule.id) == Slot.schedule_id)
        .where(col(Schedule.on) == on, takeable(work.now))
        .order_by(col(Slot.schedule_id), col(Slot.seq))
    ).all()
    for schedule_id, *number in free:
        clinics[schedule_id].free.append(FreeNumber(*number))
    return list(clinics.values())
