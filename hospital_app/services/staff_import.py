"""批量导入员工: every row judged by the same rules as the form, the good ones entered all together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.staffing import GENDERS, ROLE_NAMES, StaffEntry, role_named
from hospital_app.models.hospital import Department
from hospital_app.services import staffing
from hospital_app.services.doctors import INTRODUCTION_MAX, SPECIALTY_MAX
from hospital_app.work import Work

COLUMNS = ("工号", "姓名", "角色", "科室", "职称", "性别", "专长", "简介")
IMPORTED_ROLES = frozenset(ROLE_NAMES) - {Role.KIOSK}


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of the file: either what it says, or why it cannot be taken."""

    row: int
    staff_no: str
    name: str
    entry: StaffEntry | None
    problem: Refusal | None


def judge(work: Work, *, rows: Sequence[tuple[int, list[str]]]) -> list[Judged]:
    """Each row below the head; `row` counts as the spreadsheet does."""
    codes = _department_codes(work)
    seen: dict[str, int] = {}
    judged = []
    for number, texts in rows:
        try:
            entry = _entry(texts, codes)
            if first := seen.get(entry.staff_no):
                raise Refusal("twice_in_file", "工号与第 {row} 行重复。", params={"row": first})
            seen[entry.staff_no] = number
            staffing.check_entry(work, entry=entry)
        except Refusal as problem:
            judged.append(Judged(number, texts[0], texts[1], None, problem))
        else:
            judged.append(Judged(number, entry.staff_no, entry.name, entry, None))
    return judged


def enter(work: Work, *, rows: Sequence[tuple[int, list[str]]], hashes: dict[str, str]) -> list[Judged]:
    """Hire the good rows, whose first passwords' `hashes` stand by staff number. Raises Refusal `import_changed` if
    they are not the ones that were previewed."""
    judged = judge(work, rows=rows)
    if {row.staff_no for row in judged if row.entry} != set(hashes):
        raise changed()
    for row in judged:
        if row.entry is not None:
            staffing.hire(work, entry=row.entry, password_hash=hashes[row.staff_no])
    work.record("staff.import", "staff", entered=len(hashes), refused=len(judged) - len(hashes))
    return judged


def changed() -> Refusal:
    return Refusal("import_changed", "预览之后情况有变，没有导入任何一行，请重新预览。", 409)


def _department_codes(work: Work) -> dict[str, str]:
    """Departments by code and by name."""
    rows = work.session.execute(select(col(Department.code), col(Department.name)).where(col(Department.open))).all()
    return {name: code for code, name in rows} | {code: code for code, _ in rows}


def _entry(texts: list[str], codes: dict[str, str]) -> StaffEntry:
    staff_no, name, role_name, department, title, gender, specialty, introduction = texts
    role = role_named(role_name)
    if role is None or role not in IMPORTED_ROLES:
        names = "、".join(ROLE_NAMES[each] for each in ROLE_NAMES if each in IMPORTED_ROLES)
        raise Refusal("bad_role", "角色应为{roles}之一，请改正。", 422, params={"roles": names})
    if department and department not in codes:
        raise Refusal(
            "unknown_department",
            "没有开放的科室“{department}”，请填科室名称或代码。",
            422,
            params={"department": department[:20]},
        )
    if len(specialty) > SPECIALTY_MAX or len(introduction) > INTRODUCTION_MAX:
        raise Refusal("too_long", "专长不超过 200 字，简介不超过 2000 字，请缩短。", 422)
    genders = {word: code for code, word in GENDERS.items()}
    return StaffEntry(
        staff_no,
        name,
        role,
        codes.get(department),
        title,
        genders.get(gender, "unknown"),
        specialty,
        introduction,
    )
