"""排班：templates become schedules and numbered slots. Running it twice, or two at once, adds nothing."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlmodel import SQLModel, col

from hospital_app.domain import authority, calendar
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import PERIOD_MINUTES, Session
from hospital_app.domain.errors import Refusal, forbidden, not_found
from hospital_app.domain.schedule import Channel, Provider, Quotas, channels, clinic_hours, numbers, opens_at
from hospital_app.domain.texts import one_line
from hospital_app.models.booking import Schedule, ScheduleTemplate, Slot
from hospital_app.models.hospital import Department, Doctor
from hospital_app.services.holidays import clinic_weekdays
from hospital_app.work import Work

SERVICE_TYPES = frozenset({"ordinary", "associate", "chief", "special"})
PER_PERIOD_MAX = 20
ROWS_PER_INSERT = 5000


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """出诊模板. Without `doctor_id` it is the department's pooled clinic; `ends` 00:00 is midnight.

    Of its numbers, the two percentages are kept for referrals and for the window.
    """

    doctor_id: int | None
    department_code: str
    weekday: int
    session: str
    service_type: str
    room: str
    starts: time
    ends: time
    per_period: int
    fee_fen: int
    referral_percent: int = 0
    onsite_percent: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """How much a run added: ids of new schedules, and how many numbers they have."""

    schedule_ids: tuple[int, ...]
    slots: int


def add_template(work: Work, *, entry: TemplateEntry) -> int:
    """A new template's id; it shows in the schedules generated from now on."""
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, entry.department_code)
    check_entry(work, entry)
    template = ScheduleTemplate(**asdict(entry))
    work.session.add(template)
    work.session.flush()
    if template.id is None:
        raise ValueError("flush gave no id")
    work.record("template.add", f"template:{template.id}", department=entry.department_code)
    return template.id


def generate(work: Work, *, start: date, days: int) -> Generated:
    """Schedules and slots of `days` clinic days from `start` on, from the active templates.

    What exists stays as it is, also if its template changed. Closed holidays have no clinic.
    """
    if authority.own_department(work.actor, Right.MANAGE_SCHEDULE) is not None:
        raise forbidden()
    _retire_ended(work, today=calendar.clinic_day(work.now))
    clinic_days = [start + timedelta(days=offset) for offset in range(days)]
    weekdays = clinic_weekdays(work, days=clinic_days)
    planned = [
        _Planned(on, template, area_code, release or work.rules.release)
        for on in clinic_days
        for template, area_code, release in _templates(work)
        if template.weekday == weekdays[on] and holds(template, on)
    ]
    wanted = {plan.key: plan for plan in planned}
    known = _keys(work, start=start, days=days)
    _insert(work, "schedule", [_schedule_row(work, plan) for key, plan in wanted.items() if key not in known])
    # Whoever of two runs came first has made the numbers too, in the same transaction as the schedules.
    made = {key: schedule_id for key, schedule_id in _keys(work, start=start, days=days).items() if key in wanted}
    empty = _without_slots(work, list(made.values()))
    slots = [
        row
        for key, schedule_id in made.items()
        if schedule_id in empty
        for row in _slot_rows(work, schedule_id, wanted[key])
    ]
    _insert(work, "slot", slots)
    if slots:
        work.record("schedules.generate", f"day:{start}", days=days, schedules=len(empty), slots=len(slots))
        work.hint("today", *(f"schedule:{schedule_id}" for schedule_id in sorted(empty)))
    return Generated(tuple(sorted(empty)), len(slots))


def holds(template: ScheduleTemplate, on: date) -> bool:
    return (template.since is None or template.since <= on) and (template.until is None or on <= template.until)


def _retire_ended(work: Work, *, today: date) -> None:
    """What has ended and has no clinic to come is no longer among those in use."""
    coming = exists().where(col(Schedule.template_id) == ScheduleTemplate.id, col(Schedule.on) >= today)
    work.change(
        update(ScheduleTemplate)
        .where(col(ScheduleTemplate.active), col(ScheduleTemplate.until) < today, ~coming)
        .values(active=False)
    )


@dataclass(frozen=True, slots=True)
class _Planned:
    """One clinic that a template asks for on a day; `release` is its department's time of release."""

    on: date
    template: ScheduleTemplate
    area_code: str
    release: time

    @property
    def provider(self) -> str:
        return Provider(self.template.doctor_id, self.template.department_code, self.template.room).key

    @property
    def key(self) -> tuple[str, date, str]:
        return self.provider, self.on, self.template.session


def _templates(work: Work) -> list[tuple[ScheduleTemplate, str, time | None]]:
    """Active templates of open departments and active doctors, with area and time of release, in a stable order."""
    rows = work.session.execute(
        select(ScheduleTemplate, col(Department.area_code), col(Department.release_time))
        .join(Department, col(Department.code) == ScheduleTemplate.department_code)
        .outerjoin(Doctor, col(Doctor.id) == ScheduleTemplate.doctor_id)
        .where(
            col(ScheduleTemplate.active),
            col(Department.open),
            col(Department.area_code).is_not(None),
            col(ScheduleTemplate.doctor_id).is_(None) | col(Doctor.active),
        )
        .order_by(col(ScheduleTemplate.id))
    )
    return [(template, area_code, release) for template, area_code, release in rows if area_code is not None]


