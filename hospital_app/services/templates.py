"""出诊模板 for those who keep them: the week of a doctor or of a pooled clinic, and what a change would do.

A template is never rewritten: it ends, and another one holds from a day on. So clinics know what made them.
"""

from dataclasses import asdict, dataclass
from datetime import date, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.schedule import Provider
from hospital_app.models.booking import Schedule, ScheduleTemplate
from hospital_app.models.hospital import Doctor
from hospital_app.services import capacity
from hospital_app.services.capacity import Effect
from hospital_app.services.schedules import TemplateEntry, check_entry
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class TemplateView:
    """One template; `since` and `until` are the clinic days that it is for, None: no limit."""

    id: int
    provider: str
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
    referral_percent: int
    onsite_percent: int
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Whose week may be looked at. `clinics` a week; 0: none yet."""

    provider: str
    doctor_id: int | None
    name: str
    room: str
    title: str
    clinics: int


def providers(work: Work, *, department_code: str) -> list[ProviderChoice]:
    """The doctors at work and the pooled clinics of a department; doctors without a clinic are among them."""
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, department_code)
    counted = (
        select(col(ScheduleTemplate.doctor_id), col(ScheduleTemplate.room), func.count())
        .where(col(ScheduleTemplate.department_code) == department_code, *_in_use(work))
        .group_by(col(ScheduleTemplate.doctor_id), col(ScheduleTemplate.room))
        .order_by(col(ScheduleTemplate.room))
    )
    of_doctors: dict[int, int] = {}
    pools = []
    for doctor_id, room, count in work.session.execute(counted):
        if doctor_id is None:
            pools.append(ProviderChoice(Provider(None, department_code, room).key, None, "", room, "", count))
        else:
            of_doctors[doctor_id] = of_doctors.get(doctor_id, 0) + count
    doctors = work.session.scalars(
        select(Doctor)
        .where(col(Doctor.department_code) == department_code, col(Doctor.active))
        .order_by(col(Doctor.id))
    )
    return [
        *(
            ProviderChoice(
                Provider(doctor.id).key, doctor.id, doctor.name, "", doctor.title, of_doctors.get(doctor.id or 0, 0)
            )
            for doctor in doctors
        ),
        *pools,
    ]


def week(work: Work, *, department_code: str, doctor_id: int | None, room: str = "") -> list[TemplateView]:
    """What is in use or will be, by weekday, session and day from which it holds."""
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, department_code)
    query = select(ScheduleTemplate).where(
        col(ScheduleTemplate.department_code) == department_code, *_mine(doctor_id, room), *_in_use(work)
    )
    found = work.session.scalars(
        query.order_by(col(ScheduleTemplate.weekday), col(ScheduleTemplate.starts), col(ScheduleTemplate.since))
    )
    return [_view(template) for template in found]


def listing(work: Work, *, department_code: str | None = None) -> list[TemplateView]:
    """Everything in use within reach, for other systems."""
    own = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    query = select(ScheduleTemplate).where(*_in_use(work))
    for code in {own, department_code} - {None}:
        query = query.where(col(ScheduleTemplate.department_code) == code)
    return [_view(template) for template in work.session.scalars(query.order_by(col(ScheduleTemplate.id)))]


def next_open_day(work: Work) -> date:
    """The first day for which no clinic has been generated yet: a change from then on moves nothing."""
    last = work.session.scalar(select(func.max(Schedule.on)))
    return max(clinic_day(work.now), last or date.min) + timedelta(days=1)


def add(work: Work, *, entry: TemplateEntry, since: date) -> int:
    """A new template's id. From `since` on it makes clinics, at the next round also on days generated already."""
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, entry.department_code)
    check_entry(work, entry)
    _check_day(work, since)
    _check_alone(work, entry, since)
    template = ScheduleTemplate(**asdict(entry), since=since)
    work.session.add(template)
    work.session.flush()
    work.record(
        "template.add",
        f"template:{template.id}",
        department=entry.department_code,
        since=since.isoformat(),
        after=_told(entry),
    )
    return template.id or 0


def preview(work: Work, *, template_id: int, entry: TemplateEntry, since: date) -> Effect:
    """What `change` with `generated` would do now; raises what it would raise."""
    template = _reached(work, template_id, lock=False)
    changed = _check_change(work, template, entry, since)
    return capacity.preview(work, clinics=capacity.coming(work, template_ids=[template_id], since=since), entry=changed)


def change(work: Work, *, template_id: int, entry: TemplateEntry, since: date, generated: bool) -> Effect:
    """From `since` on the entry holds instead. `generated`: also for clinics made already, as far as nobody loses."""
    template = _reached(work, template_id, lock=True)
    changed = _check_change(work, template, entry, since)
    before = _told(_entry(template))
    clinics = capacity.coming(work, template_ids=[template_id], since=since)
    effect = capacity.apply(work, clinics=clinics, entry=changed) if generated else Effect()
    successor = ScheduleTemplate(**asdict(changed), since=since, until=template.until)
    work.session.add(successor)
    work.session.flush()
    _close_at(work, template, since)
    work.change(
        update(Schedule)
        .where(col(Schedule.template_id) == template_id, col(Schedule.on) >= since)
        .values(template_id=successor.id)
    )
    work.record(
        "template.change",
        f"template:{template_id}",
        department=changed.department_code,
        successor=successor.id,
        since=since.isoformat(),
        generated=generated,
        effect=asdict(effect),
        before=before,
        after=_told(changed),
    )
    return effect


