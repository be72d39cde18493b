"""What the insurance bureau settles of a payment."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class InsuranceSettlement(SQLModel, table=True):
    """医保结算, one per payment that insurance is part of; `no` is its ipt_otp_no, our idempotency key at the bureau.

    `person_no` and `pay_token` are sealed. total = fund + account + cash, as the bureau computed it.
    `message_id`: the msgid of the settlement that is under way, by which it is reversed after a time-out (2601).
    """

    __tablename__ = "insurance_settlement"
    __table_args__ = (
        Index("ix_settlement_appointment", "appointment_id"),
        Index("ix_settlement_status", "status", "id"),
        Index("ix_settlement_settled", "settled_at"),
        CheckConstraint("total_fen = fund_fen + account_fen + cash_fen", name="ck_settlement_split"),
        CheckConstraint("fund_fen >= 0 AND account_fen >= 0 AND cash_fen >= 0", name="ck_settlement_parts"),
    )

    id: int | None = Field(default=None, primary_key=True)
    no: str = Field(max_length=32, unique=True)
    payment_id: int = Field(foreign_key="payment.id", unique=True)
    appointment_id: int = Field(foreign_key="appointment.id")
    status: str = Field(default="quoted", max_length=12)
    person_no: str = Field(sa_column=Column(Text, nullable=False))
    insured_region: str = Field(max_length=6)
    kind: str = Field(max_length=6)  # insutype: 310 职工, 390 城乡居民
    use_account: bool = False
    visit_id: str = Field(default="", max_length=40)  # mdtrt_id
    batch_no: str = Field(default="", max_length=40)  # chrg_bchno
    settlement_id: str = Field(default="", max_length=40)  # setl_id
    message_id: str = Field(default="", max_length=40)
    pay_order_id: str = Field(default="", max_length=64)  # payOrdId of mobile insurance payment
    pay_token: str = Field(sa_column=Column(Text, nullable=False))
    total_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int
    quoted_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reversed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_error: str = Field(default="", max_length=200)
