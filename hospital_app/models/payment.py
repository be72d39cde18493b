"""Payments and refunds, integer fen."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class Payment(SQLModel, table=True):
    """支付单. Captured money is either kept or stands in refunds: amount = kept + sum of its refunds, always.

    `method`: how the channel's cashier is opened (h5, jsapi, native, wap, page, qr); `prepay`: JSON that the payer's
    own app is opened with, where an address does not do. `cash_captured_at`: the cash leg has arrived, the insurance
    leg may still be under way. `shift_id`: who took it at the window (班次).
    """

    __tablename__ = "payment"
    __table_args__ = (
        Index("ix_payment_appointment", "appointment_id"),
        Index("ix_payment_captured", "captured_at"),
        Index("ix_payment_channel_captured", "channel", "captured_at"),
        Index("ix_payment_shift", "shift_id"),
        CheckConstraint("kept_fen >= 0", name="ck_payment_kept"),
    )

    id: int | None = Field(default=None, primary_key=True)
    no: str = Field(max_length=32, unique=True)
    appointment_id: int = Field(foreign_key="appointment.id")
    purpose: str = Field(default="booking", max_length=12)
    channel: str = Field(max_length=12)
    status: str = Field(default="pending", max_length=12)
    amount_fen: int
    fund_fen: int = 0
    insurance_account_fen: int = 0
    cash_fen: int
    kept_fen: int = 0
    method: str = Field(default="", max_length=10)
    cashier_url: str = Field(default="", max_length=2000)  # Alipay's carries the whole signed order
    prepay: str = Field(default="", max_length=1000)
    transaction_id: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    cash_captured_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    captured_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    shift_id: int | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Refund(SQLModel, table=True):
    """退款单, one per reason and leg; `no` is the idempotency key at the channel.

    `leg`: cash (the channel that took it) or insurance (fund and personal account, always whole).
    `sent_at`: the channel has taken it on.
    """

    __tablename__ = "refund"
    __table_args__ = (
        Index("ix_refund_payment", "payment_id"),
        Index("ix_refund_appointment", "appointment_id"),
        Index("ix_refund_done", "done_at"),
        Index("ix_refund_status", "status", "id"),
        Index("ix_refund_shift", "shift_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    no: str = Field(max_length=32, unique=True)
    payment_id: int = Field(foreign_key="payment.id")
    appointment_id: int = Field(foreign_key="appointment.id")
    status: str = Field(default="processing", max_length=12)
    reason: str = Field(max_length=20)
    leg: str = Field(default="cash", max_length=10)
    amount_fen: int
    channel_refund_id: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    shift_id: int | None = None
    last_error: str = Field(default="", max_length=200)
