"""Templates, schedules, numbered slots, appointments, referrals, slips, counters."""

from datetime import date, datetime, time

from sqlalchemy import Boolean, CheckConstraint, Column, Computed, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from hospital_app.models.types import UtcDateTime


class ScheduleTemplate(SQLModel, table=True):
    """出诊模板：谁、周几、哪个时段、每半小时几个号."""

    __tablename__ = "schedule_template"
    __table_args__ = (Index("ix_template_weekday", "weekday"),)

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int | None = Field(default=None, foreign_key="doctor.id")  # None: the department's pooled clinic
    department_code: str = Field(foreign_key="department.code", max_length=12)
    weekday: int  # 0 Monday
    session: str = Field(max_length=12)
    service_type: str = Field(max_length=12)  # ordinary associate chief special
    room: str = Field(max_length=20)
    starts: time
    ends: time
    per_period: int  # numbers per half hour
    fee_fen: int
    # 渠道配额: of the numbers of a clinic, how many are kept for each; the rest are for everybody
    referral_percent: int = 0
    onsite_percent: int = 0
    # the clinic days that it is for, both included; None: no limit
    since: date | None = None
    until: date | None = None
    active: bool = True


class Schedule(SQLModel, table=True):
    """排班：医生（或普通号池）× 日期 × 时段. `provider` is `doctor:<id>` or `pool:<department>:<room>`."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("provider", "on", "session", name="uq_schedule_provider_on_session"),
        Index("ix_schedule_department_on", "department_code", "on"),
        Index("ix_schedule_doctor_on", "doctor_id", "on"),
        Index("ix_schedule_on", "on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    provider: str = Field(max_length=40)
    doctor_id: int | None = Field(default=None, foreign_key="doctor.id")
    department_code: str = Field(foreign_key="department.code", max_length=12)
    area_code: str = Field(foreign_key="area.code", max_length=12)
    on: date
    session: str = Field(max_length=12)
    service_type: str = Field(max_length=12)
    room: str = Field(max_length=20)
    fee_fen: int
    capacity: int  # numbers planned, overbooked ones not counted
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    released_at: datetime = Field(sa_type=UtcDateTime)
    suspended: bool = False
    template_id: int | None = None  # which ScheduleTemplate made it; None: before that was remembered


class Slot(SQLModel, table=True):
    """号源：一行一个号. `version` grows with every change (for the HIS).

    `channel` is whom it is kept for: online (everybody), referral, onsite. Everybody may take it from `opens_at` on;
    None: from the release of its clinic on. So unused numbers of a channel return by a comparison, not by a job.

    Who has it is said once, by the live Appointment with this slot_id (or next_slot_id during a dearer reschedule).
    """

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint("schedule_id", "seq", name="uq_slot_schedule_seq"),
        # Without the status: a locking read and the UPDATE that follows then meet on one index entry, not two.
        Index("ix_slot_schedule_start", "schedule_id", "starts_at", "seq"),
        CheckConstraint("status IN ('free','busy-tentative','busy','busy-unavailable')", name="ck_slot_status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    schedule_id: int = Field(foreign_key="schedule.id")
    seq: int
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(default="free", max_length=16)
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    overbooked: bool = False
    channel: str = Field(default="online", max_length=10, sa_column_kwargs={"server_default": "online"})
    opens_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1


class Appointment(SQLModel, table=True):
    """挂号单. `live` is generated: 1 unless cancelled, else NULL, so the two unique indexes count only live ones."""

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("slot_id", "live", name="uq_appointment_live_slot"),
        UniqueConstraint("patient_id", "provider_day", "live", name="uq_appointment_live_patient_provider_day"),
        Index("ix_appointment_account", "account_id", "id"),
        Index("ix_appointment_patient", "patient_id", "status"),
        Index("ix_appointment_schedule", "schedule_id", "status"),
        Index("ix_appointment_on", "on", "status"),
        Index("ix_appointment_held", "status", "held_until"),
        UniqueConstraint("on", "code", name="uq_appointment_on_code"),
        CheckConstraint(
            "status IN ('pending','booked','checked-in','fulfilled','cancelled','noshow')",
            name="ck_appointment_status",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    no: str = Field(max_length=20, unique=True)
    account_id: int = Field(foreign_key="account.id")
    patient_id: int = Field(foreign_key="patient.id")
    schedule_id: int = Field(foreign_key="schedule.id")
    slot_id: int = Field(foreign_key="slot.id")
    # 改签补差价期间锁住的新号
    next_slot_id: int | None = Field(default=None, foreign_key="slot.id", unique=True)
    provider_day: str = Field(max_length=52)  # provider + clinic day
    department_code: str = Field(max_length=12)
    doctor_id: int | None = None
    on: date
    seq: int
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    status: str = Field(default="pending", max_length=12)
    cancel_reason: str = Field(default="", max_length=12)
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fee_fen: int
    changes: int = 0
    terminal: str = Field(default="web", max_length=12)
    channel: str = Field(default="online", max_length=10, sa_column_kwargs={"server_default": "online"})
    code: str = Field(max_length=8)  # eight digits, for those whose QR cannot be scanned
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    booked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    checked_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fulfilled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    live: bool | None = Field(
        default=None,
        sa_column=Column(
            "live", Boolean, Computed("CASE WHEN status = 'cancelled' THEN NULL ELSE 1 END", persisted=False)
        ),
    )


class Referral(SQLModel, table=True):
    """转诊: which doctor sent the patient. Whom and where to is the appointment's own."""

    __tablename__ = "referral"
    __table_args__ = (Index("ix_referral_doctor", "doctor_id", "appointment_id"),)

    appointment_id: int = Field(foreign_key="appointment.id", primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    referred_at: datetime = Field(sa_type=UtcDateTime)


class Slip(SQLModel, table=True):
    """电子挂号单: the signed QR made by a worker for one version of an appointment."""

    __tablename__ = "slip"

    appointment_id: int = Field(primary_key=True, foreign_key="appointment.id")
    version: int
    qr: str = Field(max_length=120)
    png: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class BookingCount(SQLModel, table=True):
    """Bookings of one account (`a<id>`) or one person (`p<id>`) made on one day; changed by conditional UPDATE only."""

    __tablename__ = "booking_count"
    __table_args__ = (UniqueConstraint("subject", "on", name="uq_booking_count_subject_on"),)

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(max_length=24)
    on: date
    bookings: int = 0
    lapses: int = 0  # holds that ended unpaid; the first of a day gives its booking back
