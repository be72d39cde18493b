"""停诊、调诊、加号的申请 as those see them who asked and who decide."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from hospital_app.domain import authority, change
from hospital_app.domain.authority import Right
from hospital_app.domain.change import CHANGE_MOVES, ChangeAction, ChangeKind, ChangeStatus, Wanted, read_wanted
from hospital_app.domain.errors import not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.machine import open_actions
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.booking import Schedule
from hospital_app.models.changing import ScheduleChange
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Patient, Staff
from hospital_app.work import Work

LISTED = 100


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One request. `short_notice`: only the hospital's admin may approve it. Names of patients are masked."""

    id: int
    kind: str
    status: str
    schedule_id: int
    department_code: str
    department_name: str
    doctor_name: str  # empty: 普通门诊
    on: date
    session: str
    service_type: str
    starts_at: datetime
    ends_at: datetime
    room: str
    wanted: Wanted
    patient_name: str
    substitute_name: str
    reason: str
    answer: str
    requested_by: str
    requested_at: datetime
    decided_at: datetime | None
    short_notice: bool
    actions: tuple[str, ...]


def own(work: Work) -> list[ChangeView]:
    """What this member of staff has asked for, the newest first."""
    authority.check(work.actor, Right.REQUEST_CHANGE)
    return _views(work, col(ScheduleChange.requested_by) == work.actor.staff_id)


def inbox(work: Work, *, status: str = "") -> list[ChangeView]:
    """Requests within reach of an admin; `status` narrows. Open ones come oldest first, others newest first."""
    scope = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    conditions: list[ColumnElement[bool]] = [] if scope is None else [col(ScheduleChange.department_code) == scope]
    if status:
        conditions.append(col(ScheduleChange.status) == status)
    return _views(work, *conditions, oldest_first=status == ChangeStatus.REQUESTED)


def open_count(work: Work) -> int:
    """How many wait for this admin."""
    scope = authority.own_department(work.actor, Right.MANAGE_SCHEDULE)
    query = select(func.count(col(ScheduleChange.id))).where(col(ScheduleChange.status) == ChangeStatus.REQUESTED)
    if scope is not None:
        query = query.where(col(ScheduleChange.department_code) == scope)
    return work.session.scalar(query) or 0


def one(work: Work, *, change_id: int) -> ChangeView:
    """For whoever decides."""
    authority.check(work.actor, Right.MANAGE_SCHEDULE)
    row = work.session.get(ScheduleChange, min(change_id, ID_MAX))
    if row is None:
        raise not_found("这个申请")
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, row.department_code)
    return _views(work, col(ScheduleChange.id) == row.id)[0]


def is_short_notice(work: Work, row: ScheduleChange, schedule: Schedule) -> bool:
    return row.kind == ChangeKind.SUSPEND and change.is_short_notice(
        work.rules, requested_at=row.requested_at, starts_at=schedule.starts_at
    )


def _views(work: Work, *conditions: ColumnElement[bool], oldest_first: bool = False) -> list[ChangeView]:
    query = (
        select(ScheduleChange, Schedule, Department, Doctor, col(Staff.name))
        .join(Schedule, col(Schedule.id) == col(ScheduleChange.schedule_id))
        .join(Department, col(Department.code) == col(ScheduleChange.department_code))
        .join(Staff, col(Staff.id) == col(ScheduleChange.requested_by))
        .outerjoin(Doctor, col(Doctor.id) == col(Schedule.doctor_id))
        .where(*conditions)
        .order_by(col(ScheduleChange.id) if oldest_first else col(ScheduleChange.id).desc())
        .limit(LISTED)
        .execution_options(populate_existing=True)
    )
    return [_view(work, *row) for row in work.session.execute(query)]


def _view(
    work: Work, row: ScheduleChange, schedule: Schedule, department: Department, doctor: Doctor | None, asker: str
) -> ChangeView:
    wanted = read_wanted(row.wanted)
    substitute = work.session.get(Doctor, wanted.substitute_id) if wanted.substitute_id else None
    patient = ""
    if wanted.patient_id:
        patient = (
            work.session.scalar(select(col(Patient.name_masked)).where(col(Patient.id) == wanted.patient_id)) or ""
        )
    short = is_short_notice(work, row, schedule)
    actions = set(open_actions(CHANGE_MOVES, ChangeStatus(row.status), work.actor.role))
    if row.requested_by != work.actor.staff_id:
        actions.discard(ChangeAction.WITHDRAW)
    if short and work.actor.role is Role.DEPARTMENT_ADMIN:
        actions.discard(ChangeAction.APPROVE)
    return ChangeView(
        id=row.id or 0,
        kind=row.kind,
        status=row.status,
        schedule_id=row.schedule_id,
        department_code=department.code,
        department_name=department.name,
        doctor_name=doctor.name if doctor else "",
        on=schedule.on,
        session=schedule.session,
        service_type=schedule.service_type,
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
        room=schedule.room,
        wanted=wanted,
        patient_name=patient,
        substitute_name=substitute.name if substitute else "",
        reason=row.reason,
        answer=row.answer,
        requested_by=asker,
        requested_at=row.requested_at,
        decided_at=row.decided_at,
        short_notice=short,
        actions=tuple(sorted(action.value for action in actions)),
    )
