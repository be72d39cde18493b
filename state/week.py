"""七天号源表: a calendar of the catalogue, made ready to be drawn."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import quote

from hospital_app.catalogue import say
from hospital_app.domain.calendar import clinic_day
from hospital_app.services.calendars import Calendar
from hospital_app.services.grid import Cell as PeriodCell
from hospital_app.services.grid import SessionCell
from state import wording

_SESSIONS = ("morning", "afternoon", "evening")
BOOKABLE = frozenset({"free", "few"})
#: Where a patient can do something: take a number, or wait for one (候补).
OF_USE = BOOKABLE | {"waitlist"}
#: Word and small word of the states that have no number left to show.
_WORDS = {"full": ("约满", ""), "waitlist": ("约满", "可候补"), "suspended": ("停诊", ""), "over": ("已结束", "")}


@dataclass(frozen=True)
class Cell:
    """One session of one day. `key` is empty where there is nothing to choose; `state` names the colour."""

    key: str
    state: str
    word: str
    sub: str
    label: str


@dataclass(frozen=True)
class Day:
    weekday: str
    date: str
    today: bool
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Period:
    """One half-hour. `href` leads to the page that books it, `key` names it; both are empty unless it can be booked."""

    key: str
    href: str
    time: str
    word: str
    state: str


def has_evenings(calendar: Calendar) -> bool:
    return any(cell.session == "evening" for cell in calendar.sessions)


def days(calendar: Calendar, lang: str, *, choosable: frozenset[str] = BOOKABLE) -> list[Day]:
    """One row for each day, with a cell for each session (the evening only if there is one at all); those in a state
    that is `choosable` have a key.
    """
    clinics = {(cell.on, cell.session): cell for cell in calendar.sessions}
    columns = _SESSIONS if has_evenings(calendar) else _SESSIONS[:2]
    today = clinic_day(calendar.as_of)
    return [
        Day(
            weekday=wording.weekday(on, lang, today=today),
            date=wording.day(on, lang),
            today=on == today,
            cells=[_cell(clinics.get((on, column)), lang, today=today, choosable=choosable) for column in columns],
        )
        for on in calendar.days
    ]


def next_release(calendar: Calendar, *, now: datetime) -> tuple[datetime, list[date]] | None:
    """放号: when the next numbers of this week open, and of which days they are."""
    closed = [cell for cell in calendar.sessions if cell.state == "unreleased" and cell.released_at > now]
    if not closed:
        return None
    at = min(cell.released_at for cell in closed)
    return at, sorted({cell.on for cell in closed if cell.released_at == at})


def first_bookable(calendar: Calendar) -> str:
    """The key of the first session that still has a number; empty if there is none."""
    return next((str(cell.schedule_id) for cell in calendar.sessions if cell.state in BOOKABLE), "")


def first_of_use(calendar: Calendar) -> str:
    """The same, or, if all are gone, the key of the first session that one can wait for."""
    waited = next((str(cell.schedule_id) for cell in calendar.sessions if cell.state == "waitlist"), "")
    return first_bookable(calendar) or waited


def clinic(calendar: Calendar, key: str, *, choosable: frozenset[str] = BOOKABLE) -> SessionCell | None:
    """The session that a key names, if there is something to choose."""
    return next((c for c in calendar.sessions if str(c.schedule_id) == key and c.state in choosable), None)


def waitlist_href(calendar: Calendar, on: date) -> str:
    """Where one joins the line of this day; empty unless it is sold out and its line open."""
    if not any(cell.on == on and cell.state == "waitlist" for cell in calendar.cells):
        return ""
    return f"/waitlist?p={quote(calendar.provider.provider, safe='')}&d={on.isoformat()}"


def clinic_title(cell: SessionCell, lang: str, *, now: datetime) -> str:
    """11月24日 周二 下午."""
    return f"{wording.day_and_weekday(cell.on, lang, today=clinic_day(now))} {wording.session(cell.session, lang)}"


def periods(calendar: Calendar, schedule_id: int, lang: str) -> list[Period]:
    """The half-hours of one session that are not over."""
    mine = [cell for cell in calendar.cells if cell.schedule_id == schedule_id and cell.state != "over"]
    return [_period(cell, calendar.provider.provider, lang) for cell in mine]


def period_key(schedule_id: int, starts_at: datetime) -> str:
    return f"{schedule_id}-{int(starts_at.timestamp())}"


def find_period(calendar: Calendar, key: str) -> PeriodCell | None:
    return next((c for c in calendar.cells if period_key(c.schedule_id, c.starts_at) == key), None)


def read_period(key: str) -> tuple[int, datetime]:
    """The schedule and start that period_key wrote; nonsense becomes a period that does not exist."""
    schedule_id, _, seconds = key.partition("-")
    numbers = key.isascii() and schedule_id.isdigit() and seconds.isdigit()
    if not numbers or len(seconds) > 10 or len(schedule_id) > 12:
        return 0, datetime.fromtimestamp(0, UTC)
    return int(schedule_id), datetime.fromtimestamp(int(seconds), UTC)


def confirm_href(provider: str, schedule_id: int, starts_at: datetime) -> str:
    return f"/confirm?p={quote(provider, safe='')}&t={period_key(schedule_id, starts_at)}"


def doctor_href(provider: str) -> str:
    """The page of a doctor or of a pooled clinic."""
    kind, _, rest = provider.partition(":")
    return f"/doctor/{rest if kind == 'doctor' else quote(provider, safe='')}"


def provider_of(segment: str) -> str:
    """What doctor_href put into the address."""
    return f"doctor:{segment}" if segment.isdigit() else segment


def left_word(left: int, lang: str) -> str:
    return say("余{left}", lang, left=left)


def _cell(cell: SessionCell | None, lang: str, *, today: date, choosable: frozenset[str]) -> Cell:
    if cell is None:
        return Cell("", "none", "—", "", "")
    where = f"{wording.day_and_weekday(cell.on, lang, today=today)} {wording.session(cell.session, lang)}"
    if cell.state in BOOKABLE:
        word, sub = left_word(cell.left, lang), say("紧张" if cell.state == "few" else "可约", lang)
        label = say("{where}，{word}，{sub}，查看时段", lang, where=where, word=word, sub=sub)
        return Cell(str(cell.schedule_id), cell.state, word, sub, label)
    if cell.state == "unreleased":
        return Cell("", "unreleased", wording.clock_time(cell.released_at), say("放号", lang), "")
    word, sub = (say(each, lang) if each else "" for each in _WORDS[cell.state])
    if cell.state not in choosable:
        return Cell("", cell.state, word, sub, "")
    label = say("{where}，已约满，可以候补", lang, where=where)
    return Cell(str(cell.schedule_id), cell.state, word, sub, label)


def _period(cell: PeriodCell, provider: str, lang: str) -> Period:
    if cell.state in BOOKABLE:
        word = left_word(cell.left, lang)
        href = confirm_href(provider, cell.schedule_id, cell.starts_at)
        return Period(period_key(cell.schedule_id, cell.starts_at), href, _time(cell), word, cell.state)
    words = {**_WORDS, "unreleased": ("未放号", "")}
    return Period("", "", _time(cell), say(words[cell.state][0], lang), cell.state)


def _time(cell: PeriodCell) -> str:
    return wording.clock_time(cell.starts_at)
