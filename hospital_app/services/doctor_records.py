"""医生档案 for those who keep them: the list, one record, corrections within the own department."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.search import escape_like, is_latin, latin, query_of, word_starts
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Staff
from hospital_app.work import Work

MOST = 300


@dataclass(frozen=True, slots=True)
class DoctorView:
    """`staff_id` is None for whom nobody has given an account."""

    id: int
    name: str
    gender: str
    title: str
    specialty: str
    introduction: str
    department_code: str
    department: str
    photo: str
    active: bool
    staff_id: int | None
    staff_no: str


def listing(work: Work, *, q: str = "", department: str = "") -> list[DoctorView]:
    """By department and name; by Chinese name, pinyin or initials."""
    conditions: list[ColumnElement[bool]] = []
    if department:
        conditions.append(col(Doctor.department_code) == department)
    if query := query_of(q):
        conditions.append(_named(query))
    return _read(work, conditions)


def one(work: Work, *, doctor_id: int) -> DoctorView:
    """Another department's doctor is not_found, like nobody."""
    found = _read(work, [col(Doctor.id) == min(doctor_id, ID_MAX)])
    if not found:
        raise not_found("这位医生")
    return found[0]


def _named(query: str) -> ColumnElement[bool]:
    if not is_latin(query):
        return col(Doctor.name).like(f"%{escape_like(query)}%", escape="/")
    patterns = word_starts(latin(query))
    columns = (col(Doctor.pinyin), col(Doctor.initials))
    return or_(*(column.like(pattern, escape="/") for column in columns for pattern in patterns))


def _read(work: Work, conditions: list[ColumnElement[bool]]) -> list[DoctorView]:
    own = authority.own_department(work.actor, Right.MANAGE_DOCTOR)
    if own is not None:
        conditions = [*conditions, col(Doctor.department_code) == own]
    rows = work.session.execute(
        select(Doctor, col(Department.name), col(Staff.id), col(Staff.staff_no))
        .join(Department, col(Department.code) == Doctor.department_code)
        .outerjoin(Staff, col(Staff.doctor_id) == Doctor.id)
        .where(*conditions)
        .order_by(col(Doctor.active).desc(), col(Doctor.department_code), col(Doctor.id))
        .limit(MOST)
    )
    return [
        DoctorView(
            id=doctor.id or 0,
            name=doctor.name,
            gender=doctor.gender,
            title=doctor.title,
            specialty=doctor.specialty,
            introduction=doctor.introduction,
            department_code=doctor.department_code,
            department=department,
            photo=doctor.photo or "",
            active=doctor.active,
            staff_id=staff_id,
            staff_no=staff_no or "",
        )
        for doctor, department, staff_id, staff_no in rows
    ]
