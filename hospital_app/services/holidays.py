"""节假日：which weekday's clinics are held on a day, by the override table, then the library, then the weekday."""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
from chinese_calendar.constants import Holiday
from sqlalchemy import case, func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.texts import one_line
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import CalendarOverride
from hospital_app.work import Work

LOOK_AHEAD_DAYS = 180
NAME_MAX = 40
RANGE_MAX = 31
#: 全国年节, which the law names; on which days they are free is published each November for the year to come.
FESTIVALS = ("元旦", "春节", "清明", "劳动节", "端午", "中秋", "国庆")
WARN_DAYS = 60
URGENT_DAYS = 14  # so far ahead clinics are generated
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
    name = one_line(name)
    if not 0 < len(name) <= NAME_MAX:
        raise Refusal("name_missing", "请写明这一天的名称，如“国庆节”“调休上班”，不超过 40 个字。", 422)
    work.session.merge(CalendarOverride(on=on, workday=workday, name=name))
    work.record("calendar.override", f"day:{on.isoformat()}", workday=workday)


def set_overrides(work: Work, *, first: date, last: date, workday: bool, name: str) -> None:
    """A holiday of several days, both ends included. Raises Refusal bad_range."""
    if not timedelta() <= last - first < timedelta(days=RANGE_MAX):
        raise Refusal("bad_range", "结束日期须不早于开始日期，一次最多 31 天，请重新选择。", 422)
    for offset in range((last - first).days + 1):
        set_override(work, on=first + timedelta(days=offset), workday=workday, name=name)


@dataclass(frozen=True, slots=True)
class UnlistedYear:
    """A year that the library does not know: its days go by the weekday, but for what the hospital has entered.

    `missing`: which festivals nobody has entered; `urgent`: clinics of its days are generated already.
    """

    year: int
    missing: tuple[str, ...]
    urgent: bool


def unlisted(work: Work) -> UnlistedYear | None:
    """What the hospital has to enter before the days are generated; None: nothing within WARN_DAYS."""
    authority.check(work.actor, Right.SET_RULES)
    today = clinic_day(work.now)
    for year in range(today.year, (today + timedelta(days=WARN_DAYS)).year + 1):
        if _is_listed(year):
            continue
        names = work.session.scalars(
            select(col(CalendarOverride.name)).where(
                col(CalendarOverride.on).between(date(year, 1, 1), date(year, 12, 31)), ~col(CalendarOverride.workday)
            )
        ).all()
        missing = tuple(each for each in FESTIVALS if not any(each in name for name in names))
        if missing:
            return UnlistedYear(year, missing, date(year, 1, 1) <= today + timedelta(days=URGENT_DAYS))
    return None


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


def _is_listed(year: int) -> bool:
    try:
        chinese_calendar.get_holiday_detail(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not what its weekday says. `corrected`: by the hospital; `clinics`, `booked`: generated so far."""

    on: date
    workday: bool
    name: str
    corrected: bool
    clinics: int
    booked: int


def coming(work: Work) -> list[SpecialDay]:
    """Holidays and make-up workdays of the next LOOK_AHEAD_DAYS, and every correction from today on."""
    authority.check(work.actor, Right.SET_RULES)
    today = clinic_day(work.now)
    corrected = {
        row.on: row for row in work.session.scalars(select(CalendarOverride).where(col(CalendarOverride.on) >= today))
    }
    listed = {}
    for offset in range(LOOK_AHEAD_DAYS):
        on = today + timedelta(days=offset)
        works, named = _listed(on)
        if named:
            listed[on] = works
    clinics = _generated(work, {*corrected, *listed})
    return [
        SpecialDay(
            on,
            corrected[on].workday if on in corrected else listed[on],
            corrected[on].name if on in corrected else _library_name(on),
            on in corrected,
            *clinics.get(on, (0, 0)),
        )
        for on in sorted({*corrected, *listed})
    ]


def drop_override(work: Work, *, on: date) -> None:
    """The day is again what the library says."""
    authority.check(work.actor, Right.SET_RULES)
    row = work.session.get(CalendarOverride, on)
    if row is None:
        raise not_found("这一天的修正")
    work.session.delete(row)
    work.record("calendar.override_dropped", f"day:{on.isoformat()}", workday=row.workday)


def _generated(work: Work, days: set[date]) -> dict[date, tuple[int, int]]:
    """Clinics that take place and numbers that somebody has, by day."""
    booked = func.sum(case((col(Slot.status) == SlotStatus.BUSY, 1), else_=0))
    rows = work.session.execute(
        select(col(Schedule.on), func.count(func.distinct(col(Schedule.id))), booked)
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(col(Schedule.on).in_(days), ~col(Schedule.suspended))
        .group_by(col(Schedule.on))
    )
    return {on: (int(clinics), int(taken)) for on, clinics, taken in rows}


def _library_name(on: date) -> str:
    try:
        name = chinese_calendar.get_holiday_detail(on)[1]
    except NotImplementedError:
        return ""
    return str(Holiday(name).chinese) if name else ""