def _schedule_row(work: Work, plan: _Planned) -> dict[str, Any]:
    on, template = plan.on, plan.template
    starts_at, ends_at = clinic_hours(on, starts=template.starts, ends=template.ends)
    places = numbers(on, starts=template.starts, ends=template.ends, per_period=template.per_period)
    return {
        "provider": plan.provider,
        "doctor_id": template.doctor_id,
        "department_code": template.department_code,
        "area_code": plan.area_code,
        "on": on,
        "session": template.session,
        "service_type": template.service_type,
        "room": template.room,
        "fee_fen": template.fee_fen,
        "capacity": len(places),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "released_at": calendar.released_at(on, horizon_days=work.rules.horizon_days, release=plan.release),
        "suspended": False,
        "template_id": template.id,
    }


def _slot_rows(work: Work, schedule_id: int, plan: _Planned) -> list[dict[str, Any]]:
    template = plan.template
    places = numbers(plan.on, starts=template.starts, ends=template.ends, per_period=template.per_period)
    kept_for = channels(
        periods=len(places) // template.per_period,
        per_period=template.per_period,
        quotas=Quotas(template.referral_percent, template.onsite_percent),
    )
    return [
        slot_row(
            work,
            schedule_id=schedule_id,
            seq=place.seq,
            hours=(place.starts_at, place.ends_at),
            channel=channel,
            on=plan.on,
            release=plan.release,
        )
        for place, channel in zip(places, kept_for, strict=True)
    ]


def slot_row(
    work: Work,
    *,
    schedule_id: int,
    seq: int,
    hours: tuple[datetime, datetime],
    channel: Channel,
    on: date,
    release: time,
) -> dict[str, Any]:
    """A number that nobody has yet. `hours` are the half hour's; `release` is the time of its department."""
    return {
        "schedule_id": schedule_id,
        "seq": seq,
        "starts_at": hours[0],
        "ends_at": hours[1],
        "status": "free",
        "overbooked": False,
        "channel": channel.value,
        "opens_at": opens_at(
            channel,
            on=on,
            starts_at=hours[0],
            release=release,
            referral_returns_days=work.rules.referral_returns_days,
            onsite_returns_minutes=work.rules.onsite_returns_minutes,
        ),
        "version": 1,
    }


def _insert(work: Work, table: str, rows: list[dict[str, Any]]) -> None:
    """Multi-row INSERTs that pass over rows which somebody else was quicker to add."""
    statement = (
        insert(SQLModel.metadata.tables[table])
        .prefix_with("IGNORE", dialect="mysql")
        .prefix_with("IGNORE", dialect="mariadb")
    )
    statement = statement.prefix_with("OR IGNORE", dialect="sqlite")
    for begin in range(0, len(rows), ROWS_PER_INSERT):
        work.session.execute(statement, rows[begin : begin + ROWS_PER_INSERT])


def _keys(work: Work, *, start: date, days: int) -> dict[tuple[str, date, str], int]:
    rows = work.session.execute(
        select(col(Schedule.provider), col(Schedule.on), col(Schedule.session), col(Schedule.id)).where(
            col(Schedule.on) >= start, col(Schedule.on) < start + timedelta(days=days)
        )
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows if row[3] is not None}


def _without_slots(work: Work, schedule_ids: list[int]) -> set[int]:
    if not schedule_ids:
        return set()
    rows = work.session.scalars(
        select(col(Schedule.id)).where(
            col(Schedule.id).between(min(schedule_ids), max(schedule_ids)),
            ~exists().where(col(Slot.schedule_id) == Schedule.id),
        )
    )
    return {found for found in rows if found is not None} & set(schedule_ids)


def check_entry(work: Work, entry: TemplateEntry) -> None:
    """Raises Refusal bad_template, clinic_hours, not_found."""
    department = work.session.get(Department, entry.department_code)
    if department is None or not department.open:
        raise not_found("这个科室")
    if entry.doctor_id is not None:
        doctor = work.session.get(Doctor, entry.doctor_id)
        if doctor is None or doctor.department_code != entry.department_code:
            raise not_found("这位医生")
    starts_at, ends_at = clinic_hours(date(2000, 1, 3), starts=entry.starts, ends=entry.ends)
    sound = (
        entry.session in set(Session)
        and entry.service_type in SERVICE_TYPES
        and 0 <= entry.weekday <= 6
        and 1 <= entry.per_period <= PER_PERIOD_MAX
        and entry.fee_fen >= 0
        and Quotas(entry.referral_percent, entry.onsite_percent).sound
        and 0 < len(entry.room) <= 20
        and entry.room == one_line(entry.room)
        and ends_at - starts_at >= timedelta(minutes=PERIOD_MINUTES)
    )
    if not sound:
        raise Refusal("bad_template", "出诊模板有误，请检查时段、每半小时号数、费用、诊室和渠道配额。", 422)
