"""The only place where clinic days and wall-clock times become instants and back."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

HOSPITAL_ZONE = ZoneInfo("Asia/Shanghai")
PERIOD_MINUTES = 30


class Session(StrEnum):
    """门诊时段：上午 / 下午 / 夜间."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


SESSION_HOURS: dict[Session, tuple[time, time]] = {
    Session.MORNING: (time(8, 0), time(12, 0)),
    Session.AFTERNOON: (time(13, 30), time(17, 30)),
    Session.EVENING: (time(17, 30), time(20, 30)),
}


def instant(on: date, at: time) -> datetime:
    """The aware UTC instant of a wall-clock time at the hospital."""
    return datetime.combine(on, at, HOSPITAL_ZONE).astimezone(UTC)


def local(at: datetime) -> datetime:
    """An instant on the hospital's wall clock."""
    return at.astimezone(HOSPITAL_ZONE)


def clinic_day(at: datetime) -> date:
    """The hospital's calendar day of an instant."""
    return local(at).date()


def day_bounds(on: date) -> tuple[datetime, datetime]:
    """First instant of a clinic day and of the next."""
    return instant(on, time()), instant(on + timedelta(days=1), time())


def session_bounds(on: date, session: Session) -> tuple[datetime, datetime]:
    start, end = SESSION_HOURS[session]
    return instant(on, start), instant(on, end)


def periods(on: date, session: Session) -> list[tuple[datetime, datetime]]:
    """The half-hour periods of a session, as instants."""
    start, end = session_bounds(on, session)
    span = timedelta(minutes=PERIOD_MINUTES)
    count = int((end - start) / span)
    return [(start + i * span, start + (i + 1) * span) for i in range(count)]


def released_at(on: date, *, horizon_days: int, release: time) -> datetime:
    """When the numbers of clinic day `on` open: at `release` of the first day whose grid shows them."""
    return instant(on - timedelta(days=horizon_days - 1), release)


def next_release(now: datetime, release: time) -> datetime:
    """The coming 放号: today's, or tomorrow's once today's is past."""
    today = instant(clinic_day(now), release)
    return today if now < today else instant(clinic_day(now) + timedelta(days=1), release)


def session_of(at: datetime) -> Session:
    """Which session an instant belongs to (for screens of today)."""
    now = local(at).time()
    if now < time(12, 45):
        return Session.MORNING
    return Session.AFTERNOON if now < time(17, 30) else Session.EVENING
