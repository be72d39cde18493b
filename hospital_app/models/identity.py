"""Accounts, real persons, their links, staff, sessions, one-time codes."""

from datetime import date, datetime

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import Encrypted, UtcDateTime


class Account(SQLModel, table=True):
    """账号：一部手机。Found by the blind index of its phone."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    phone: str = Field(sa_type=Encrypted)
    phone_index: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    frozen_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    booking_banned_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Patient(SQLModel, table=True):
    """就诊人：one real person, whoever's family list they stand in.

    `document_index` (blind index of kind + number of the ID document) is unique; it stays NULL until the document is
    given, and until then the person cannot book.
    """

    __tablename__ = "patient"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=Encrypted)
    name_masked: str = Field(max_length=40)
    document_kind: str = Field(default="resident-id", max_length=20)
    document_number: str | None = Field(default=None, sa_type=Encrypted)
    document_index: str | None = Field(default=None, max_length=64, unique=True)
    document_masked: str = Field(default="", max_length=40)
    born_on: date | None = None
    gender: str = Field(default="unknown", max_length=10)  # FHIR AdministrativeGender
    insurance_number: str | None = Field(default=None, sa_type=Encrypted)
    created_at: datetime = Field(sa_type=UtcDateTime)
    noshow_banned_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FamilyMember(SQLModel, table=True):
    """A person in an account's family list. Removing it touches the link, never the person."""

    __tablename__ = "family_member"
    __table_args__ = (UniqueConstraint("account_id", "patient_id", name="uq_family_member"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    patient_id: int = Field(foreign_key="patient.id", index=True)
    relation: str = Field(default="self", max_length=20)  # self spouse child parent other
    created_at: datetime = Field(sa_type=UtcDateTime)


class Staff(SQLModel, table=True):
    """员工账号."""

    __tablename__ = "staff"

    id: int | None = Field(default=None, primary_key=True)
    staff_no: str = Field(max_length=20, unique=True)
    name: str = Field(max_length=40)
    role: str = Field(max_length=20)
    password_hash: str = Field(max_length=200)
    department_code: str | None = Field(default=None, max_length=12)
    doctor_id: int | None = Field(default=None, foreign_key="doctor.id")
    must_change_password: bool = True
    active: bool = True
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class LoginSession(SQLModel, table=True):
    """登录会话。The cookie holds a random token, the row its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (
        Index("ix_login_session_account", "account_id"),
        Index("ix_login_session_staff", "staff_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    address: str = Field(default="", max_length=60)
    user_agent: str = Field(default="", max_length=200)


class SmsPhone(SQLModel, table=True):
    """A number that codes were sent to. Its row is the lock under which the codes of one number are counted."""

    __tablename__ = "sms_phone"

    phone_index: str = Field(primary_key=True, max_length=64)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SmsCode(SQLModel, table=True):
    """短信验证码. Only its keyed hash is kept."""

    __tablename__ = "sms_code"
    __table_args__ = (
        Index("ix_sms_code_phone", "phone_index", "created_at"),
        Index("ix_sms_code_address", "address", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    phone_index: str = Field(max_length=64)
    address: str = Field(default="", max_length=60)
    code_hash: str = Field(max_length=64)
    tries: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Message(SQLModel, table=True):
    """站内消息 to an account; `kind` + `appointment_no` fill a template of the catalogue."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_account", "account_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    kind: str = Field(max_length=40)
    appointment_no: str | None = Field(default=None, max_length=20)
    text: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
