"""Accounts, real persons, their links, staff, sessions, and every proof of who somebody is."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import Encrypted, UtcDateTime


class Account(SQLModel, table=True):
    """账号：一部手机。Found by the blind index of its phone.

    `password_hash` stays NULL until a password is set. A closed account (`closed_at`) has no phone and no family any
    more; its number may come again as a new account.
    """

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    phone: str = Field(sa_type=Encrypted)
    phone_index: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    password_hash: str | None = Field(default=None, max_length=200)
    password_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
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
    insurance_region: str = Field(default="", max_length=6)  # 统筹区: GB/T 2260 code
    insurance_verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
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
    password_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    totp_secret: str | None = Field(default=None, sa_type=Encrypted)  # base32
    totp_confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    totp_step: int = 0  # the last 30 s step whose code was taken; none comes twice
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """恢复码: stands in for a lost authenticator, once. Only its keyed hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("staff_id", "code_hash", name="uq_recovery_code"),)

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id")
    code_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LoginSession(SQLModel, table=True):
    """登录会话。The cookie holds a random token, the row its SHA-256.

    `device` is the SHA-256 of a browser's long-lived device cookie; `method` how the holder proved who they are;
    `second_factor_at` is NULL for who gave one factor only.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        Index("ix_login_session_account", "account_id"),
        Index("ix_login_session_staff", "staff_id"),
        Index("ix_login_session_revoked", "revoked_at"),
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
    method: str = Field(default="sms-code", max_length=20)  # sms-code password wechat alipay passkey
    device: str = Field(default="", max_length=64)
    second_factor_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignInGuard(SQLModel, table=True):
    """连续失败的计数. `key`: account:<phone index>, staff:<number's index> or address:<network>; also its lock."""

    __tablename__ = "sign_in_guard"

    key: str = Field(primary_key=True, max_length=90)
    failures: int = 0
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LinkedIdentity(SQLModel, table=True):
    """微信、支付宝账号与本院账号的绑定. Found by the blind index of provider + the provider's own id of the person."""

    __tablename__ = "linked_identity"
    __table_args__ = (
        UniqueConstraint("provider", "subject_index", name="uq_linked_identity_subject"),
        UniqueConstraint("account_id", "provider", name="uq_linked_identity_account"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    provider: str = Field(max_length=20)  # wechat alipay
    subject: str = Field(sa_type=Encrypted)
    subject_index: str = Field(max_length=64)
    linked_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Passkey(SQLModel, table=True):
    """通行密钥（指纹、面容）. Of an account or of a member of staff; found by the SHA-256 of its credential id."""

    __tablename__ = "passkey"
    __table_args__ = (Index("ix_passkey_account", "account_id"), Index("ix_passkey_staff", "staff_id"))

    id: int | None = Field(default=None, primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    credential_hash: str = Field(max_length=64, unique=True)
    credential_id: str = Field(sa_column=Column(Text, nullable=False))  # base64url, as are the next ones
    public_key: str = Field(sa_column=Column(Text, nullable=False))
    sign_count: int = Field(default=0, sa_type=BigInteger)  # unsigned 32 bits
    transports: str = Field(default="", max_length=80)
    label: str = Field(default="", max_length=40)
    created_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Ceremony(SQLModel, table=True):
    """A sign-in of several steps between two of them: OAuth state and nonce, a passkey's challenge, a bond to confirm.

    The client holds a random handle, the row its SHA-256; it is used up once, by a conditional UPDATE.
    """

    __tablename__ = "ceremony"

    id: int | None = Field(default=None, primary_key=True)
    handle_hash: str = Field(max_length=64, unique=True)
    kind: str = Field(max_length=30)
    payload: str = Field(sa_type=Encrypted)  # JSON
    account_id: int | None = None
    staff_id: int | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Consent(SQLModel, table=True):
    """单独同意: what was agreed to, in which wording, when, and when it was taken back."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_account", "account_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    patient_id: int | None = Field(default=None, foreign_key="patient.id")
    kind: str = Field(max_length=30)  # terms health-data guardian
    version: str = Field(max_length=20)
    given_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    address: str = Field(default="", max_length=60)


class AccountFreeze(SQLModel, table=True):
    """冻结与申诉: why, on what evidence, until when; the account's own answer, and what was decided on it."""

    __tablename__ = "account_freeze"
    __table_args__ = (
        Index("ix_account_freeze_account", "account_id", "id"),
        Index("ix_account_freeze_at", "frozen_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    reason: str = Field(max_length=200)
    evidence: str = Field(sa_column=Column(Text, nullable=False))  # JSON: counts and ids, no personal data
    frozen_at: datetime = Field(sa_type=UtcDateTime)
    frozen_by: str = Field(max_length=60)
    until: datetime = Field(sa_type=UtcDateTime)
    appeal: str = Field(default="", max_length=500)
    appealed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decision: str = Field(default="", max_length=20)  # lifted kept
    answer: str = Field(default="", max_length=300)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str = Field(default="", max_length=60)
    lifted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


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
