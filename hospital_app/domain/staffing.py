"""员工: what an entry must hold, who may be made what by whom, and the words of forms and spreadsheets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.texts import one_line

#: 工号: as printed on a badge.
_STAFF_NO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,19}")
NAME_MAX = 40
ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.DOCTOR: "医生",
        Role.CLERK: "窗口人员",
        Role.DEPARTMENT_ADMIN: "科室管理员",
        Role.HOSPITAL_ADMIN: "医院管理员",
        Role.KIOSK: "自助机",
    }
)
#: 科室管理员 manage these, of their own department.
MANAGED_BY_DEPARTMENT = (Role.DOCTOR, Role.CLERK)
#: Whose work belongs to one department.
IN_DEPARTMENT = frozenset({Role.DOCTOR, Role.DEPARTMENT_ADMIN})
TITLES = ("主任医师", "副主任医师", "主治医师", "住院医师")
GENDERS: Mapping[str, str] = MappingProxyType({"male": "男", "female": "女", "unknown": "未说明"})


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """What an administrator writes about a new member of staff; the last four of a doctor only."""

    staff_no: str
    name: str
    role: Role
    department_code: str | None = None
    title: str = ""
    gender: str = "unknown"
    specialty: str = ""
    introduction: str = ""


def check(entry: StaffEntry) -> None:
    """Raises Refusal `bad_staff_no`, `name_missing`, `department_missing`, `title_missing`."""
    if not _STAFF_NO.fullmatch(entry.staff_no):
        raise Refusal("bad_staff_no", "工号应为 2 到 20 位字母、数字或连字符，请改正。", 422)
    check_name(entry.name)
    if entry.role in IN_DEPARTMENT and not entry.department_code:
        raise Refusal("department_missing", "医生和科室管理员必须有所属科室，请填写。", 422)
    if entry.role is Role.DOCTOR and entry.title not in TITLES:
        raise Refusal(
            "title_missing", "医生的职称应为{titles}之一，请改正。", 422, params={"titles": "、".join(TITLES)}
        )


def check_name(name: str) -> None:
    if not 0 < len(name) <= NAME_MAX or not name.strip() or one_line(name) != name.strip():
        raise Refusal("name_missing", "请填写姓名，不超过 40 个字。", 422)


def role_named(word: str) -> Role | None:
    """A role by its name in a spreadsheet, or by its code."""
    wanted = word.strip()
    for role, name in ROLE_NAMES.items():
        if wanted in (name, role.value):
            return role
    return None
