"""恢复出诊: templates that were put aside when a doctor left or a department closed hold again, and so do the clinics
made from them that are not over. The other side of vacating.py.

A clinic that was suspended on request (停诊), or that its template no longer plans, stays as it is.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.change import ChangeKind, ChangeStatus
from hospital_app.models.booking import Schedule, ScheduleTemplate, Slot
from hospital_app.models.changing import ScheduleChange
from hospital_app.models.hospital import Department, Doctor
from hospital_app.services.slots import FREED
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Restored:
    """How much takes place again."""

    templates: int
    clinics: int
    numbers: int


def bring_back(work: Work, *, templates: ColumnElement[bool], schedules: ColumnElement[bool]) -> Restored:
    """What these conditions select, as far as department and doctor are there for it. Twice is as good as once."""
    template_ids = _templates(work, templates)
    _update_templates(work, template_ids)
    clinic_ids = _clinics(work, schedules)
    work.change(update(Schedule).where(col(Schedule.id).in_(clinic_ids)).values(suspended=False))
    numbers = work.change(
        update(Slot)
        .where(
            col(Slot.schedule_id).in_(clinic_ids),
            col(Slot.status) == SlotStatus.BLOCKED,
            col(Slot.ends_at) > work.now,
            ~col(Slot.overbooked),
        )
        .values(status=SlotStatus.FREE, held_until=None, version=col(Slot.version) + 1)
    )
    if clinic_ids:
        work.hint(FREED, "today", *(f"schedule:{schedule_id}" for schedule_id in clinic_ids))
    return Restored(len(template_ids), len(clinic_ids), numbers)


def _templates(work: Work, wanted: ColumnElement[bool]) -> list[int]:
    """Put aside, but neither ended nor replaced meanwhile."""
    today, mine = clinic_day(work.now), ScheduleTemplate
    other = aliased(ScheduleTemplate)
    replaced = exists().where(
        other.active.is_(True),  # type: ignore[attr-defined]
        col(other.department_code) == col(mine.department_code),
        col(other.weekday) == col(mine.weekday),
        col(other.session) == col(mine.session),
        or_(
            and_(col(mine.doctor_id).is_not(None), col(other.doctor_id) == col(mine.doctor_id)),
            and_(col(mine.doctor_id).is_(None), col(other.doctor_id).is_(None), col(other.room) == col(mine.room)),
        ),
    )
    never_began = and_(col(mine.since).is_not(None), col(mine.since) > col(mine.until))
    query = select(col(mine.id)).where(
        wanted,
        ~col(mine.active),
        or_(col(mine.until).is_(None), and_(col(mine.until) >= today, ~never_began)),
        _attended(col(mine.department_code), col(mine.doctor_id)),
        ~replaced,
    )
    return [found for found in work.session.scalars(query.order_by(col(mine.id))) if found is not None]


def _update_templates(work: Work, ids: Collection[int]) -> None:
    work.change(update(ScheduleTemplate).where(col(ScheduleTemplate.id).in_(ids)).values(active=True))


def _clinics(work: Work, wanted: ColumnElement[bool]) -> list[int]:
    asked_for = exists().where(
        col(ScheduleChange.schedule_id) == col(Schedule.id),
        col(ScheduleChange.kind) == ChangeKind.SUSPEND,
        col(ScheduleChange.status) == ChangeStatus.APPROVED,
    )
    planned = exists().where(
        col(ScheduleTemplate.id) == col(Schedule.template_id),
        col(ScheduleTemplate.active),
        or_(col(ScheduleTemplate.since).is_(None), col(ScheduleTemplate.since) <= col(Schedule.on)),
        or_(col(ScheduleTemplate.until).is_(None), col(ScheduleTemplate.until) >= col(Schedule.on)),
    )
    query = (
        select(col(Schedule.id))
        .where(
            wanted,
            col(Schedule.suspended),
            col(Schedule.ends_at) > work.now,
            or_(col(Schedule.template_id).is_(None), planned),
            ~asked_for,
            _attended(col(Schedule.department_code), col(Schedule.doctor_id)),
        )
        .order_by(col(Schedule.id))
    )
    return [found for found in work.session.scalars(query) if found is not None]


def _attended(
    department_code: SQLColumnExpression[str], doctor_id: SQLColumnExpression[int | None]
) -> ColumnElement[bool]:
    """The department is open, and the doctor, if it is one's, works in it."""
    department = exists().where(col(Department.code) == department_code, col(Department.open))
    doctor = exists().where(
        col(Doctor.id) == doctor_id, col(Doctor.active), col(Doctor.department_code) == department_code
    )
    return and_(department, or_(doctor_id.is_(None), doctor))
