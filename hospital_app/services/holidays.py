"""节假日：which weekday's clinics are held on a day, by the override table, then the library, then the weekday."""

from datetime import date

import chinese_calendar
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.texts import plain
from hospital_app.models.hospital import CalendarOverride
from hospital_app.work import Work

SATURDAY = 5
FRIDAY, MONDAY = 4, 0


def workday(work: Work, *, on: date) -> bool:
    """Whether people work on this day; make-up workdays on weekends are."""
    override = work.session.get(CalendarOverride, on)
    return override.workday if override is not None else _listed(on)[0]


def clinic_weekdays(work: Work, *, days: list[date]) -> dict[date, int | None]:
    """For each day, whose weekday's templates apply (0 Monday); None: a closed holiday.

    Ordinary weekends keep their own weekend clinics. A make-up workday works like the weekday next to it: a
    Saturday like a Friday, a Sunday like a Monday.
    """
    overrides = {
        row.on: row for row in work.session.scalars(select(CalendarOverride).where(col(CalendarOverride.on).in_(days)))
    }
    answer: dict[date, int | None] = {}
    for on in days:
        works, named = _listed(on)
        if on in overrides:
            works, named = overrides[on].workday, True
        answer[on] = _clinic_weekday(on, works=works, holiday=named and not works)
    return answer


def set_override(work: Work, *, on: date, workday: bool, name: str) -> None:
    """管理员修正一天：`name` is what screens call it (国庆节, 调休上班)."""
    authority.check(work.actor, Right.SET_RULES)
    work.session.merge(CalendarOverride(on=on, workday=workday, name=plain(name)))
    work.record("calendar.override", f"day:{on.isoformat()}", workday=workday)


def _clinic_weekday(on: date, *, works: bool, holiday: bool) -> int | None:
    if holiday:
        return None
    weekday = on.weekday()
    if works and weekday >= SATURDAY:
        return FRIDAY if weekday == SATURDAY else MONDAY
    return weekday


def _listed(on: date) -> tuple[bool, bool]:
    """(workday, belongs to a public holiday) by the library; by the weekday for years it does not know."""
    try:
        free, name = chinese_calendar.get_holiday_detail(on)
    except NotImplementedError:
        return on.weekday() < SATURDAY, False
    return not free, name is not None
