"""号源日历 of one provider, and where else there is something when a period is gone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.errors import malformed
from hospital_app.domain.policy import Rules
from hospital_app.domain.schedule import read_provider
from hospital_app.models.booking import Schedule
from hospital_app.services import cards, grid
from hospital_app.services.cards import Card
from hospital_app.services.grid import Cell, FreePeriod, SessionCell
from hospital_app.work import Work

DAYS_MAX = 28


@dataclass(frozen=True, slots=True)
class Calendar:
    """`cells` are the half hours, `sessions` the grid (day × session); days without a clinic have neither.

    Screens follow the hint topics `schedule:<id>` of `schedule_ids`. From `changes_at` on it is another one, although
    nobody does anything: a hold ends, numbers open, a half hour or the day is over.
    """

    provider: Card
    days: tuple[date, ...]
    sessions: tuple[SessionCell, ...]
    cells: tuple[Cell, ...]
    schedule_ids: tuple[int, ...]
    as_of: datetime
    changes_at: datetime


def calendar(work: Work, *, provider: str, days: int | None = None) -> Calendar:
    """The coming days of a provider, today first; `days` defaults to what the rules open."""
    span = days if days is not None else work.rules.horizon_days
    if not 1 <= span <= DAYS_MAX:
        raise malformed("天数")
    card = cards.one(work, provider=provider)
    today = clinic_day(work.now)
    return assembled(
        work.rules,
        provider=card,
        days=tuple(today + timedelta(days=offset) for offset in range(span)),
        cells=tuple(grid.cells(work, provider=card.provider, start=today, days=span)),
        as_of=work.now,
    )


def assembled(
    rules: Rules, *, provider: Card, days: tuple[date, ...], cells: tuple[Cell, ...], as_of: datetime
) -> Calendar:
    """What follows from the half hours and the time."""
    _, tomorrow = day_bounds(clinic_day(as_of))
    return Calendar(
        provider=provider,
        days=days,
        sessions=tuple(grid.session_cells(rules, cells)),
        cells=cells,
        schedule_ids=tuple(dict.fromkeys(cell.schedule_id for cell in cells)),
        as_of=as_of,
        changes_at=min([tomorrow, *(cell.changes_at for cell in cells if cell.changes_at is not None)]),
    )


def nearest_free(work: Work, *, provider: str, starts_at: datetime, limit: int = 3) -> list[FreePeriod]:
    """The bookable periods closest to `starts_at`: this provider's, or if it has none left, those of its equals.

    Equals: the same department and 号别 as the clinic that was wanted.
    """
    if starts_at.tzinfo is None or not 1 <= limit <= 20:
        raise malformed("时段")
    key = read_provider(provider).key
    own = grid.nearest(work, wanted=col(Schedule.provider) == key, starts_at=starts_at, limit=limit)
    if own:
        return own
    clinic = work.session.execute(
        select(col(Schedule.department_code), col(Schedule.service_type))
        .where(col(Schedule.provider) == key, col(Schedule.starts_at) <= starts_at)
        .order_by(col(Schedule.starts_at).desc())
        .limit(1)
    ).one_or_none()
    if clinic is None:
        return []
    equals = (col(Schedule.department_code) == clinic[0]) & (col(Schedule.service_type) == clinic[1])
    return grid.nearest(work, wanted=equals, starts_at=starts_at, limit=limit)
