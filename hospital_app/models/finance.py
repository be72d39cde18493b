"""对账、交班、发票."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


def _sum() -> Column[int]:
    return Column(BigInteger, nullable=False, server_default="0")


class Reconciliation(SQLModel, table=True):
    """对账：one channel's bill of one day against our books. `channel`: wechat, alipay, insurance."""

    __tablename__ = "reconciliation"
    __table_args__ = (
        UniqueConstraint("channel", "on", name="uq_reconciliation_day"),
        Index("ix_reconciliation_on", "on"),
        CheckConstraint("status IN ('waiting','clean','differences','resolved')", name="ck_reconciliation_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=12)
    on: date
    status: str = Field(default="waiting", max_length=12)
    created_at: datetime = Field(sa_type=UtcDateTime)
    fetched_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    bill_lines: int = 0
    matched: int = 0
    bill_fen: int = Field(default=0, sa_column=_sum())
    our_fen: int = Field(default=0, sa_column=_sum())
    bill_refund_fen: int = Field(default=0, sa_column=_sum())
    our_refund_fen: int = Field(default=0, sa_column=_sum())
    fee_fen: int = Field(default=0, sa_column=_sum())
    flow_lines: int | None = None  # 资金账单；None: there is none
    flow_fen: int = Field(default=0, sa_column=_sum())
    other_fen: int = Field(default=0, sa_column=_sum())
    attempts: int = 0
    last_error: str = Field(default="", max_length=200)


class Difference(SQLModel, table=True):
    """差异. `subject`: payment, refund or settlement; `number` is ours. None: that side has nothing."""

    __tablename__ = "reconciliation_difference"
    __table_args__ = (
        UniqueConstraint("reconciliation_id", "subject", "number", "kind", name="uq_difference"),
        Index("ix_difference_status", "status", "id"),
        Index("ix_difference_number", "number"),
        CheckConstraint("kind IN ('missing-here','missing-there','amount','state','twice')", name="ck_difference_kind"),
        CheckConstraint("status IN ('open','repaired','resolved')", name="ck_difference_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    reconciliation_id: int = Field(foreign_key="reconciliation.id")
    kind: str = Field(max_length=14)
    subject: str = Field(max_length=12)
    number: str = Field(max_length=64)
    channel_number: str = Field(default="", max_length=64)
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    our_fen: int | None = None
    their_fen: int | None = None
    our_state: str = Field(default="", max_length=20)
    their_state: str = Field(default="", max_length=20)
    status: str = Field(default="open", max_length=10)
    created_at: datetime = Field(sa_type=UtcDateTime)
    resolution: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=200)
    resolved_by: int | None = Field(default=None, foreign_key="staff.id")  # None: by itself
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CashierShift(SQLModel, table=True):
    """收费员班次. Its sums are those of the payments and refunds that carry its id; `counted_fen`: the drawer.

    `open_of` is generated: whose it is while it is open, else NULL, so that the unique index allows one open shift a
    clerk. `handed_to` NULL on a closed one: to the finance office (财务科).
    """

    __tablename__ = "cashier_shift"
    __table_args__ = (
        Index("ix_shift_staff", "staff_id", "closed_at"),
        Index("ix_shift_opened", "opened_at"),
        Index("uq_shift_open", "open_of", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id")
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    collected_fen: int = 0
    collected_count: int = 0
    refunded_fen: int = 0
    refunded_count: int = 0
    counted_fen: int | None = None
    handed_to: int | None = Field(default=None, foreign_key="staff.id")
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = Field(default="", max_length=200)
    open_of: int | None = Field(
        default=None,
        sa_column=Column(
            "open_of",
            Integer,
            Computed("CASE WHEN closed_at IS NULL THEN staff_id ELSE NULL END", persisted=False),
        ),
    )


class Invoice(SQLModel, table=True):
    """电子票据, one per payment; `no` is our idempotency key at the issuing platform."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index("ix_invoice_appointment", "appointment_id"),
        Index("ix_invoice_status", "status", "id"),
        CheckConstraint("status IN ('requested','issued','voided','failed')", name="ck_invoice_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    no: str = Field(max_length=32, unique=True)
    payment_id: int = Field(foreign_key="payment.id", unique=True)
    appointment_id: int = Field(foreign_key="appointment.id")
    account_id: int = Field(foreign_key="account.id")
    status: str = Field(default="requested", max_length=10)
    amount_fen: int
    batch_code: str = Field(default="", max_length=20)  # 票据代码
    number: str = Field(default="", max_length=20)  # 票据号码
    check_code: str = Field(default="", max_length=20)  # 校验码
    url: str = Field(default="", max_length=300)
    requested_at: datetime = Field(sa_type=UtcDateTime)
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    voided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_error: str = Field(default="", max_length=200)
