"""出诊的号：who gives the numbers of a clinic, and how a session is cut into numbered ones."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hospital_app.domain.calendar import PERIOD_MINUTES, instant
from hospital_app.domain.errors import Refusal, malformed


@dataclass(frozen=True, slots=True)
class Provider:
    """谁的号：a doctor (`doctor_id`), or the pooled clinic of a department in one room."""

    doctor_id: int | None
    department_code: str = ""
    room: str = ""

    @property
    def key(self) -> str:
        """`doctor:<id>` or `pool:<department>:<room>`, as Schedule.provider stores it."""
        if self.doctor_id is not None:
            return f"doctor:{self.doctor_id}"
        return f"pool:{self.department_code}:{self.room}"


def read_provider(key: str) -> Provider:
    """The provider that a key names; raises Refusal `malformed` (422)."""
    kind, _, rest = key.partition(":")
    if kind == "doctor" and rest.isascii() and rest.isdigit() and len(rest) < 10:
        return Provider(int(rest))
    department_code, _, room = rest.partition(":")
    if kind == "pool" and department_code and room and len(key) <= 40:
        return Provider(None, department_code, room)
    raise malformed("医生")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a clinic: `seq` counts from 1 through the whole session."""

    seq: int
    starts_at: datetime
    ends_at: datetime


def clinic_hours(on: date, *, starts: time, ends: time) -> tuple[datetime, datetime]:
    """First and last instant of a clinic; `ends` 00:00 is the midnight after it."""
    last = on + timedelta(days=1) if ends == time() else on
    begin, end = instant(on, starts), instant(last, ends)
    if begin >= end:
        raise Refusal("clinic_hours", "出诊结束时间必须晚于开始时间，请重新填写。", 422)
    return begin, end


def numbers(on: date, *, starts: time, ends: time, per_period: int) -> list[Number]:
    """The numbers of one clinic, `per_period` for each full half hour."""
    begin, end = clinic_hours(on, starts=starts, ends=ends)
    span = timedelta(minutes=PERIOD_MINUTES)
    return [
        Number(period * per_period + place + 1, begin + period * span, begin + (period + 1) * span)
        for period in range(int((end - begin) / span))
        for place in range(per_period)
    ]
