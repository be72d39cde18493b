"""候诊号."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class Ticket(SQLModel, table=True):
    """A place in a waiting room, born at check-in. `label` is what screens show (the appointment's number)."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_schedule", "schedule_id", "status"),
        Index("ix_ticket_area", "area_code", "on", "status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appointment_id: int = Field(foreign_key="appointment.id", unique=True)
    schedule_id: int = Field(foreign_key="schedule.id")
    area_code: str = Field(max_length=12)
    room: str = Field(max_length=20)
    on: date
    label: str = Field(max_length=12)
    status: str = Field(default="waiting", max_length=12)
    rank: int = 0  # smaller goes first; priority classes
    order_key: int = Field(sa_type=BigInteger)
    calls: int = 0
    misses: int = 0
    checked_in_at: datetime = Field(sa_type=UtcDateTime)
    called_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
