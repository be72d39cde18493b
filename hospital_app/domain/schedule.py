"""出诊的号：who gives the numbers of a clinic, and how a session is cut into numbered ones."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from hospital_app.domain.calendar import PERIOD_MINUTES, instant
from hospital_app.domain.errors import Refusal, malformed

#: So much of a clinic may be kept for channels: the rest is for everybody.
KEPT_PERCENT_MAX = 90


class Channel(StrEnum):
    """渠道：whom a number is kept for. `online` is for everybody, on the phone as at the window."""

    ONLINE = "online"
    REFERRAL = "referral"  # 转诊：基层与医联体
    ONSITE = "onsite"  # 现场：窗口，为不用手机的老年人


@dataclass(frozen=True, slots=True)
class Quotas:
    """渠道配额：so many percent of a clinic's numbers are kept for each; the others are for everybody."""

    referral_percent: int = 0
    onsite_percent: int = 0

    @property
    def sound(self) -> bool:
        parts = (self.referral_percent, self.onsite_percent)
        return all(part >= 0 for part in parts) and sum(parts) <= KEPT_PERCENT_MAX


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


def channels(*, periods: int, per_period: int, quotas: Quotas) -> list[Channel]:
    """The channel of each number of a clinic, in the order of `numbers`.

    What is kept is spread over the half hours, and each channel's share over what is kept, so that nobody who comes
    through a channel has to come early or late; within a half hour the last numbers are kept.
    """
    places = periods * per_period
    onsite = _share(places, quotas.onsite_percent)
    total = min(places, onsite + _share(places, quotas.referral_percent))
    kept: list[list[Channel]] = [[] for _ in range(periods)]
    for place in range(total):
        is_onsite = _rounded(place * onsite, total) < _rounded((place + 1) * onsite, total)
        kept[(2 * place + 1) * periods // (2 * total)].append(Channel.ONSITE if is_onsite else Channel.REFERRAL)
    return [
        channel for of_period in kept for channel in [*[Channel.ONLINE] * (per_period - len(of_period)), *of_period]
    ]


def _share(places: int, percent: int) -> int:
    return _rounded(places * percent, 100)


def _rounded(part: int, whole: int) -> int:
    """`part / whole` to the nearest whole number."""
    return (2 * part + whole) // (2 * whole)


def opens_at(
    channel: Channel,
    *,
    on: date,
    starts_at: datetime,
    release: time,
    referral_returns_days: int,
    onsite_returns_minutes: int,
) -> datetime | None:
    """From when on everybody may take a number that was kept for a channel and not used; None: from its release on.

    Referral numbers return at the release time some days before the visit, when others can still plan for them.
    On-site numbers are for those who come in person, so they stay at the window almost until their half hour: they
    return shortly before it begins, when somebody near by can still make use of them.
    """
    if channel is Channel.REFERRAL:
        return instant(on - timedelta(days=referral_returns_days), release)
    if channel is Channel.ONSITE:
        return starts_at - timedelta(minutes=onsite_returns_minutes)
    return None
