"""Outbox, audit trail, idempotency keys: what keeps the house consistent with itself and the world."""

from datetime import datetime

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class OutboxRow(SQLModel, table=True):
    """One effect still owed to the outside world. Done when `done_at` is set; `failed_at`: given up, for people."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "run_at"), Index("ix_outbox_lane", "lane", "id"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=40)
    lane: str | None = Field(default=None, max_length=60)
    payload: str = Field(sa_column=Column(Text, nullable=False))
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    run_at: datetime = Field(sa_type=UtcDateTime)
    queued_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str = Field(default="", max_length=300)


class HisComparison(SQLModel, table=True):
    """与 HIS 核对. `phase` and `after`: how far it is. `examples`: JSON, the first that differed.

    `only_there`: how many the HIS has under numbers that are not ours; `strangers`: JSON, the first of them.
    """

    __tablename__ = "his_comparison"

    id: int | None = Field(default=None, primary_key=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    since: datetime = Field(sa_type=UtcDateTime)
    phase: str = Field(default="appointments", max_length=12)
    after: int = 0
    appointments: int = 0
    slots: int = 0
    payments: int = 0
    refunds: int = 0
    waiting: int = 0
    differences: int = 0
    repaired: int = 0
    only_there: int = 0
    examples: str = Field(sa_column=Column(Text, nullable=False))
    strangers: str | None = Field(default=None, sa_column=Column(Text))
    last_error: str = Field(default="", max_length=200)


class AuditEntry(SQLModel, table=True):
    """One row per action: who, when, from where, what. Triggers of the database keep it append-only."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_subject", "subject", "id"),
        Index("ix_audit_actor", "actor", "id"),
        Index("ix_audit_at", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=60)
    role: str = Field(max_length=20)
    address: str = Field(default="", max_length=60)
    action: str = Field(max_length=60)
    subject: str = Field(max_length=60)
    detail: str = Field(sa_column=Column(Text, nullable=False))


class AuditSeal(SQLModel, table=True):
    """One link of the audit trail's hash chain. `hash` covers the entry and the link before it. Append-only too."""

    __tablename__ = "audit_seal"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    entry_id: int = Field(unique=True)
    hash: str = Field(max_length=64)
    sealed_at: datetime = Field(sa_type=UtcDateTime)


class IdempotencyKey(SQLModel, table=True):
    """A key given by a client with a write, and what that write produced."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("account_id", "key", name="uq_idempotency_account_key"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int
    key: str = Field(max_length=80)
    body_hash: str = Field(max_length=64)
    appointment_no: str = Field(max_length=20)
    created_at: datetime = Field(sa_type=UtcDateTime)
