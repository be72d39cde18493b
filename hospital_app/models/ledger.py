"""复式账: every movement of money, in fen, and the days that are closed."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class LedgerEntry(SQLModel, table=True):
    """凭证. One event (`kind`, `subject`) is entered once; its lines sum to zero."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject", name="uq_ledger_event"),
        Index("ix_ledger_entry_on", "on", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    subject: str = Field(max_length=64)
    on: date
    at: datetime = Field(sa_type=UtcDateTime)


class LedgerLine(SQLModel, table=True):
    """分录. `amount_fen`: debit positive, credit negative. `on` as its entry has it."""

    __tablename__ = "ledger_line"
    __table_args__ = (
        Index("ix_ledger_line_entry", "entry_id"),
        Index("ix_ledger_line_account", "account", "on", "entry_id"),
        Index("ix_ledger_line_on", "on", "department_code"),
    )

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="ledger_entry.id")
    account: str = Field(max_length=40)
    department_code: str = Field(default="", max_length=12)
    on: date
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))


class LedgerDay(SQLModel, table=True):
    """日结. Once it stands, nothing is entered on that day any more. `balances`: JSON, account -> fen at its end."""

    __tablename__ = "ledger_day"

    on: date = Field(primary_key=True)
    closed_at: datetime = Field(sa_type=UtcDateTime)
    closed_by: int | None = Field(default=None, foreign_key="staff.id")  # None: by itself
    entries: int
    balances: str = Field(sa_column=Column(Text, nullable=False))


class LedgerTotal(SQLModel, table=True):
    """日汇总: what the lines of a closed day come to; `debits` and `credits` count them."""

    __tablename__ = "ledger_total"
    __table_args__ = (Index("ix_ledger_total_department", "department_code", "on"),)

    on: date = Field(primary_key=True)
    department_code: str = Field(primary_key=True, max_length=12)
    account: str = Field(primary_key=True, max_length=40)
    debit_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    credit_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    debits: int
    credits: int
