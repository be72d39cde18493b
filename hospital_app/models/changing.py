"""Changes of schedules that ask for a decision, whom they displaced, and who waits for a number."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Column, Computed, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class ScheduleChange(SQLModel, table=True):
    """停诊、调诊、加号的申请: what is wanted of one clinic, and what was decided. `wanted` is JSON."""

    __tablename__ = "schedule_change"
    __table_args__ = (
        Index("ix_change_department_status", "department_code", "status", "id"),
        Index("ix_change_schedule", "schedule_id", "id"),
        CheckConstraint("kind IN ('suspend','adjust','overbook','quota')", name="ck_change_kind"),
        CheckConstraint("status IN ('requested','approved','rejected','withdrawn')", name="ck_change_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    schedule_id: int = Field(foreign_key="schedule.id")
    department_code: str = Field(max_length=12)
    kind: str = Field(max_length=10)
    status: str = Field(default="requested", max_length=10)
    wanted: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(max_length=200)
    requested_by: int = Field(foreign_key="staff.id")
    requested_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: str = Field(default="", max_length=200)


class Displacement(SQLModel, table=True):
    """受停诊影响的挂号: one tap moves it to an equal clinic, else it is refunded in full at `decide_until`.

    Until `priority_until` this person goes first for the same provider or department, once (`priority_used_at`).
    """

    __tablename__ = "displacement"
    __table_args__ = (
        Index("ix_displacement_account", "account_id", "id"),
        Index("ix_displacement_patient", "patient_id", "priority_until"),
        Index("ix_displacement_due", "status", "decide_until"),
        CheckConstraint("status IN ('open','moved','refunded')", name="ck_displacement_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appointment_id: int = Field(foreign_key="appointment.id", unique=True)
    change_id: int | None = Field(default=None, foreign_key="schedule_change.id")
    account_id: int = Field(foreign_key="account.id")
    patient_id: int = Field(foreign_key="patient.id")
    provider: str = Field(max_length=40)
    department_code: str = Field(max_length=12)
    status: str = Field(default="open", max_length=10)
    created_at: datetime = Field(sa_type=UtcDateTime)
    decide_until: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    priority_until: datetime = Field(sa_type=UtcDateTime)
    priority_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WaitlistEntry(SQLModel, table=True):
    """候补: one person waits for a number of one provider on one day, in the order of `precedence`, then `id`.

    An offer is a pending appointment of its own deadline (`appointment_no`): who has a number is said once, there.
    `live` is generated: 1 while it counts, else NULL, so that the unique index allows one live entry only.
    `closes_at` is as it was said on joining: from then on a waiting entry keeps no number from anybody, and is over
    although no sweep has come by.
    """

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        UniqueConstraint("patient_id", "provider", "on", "live", name="uq_waitlist_live"),
        Index("ix_waitlist_line", "provider", "on", "status", "precedence", "id"),
        Index("ix_waitlist_account", "account_id", "status"),
        Index("ix_waitlist_offer", "status", "offer_until"),
        Index("ix_waitlist_closing", "status", "closes_at"),
        CheckConstraint("status IN ('waiting','offered','taken','lapsed','left','cleared')", name="ck_waitlist_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    patient_id: int = Field(foreign_key="patient.id")
    provider: str = Field(max_length=40)
    department_code: str = Field(max_length=12)
    on: date
    precedence: int = 1  # 0: with priority after a suspension
    status: str = Field(default="waiting", max_length=10)
    created_at: datetime = Field(sa_type=UtcDateTime)
    closes_at: datetime = Field(sa_type=UtcDateTime)
    offered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offer_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    appointment_no: str | None = Field(default=None, max_length=20)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    live: bool | None = Field(
        default=None,
        sa_column=Column(
            "live",
            Boolean,
            Computed("CASE WHEN status IN ('waiting','offered') THEN 1 ELSE NULL END", persisted=False),
        ),
    )


class RuleChange(SQLModel, table=True):
    """规则的修改: from `effective_at` on the rule `name` has this value (JSON). Never changed, only superseded."""

    __tablename__ = "rule_change"
    __table_args__ = (Index("ix_rule_name_effective", "name", "effective_at"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60)
    value: str = Field(sa_column=Column(Text, nullable=False))
    effective_at: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(max_length=200)
    changed_by: int = Field(foreign_key="staff.id")
    changed_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ScalpingAlert(SQLModel, table=True):
    """疑似黄牛: what gave an account away, with its evidence (JSON), and what was done."""

    __tablename__ = "scalping_alert"
    __table_args__ = (Index("ix_scalping_open", "handled_at", "id"), Index("ix_scalping_account", "account_id", "id"))

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    score: int
    evidence: str = Field(sa_column=Column(Text, nullable=False))
    raised_at: datetime = Field(sa_type=UtcDateTime)
    frozen_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handled_by: int | None = Field(default=None, foreign_key="staff.id")
    answer: str = Field(default="", max_length=200)
