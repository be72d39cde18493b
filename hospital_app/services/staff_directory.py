"""员工名册: who works here, as far as the one who asks may see."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.search import escape_like
from hospital_app.domain.staffing import MANAGED_BY_DEPARTMENT
from hospital_app.models.hospital import Department
from hospital_app.models.identity import Passkey, Staff
from hospital_app.work import Work

ROWS = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones; empty conditions select everybody. `standing`: active, inactive or empty."""

    q: str = ""
    role: str = ""
    department: str = ""
    standing: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class StaffView:
    id: int
    staff_no: str
    name: str
    role: str
    department_code: str
    department: str
    doctor_id: int | None
    active: bool
    must_change_password: bool
    second_factor: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StaffPage:
    rows: tuple[StaffView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A department that the asker may put somebody into."""

    code: str
    name: str


def page(work: Work, *, wanted: Wanted) -> StaffPage:
    """One page of the list, by staff number. Raises Refusal like authority.check."""
    conditions = [*_reach(work), *_conditions(wanted)]
    total = work.session.scalar(select(func.count(col(Staff.id))).where(*conditions)) or 0
    pages = max(1, -(-total // ROWS))
    number = min(max(1, wanted.page), pages)
    return StaffPage(tuple(_read(work, conditions, limit=ROWS, offset=(number - 1) * ROWS)), total, number, pages)


def everybody(work: Work, *, wanted: Wanted) -> list[StaffView]:
    """The whole list for an export, which is on record."""
    found = _read(work, [*_reach(work), *_conditions(wanted)])
    work.record("staff.export", "staff", count=len(found))
    return found


def one(work: Work, *, staff_id: int) -> StaffView:
    """Somebody out of reach is not_found, like nobody."""
    found = _read(work, [*_reach(work), col(Staff.id) == min(staff_id, ID_MAX)])
    if not found:
        raise not_found("这位员工")
    return found[0]


def reached(work: Work, *, staff_id: int) -> Staff:
    """The row to be changed, locked. Raises Refusal not_found for whom the actor does not manage."""
    member = work.session.scalar(
        select(Staff)
        .where(*_reach(work, Right.MANAGE_STAFF), col(Staff.id) == min(staff_id, ID_MAX))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if member is None:
        raise not_found("这位员工")
    return member


def departments(work: Work) -> list[Choice]:
    """Open departments within the asker's reach."""
    own = authority.own_department(work.actor, Right.SEE_STAFF)
    query = select(col(Department.code), col(Department.name)).where(col(Department.open))
    if own is not None:
        query = query.where(col(Department.code) == own)
    return [Choice(code, name) for code, name in work.session.execute(query.order_by(col(Department.code)))]


def _reach(work: Work, right: Right = Right.SEE_STAFF) -> list[ColumnElement[bool]]:
    own = authority.own_department(work.actor, right)
    if own is None:
        return []
    return [col(Staff.department_code) == own, col(Staff.role).in_([role.value for role in MANAGED_BY_DEPARTMENT])]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if text := wanted.q.strip():
        pattern = f"%{escape_like(text)}%"
        found.append(or_(col(Staff.name).like(pattern, escape="/"), col(Staff.staff_no).like(pattern, escape="/")))
    if wanted.role:
        found.append(col(Staff.role) == wanted.role)
    if wanted.department:
        found.append(col(Staff.department_code) == wanted.department)
    if wanted.standing:
        found.append(col(Staff.active).is_(wanted.standing == "active"))
    return found


def _read(
    work: Work, conditions: list[ColumnElement[bool]], *, limit: int | None = None, offset: int = 0
) -> list[StaffView]:
    keyed = select(col(Passkey.id)).where(col(Passkey.staff_id) == col(Staff.id)).exists()
    rows = work.session.execute(
        select(Staff, col(Department.name), or_(col(Staff.totp_confirmed_at).is_not(None), keyed))
        .outerjoin(Department, col(Department.code) == Staff.department_code)
        .where(*conditions)
        .order_by(col(Staff.staff_no))
        .limit(limit)
        .offset(offset)
    )
    return [
        StaffView(
            id=member.id or 0,
            staff_no=member.staff_no,
            name=member.name,
            role=member.role,
            department_code=member.department_code or "",
            department=department or "",
            doctor_id=member.doctor_id,
            active=member.active,
            must_change_password=member.must_change_password,
            second_factor=bool(proved),
            created_at=member.created_at,
        )
        for member, department, proved in rows
    ]
