"""Who sees patients when: weekly templates for about 4,300 numbers on a weekday, 65 % of them before noon."""

from collections.abc import Iterator
from datetime import time
from random import Random

from hospital_app.domain.calendar import SESSION_HOURS, Session
from hospital_app.seed.doctors import FEES_FEN, Hired, Opened
from hospital_app.services.schedules import TemplateEntry

#: 号别 → (half days on weekdays, numbers per half hour).
_WEEK = {"special": (2, 2), "chief": (3, 3), "associate": (4, 3), "ordinary": (4, 4)}
_MORNINGS = 0.62  # of a doctor's half days
_EVENINGS = frozenset({"03.01", "03.02", "03.04", "05.01", "07", "10", "11", "12", "13"})
_WEEKDAYS = range(5)
_DEMAND = (1.25, 1.12, 1.02, 1.0, 0.9)
_SATURDAY, _SUNDAY = 5, 6

#: 24 小时值班门诊: somebody can be seen at any hour of any day.
DUTY_HOURS = {
    Session.MORNING: (time(0), time(12, 30)),
    Session.AFTERNOON: (time(12, 30), time(17, 30)),
    Session.EVENING: (time(17, 30), time(0)),
}
_DUTY_PER_PERIOD = 3
#: 号别 → percent kept for referrals and for the window. Who sees patients round the clock keeps none.
_QUOTAS = {"special": (0, 0), "chief": (20, 0), "associate": (10, 10), "ordinary": (10, 20)}


def of_doctor(chance: Random, doctor: Hired, doctor_id: int, *, place: int) -> Iterator[TemplateEntry]:
    """The week of a doctor; `place` counts all doctors, so that weekend turns go round."""
    half_days, per_period = _WEEK[doctor.service_type]
    mornings = round(half_days * _MORNINGS + chance.uniform(-0.4, 0.4))
    for weekday in _some_weekdays(chance, mornings):
        yield _clinic(doctor, doctor_id, weekday, Session.MORNING, per_period)
    for weekday in _some_weekdays(chance, half_days - mornings):
        yield _clinic(doctor, doctor_id, weekday, Session.AFTERNOON, per_period)
    if doctor.service_type != "special" and place % 2 == 0:
        yield _clinic(doctor, doctor_id, _SATURDAY, Session.MORNING, per_period)
    if doctor.service_type != "special" and place % 4 == 1:
        yield _clinic(doctor, doctor_id, _SUNDAY, Session.MORNING, per_period)


def _some_weekdays(chance: Random, count: int) -> list[int]:
    """Different ones, Mondays more often than Fridays: that is how patients come."""
    drawn = sorted(_WEEKDAYS, key=lambda weekday: chance.random() ** (1 / _DEMAND[weekday]))
    return sorted(drawn[-count:]) if count else []


def always_there(doctor: Hired, doctor_id: int) -> Iterator[TemplateEntry]:
    """Every weekday morning and afternoon and Saturday mornings."""
    per_period = _WEEK[doctor.service_type][1]
    for weekday in (*_WEEKDAYS, _SATURDAY):
        yield _clinic(doctor, doctor_id, weekday, Session.MORNING, per_period)
        if weekday != _SATURDAY:
            yield _clinic(doctor, doctor_id, weekday, Session.AFTERNOON, per_period)


def on_duty(doctor: Hired, doctor_id: int) -> Iterator[TemplateEntry]:
    """Round the clock, every day of the week."""
    for weekday in range(7):
        for session, hours in DUTY_HOURS.items():
            yield _clinic(doctor, doctor_id, weekday, session, _DUTY_PER_PERIOD, hours=hours)


def of_pool(department: Opened, room: str) -> Iterator[TemplateEntry]:
    """普通门诊: every morning in all but the smallest departments, afternoons and weekends in the larger ones."""
    large = department.share >= 4
    for weekday in _WEEKDAYS:
        if department.share >= 1.5:
            yield _pooled(department, room, weekday, Session.MORNING, 4 if large else 3)
        if department.share >= 3:
            yield _pooled(department, room, weekday, Session.AFTERNOON, 3)
        if department.code in _EVENINGS:
            yield _pooled(department, room, weekday, Session.EVENING, 3)
    if department.share >= 3:
        yield _pooled(department, room, _SATURDAY, Session.MORNING, 4)
    if large:
        yield _pooled(department, room, _SUNDAY, Session.MORNING, 4)


def _clinic(
    doctor: Hired,
    doctor_id: int,
    weekday: int,
    session: Session,
    per_period: int,
    *,
    hours: tuple[time, time] | None = None,
) -> TemplateEntry:
    starts, ends = hours or SESSION_HOURS[session]
    referral, onsite = (0, 0) if hours else _QUOTAS[doctor.service_type]
    return TemplateEntry(
        doctor_id,
        doctor.entry.department_code,
        weekday,
        session,
        doctor.service_type,
        doctor.room,
        starts,
        ends,
        per_period,
        FEES_FEN[doctor.service_type],
        referral,
        onsite,
    )


def _pooled(department: Opened, room: str, weekday: int, session: Session, per_period: int) -> TemplateEntry:
    starts, ends = SESSION_HOURS[session]
    return TemplateEntry(
        None,
        department.code,
        weekday,
        session,
        "ordinary",
        room,
        starts,
        ends,
        per_period,
        FEES_FEN["ordinary"],
        *_QUOTAS["ordinary"],
    )
