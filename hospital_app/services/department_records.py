"""科室资料: place, scope and opening hours by the department's own admin; opening and closing by the hospital's."""

from dataclasses import asdict, dataclass
from datetime import time

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.texts import one_line, plain
from hospital_app.models.booking import Schedule, ScheduleTemplate
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.services import returning, vacating
from hospital_app.services.departments import department_words
from hospital_app.work import Work

NAME_MAX, LOCATION_MAX, SCOPE_MAX, OPENING_MAX = 60, 80, 300, 80


@dataclass(frozen=True, slots=True)
class DepartmentView:
    code: str
    name: str
    location: str
    scope: str
    opening: str
    area_code: str
    area: str
    open: bool
    doctors: int
    release: time | None = None  # 错峰放号; None: the hospital's


@dataclass(frozen=True, slots=True)
class Details:
    """What is told to patients."""

    name: str
    location: str
    scope: str
    opening: str
    area_code: str


def listing(work: Work) -> list[DepartmentView]:
    """Open ones first, within reach."""
    return _read(work)


def one(work: Work, *, code: str) -> DepartmentView:
    found = _read(work, code)
    if not found:
        raise not_found("这个科室")
    return found[0]


def areas(work: Work) -> list[tuple[str, str, str]]:
    """Code, name and place of every waiting area."""
    authority.check(work.actor, Right.MANAGE_DEPARTMENT)
    rows = work.session.execute(select(col(Area.code), col(Area.name), col(Area.location)).order_by(col(Area.code)))
    return [(code, name, location) for code, name, location in rows]


def correct(work: Work, *, code: str, details: Details) -> None:
    """Raises Refusal bad_department, not_found."""
    department = _reached(work, code)
    written = {"name": details.name, "location": details.location, "scope": details.scope, "opening": details.opening}
    given = {field: plain(text) if field == "scope" else one_line(text) for field, text in written.items()}
    most = {"name": NAME_MAX, "location": LOCATION_MAX, "scope": SCOPE_MAX, "opening": OPENING_MAX}
    if not given["name"] or any(len(text) > most[field] for field, text in given.items()):
        raise Refusal("bad_department", "请填写科室名称，位置和开放时间各不超过 80 字，诊治范围不超过 300 字。", 422)
    if details.area_code and work.session.get(Area, details.area_code) is None:
        raise not_found("这个候诊区")
    if department.open and not details.area_code:
        raise Refusal("area_missing", "开放的科室必须有候诊区，请先选择候诊区。", 422)
    before = {field: getattr(department, field) for field in given} | {"area_code": department.area_code}
    after = given | {"area_code": details.area_code or None}
    for field, value in after.items():
        setattr(department, field, value)
    department.pinyin, department.initials = department_words(department.name)
    changed = [field for field in after if before[field] != after[field]]
    work.record("department.correct", f"department:{code}", changed=changed)


def open_up(work: Work, *, code: str) -> None:
    """It takes patients. It needs an area for them to wait in. What was closed with it takes place again."""
    authority.check(work.actor, Right.OPEN_DEPARTMENT)
    department = _reached(work, code)
    if department.area_code is None:
        raise Refusal("area_missing", "开放的科室必须有候诊区，请先选择候诊区。", 422)
    department.open = True
    work.session.flush()
    restored = returning.bring_back(
        work,
        templates=col(ScheduleTemplate.department_code) == code,
        schedules=col(Schedule.department_code) == code,
    )
    work.record("department.open", f"department:{code}", **asdict(restored))


def close(work: Work, *, code: str) -> None:
    """It takes patients no more. Raises Refusal future_bookings while somebody has a number there."""
    authority.check(work.actor, Right.OPEN_DEPARTMENT)
    department = _reached(work, code)
    vacating.vacate(
        work,
        schedules=col(Schedule.department_code) == code,
        templates=col(ScheduleTemplate.department_code) == code,
        who="这个科室",
    )
    department.open = False
    work.record("department.close", f"department:{code}")


def _reached(work: Work, code: str) -> Department:
    own = authority.own_department(work.actor, Right.MANAGE_DEPARTMENT)
    department = work.session.get(Department, code, with_for_update=True, populate_existing=True)
    if department is None or own not in (None, code):
        raise not_found("这个科室")
    return department


def _read(work: Work, code: str | None = None) -> list[DepartmentView]:
    own = authority.own_department(work.actor, Right.MANAGE_DEPARTMENT)
    doctors = (
        select(func.count(col(Doctor.id)))
        .where(col(Doctor.department_code) == col(Department.code), col(Doctor.active))
        .scalar_subquery()
    )
    query = select(Department, col(Area.name), doctors).outerjoin(Area, col(Area.code) == Department.area_code)
    if own is not None:
        query = query.where(col(Department.code) == own)
    if code is not None:
        query = query.where(col(Department.code) == code)
    rows = work.session.execute(query.order_by(col(Department.open).desc(), col(Department.code)))
    return [
        DepartmentView(
            code=department.code,
            name=department.name,
            location=department.location,
            scope=department.scope,
            opening=department.opening,
            area_code=department.area_code or "",
            area=area or "",
            open=department.open,
            doctors=int(count),
            release=department.release_time,
        )
        for department, area, count in rows
    ]
