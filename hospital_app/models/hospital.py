"""Departments, waiting areas, doctors, the symptom table, holidays."""

from datetime import date, datetime, time

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from hospital_app.models.types import Picture, UtcDateTime


class Area(SQLModel, table=True):
    """候诊区, with the code shown in it for check-in by phone."""

    __tablename__ = "area"

    code: str = Field(primary_key=True, max_length=12)
    name: str = Field(max_length=60)
    location: str = Field(max_length=80)
    check_in_code: str = Field(max_length=12)


class Department(SQLModel, table=True):
    """科室：国家诊疗科目代码。`open` ones take patients here."""

    __tablename__ = "department"

    code: str = Field(primary_key=True, max_length=12)
    name: str = Field(max_length=60)
    parent_code: str | None = Field(default=None, max_length=12)
    pinyin: str = Field(default="", max_length=200)
    initials: str = Field(default="", max_length=40)
    location: str = Field(default="", max_length=80)
    scope: str = Field(default="", max_length=300)
    opening: str = Field(default="", max_length=80)  # 开放时间, in words
    area_code: str | None = Field(default=None, foreign_key="area.code", max_length=12)
    open: bool = False
    hot_rank: int = 0  # 1 is the hottest; 0 not among the hot ones
    release_time: time | None = None  # 错峰放号; None: the hospital's


class Photo(SQLModel, table=True):
    """照片, checked and drawn anew by us; named by its content, so it may be kept for ever."""

    __tablename__ = "photo"

    sha256: str = Field(primary_key=True, max_length=64)
    content_type: str = Field(max_length=20)
    content: bytes = Field(sa_column=Column(Picture, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class Doctor(SQLModel, table=True):
    """医生。Rating is the sum and count of reviews after real visits, in tenths of a star."""

    __tablename__ = "doctor"
    __table_args__ = (Index("ix_doctor_department", "department_code"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    pinyin: str = Field(max_length=200)  # every reading, space separated
    initials: str = Field(max_length=60)
    gender: str = Field(default="unknown", max_length=10)
    title: str = Field(max_length=20)
    specialty: str = Field(max_length=200)
    introduction: str = Field(default="", sa_column=Column(Text, nullable=False))
    department_code: str = Field(foreign_key="department.code", max_length=12)
    photo: str | None = Field(default=None, max_length=64)  # Photo.sha256
    rating_sum: int = 0
    rating_count: int = 0
    active: bool = True


class Symptom(SQLModel, table=True):
    """症状 → 科室, weighted 0-100."""

    __tablename__ = "symptom"
    __table_args__ = (Index("ix_symptom_name", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    department_code: str = Field(foreign_key="department.code", max_length=12)
    weight_percent: int


class SymptomFlag(SQLModel, table=True):
    """症状 that need more than an appointment: red_flag → emergency room, fever → fever clinic."""

    __tablename__ = "symptom_flag"

    name: str = Field(primary_key=True, max_length=40)
    flag: str = Field(max_length=20)
    advice: str = Field(max_length=200)


class CalendarOverride(SQLModel, table=True):
    """节假日与调休的人工修正, before what the library says."""

    __tablename__ = "calendar_override"

    on: date = Field(primary_key=True)
    workday: bool
    name: str = Field(default="", max_length=40)