def preview_end(work: Work, *, template_id: int, since: date) -> Effect:
    """What `end` with `generated` would do now."""
    _reached(work, template_id, lock=False)
    _check_day(work, since)
    clinics = capacity.coming(work, template_ids=[template_id], since=since)
    booked = capacity.bookings(work, clinics)
    return Effect(len(clinics), sum(booked.values()), 0, 0, 0, len(booked))


def end(work: Work, *, template_id: int, since: date, generated: bool) -> Effect:
    """From `since` on there are no more of these clinics. `generated`: those made already close if nobody is booked."""
    template = _reached(work, template_id, lock=True)
    _check_day(work, since)
    clinics = capacity.coming(work, template_ids=[template_id], since=since)
    effect = capacity.close_empty(work, clinics=clinics) if generated else Effect()
    _close_at(work, template, since)
    work.record(
        "template.end",
        f"template:{template_id}",
        department=template.department_code,
        since=since.isoformat(),
        generated=generated,
        effect=asdict(effect),
    )
    return effect


def _close_at(work: Work, template: ScheduleTemplate, since: date) -> None:
    template.until = since - timedelta(days=1)
    if template.since is not None and template.since > template.until:
        template.active = False  # it has never begun
    work.session.flush()


def _reached(work: Work, template_id: int, *, lock: bool) -> ScheduleTemplate:
    """Another department's is not_found, like none; so is one that has ended."""
    own = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    template = work.session.get(
        ScheduleTemplate, min(template_id, ID_MAX), with_for_update=lock, populate_existing=True
    )
    if template is None or own not in (None, template.department_code) or not template.active:
        raise not_found("这个出诊模板")
    return template


def _check_change(work: Work, template: ScheduleTemplate, entry: TemplateEntry, since: date) -> TemplateEntry:
    """The entry, of the same provider, weekday and session: another one of these is another template."""
    _check_day(work, since)
    changed = TemplateEntry(
        **{
            **asdict(entry),
            "doctor_id": template.doctor_id,
            "department_code": template.department_code,
            "weekday": template.weekday,
            "session": template.session,
        }
    )
    check_entry(work, changed)
    if template.until is not None and since > template.until:
        raise Refusal("template_over", "这个模板在那天之前已经停止，请选择更早的日期。", 422)
    if template.doctor_id is None and template.room != changed.room:
        raise Refusal("pool_room", "普通门诊按诊室区分，换诊室请停止这个模板，再为新诊室新增。", 422)
    return changed


def _check_day(work: Work, since: date) -> None:
    today = clinic_day(work.now)
    if not today < since <= today + timedelta(days=365):
        raise Refusal("bad_since", "生效日期应在明天到一年之内，请改正。", 422)


def _check_alone(work: Work, entry: TemplateEntry, since: date) -> None:
    """One clinic per provider, weekday and session."""
    same = select(func.count(col(ScheduleTemplate.id))).where(
        col(ScheduleTemplate.department_code) == entry.department_code,
        *_mine(entry.doctor_id, entry.room),
        col(ScheduleTemplate.weekday) == entry.weekday,
        col(ScheduleTemplate.session) == entry.session,
        col(ScheduleTemplate.active),
        or_(col(ScheduleTemplate.until).is_(None), col(ScheduleTemplate.until) >= since),
    )
    if work.session.scalar(same):
        raise Refusal("template_exists", "这个时段已经有出诊模板，请修改原来的那个。", 409)


def _mine(doctor_id: int | None, room: str) -> tuple[ColumnElement[bool], ...]:
    if doctor_id is not None:
        return (col(ScheduleTemplate.doctor_id) == min(doctor_id, ID_MAX),)
    return (col(ScheduleTemplate.doctor_id).is_(None), col(ScheduleTemplate.room) == room)


def _in_use(work: Work) -> tuple[ColumnElement[bool], ...]:
    ended = col(ScheduleTemplate.until) < clinic_day(work.now)
    return (col(ScheduleTemplate.active).is_(True), or_(col(ScheduleTemplate.until).is_(None), ~ended))


def _entry(template: ScheduleTemplate) -> TemplateEntry:
    return TemplateEntry(**{name: getattr(template, name) for name in TemplateEntry.__dataclass_fields__})


def _told(entry: TemplateEntry) -> dict[str, object]:
    return {name: f"{value}" for name, value in asdict(entry).items() if name not in ("doctor_id", "department_code")}


def _view(template: ScheduleTemplate) -> TemplateView:
    provider = Provider(template.doctor_id, template.department_code, template.room).key
    entry = asdict(_entry(template))
    return TemplateView(id=template.id or 0, provider=provider, **entry, since=template.since, until=template.until)
