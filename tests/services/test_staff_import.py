"""批量导入: every bad row is named, good ones come in together, and first passwords are told once."""

import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.adapters import sheets
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import signin, staff_import, staffing
from hospital_app.models.identity import Staff
from hospital_app.services.staff_directory import Wanted
from hospital_app.services.staff_import import COLUMNS
from tests.support.builders import DEPARTMENT, a_department
from tests.support.house import House
from tests.support.people import a_member_of_staff

GOOD = [
    ("C3001", "王敏", "窗口人员", "", "", "女", "", ""),
    ("D3001", "李建国", "医生", "呼吸内科", "主治医师", "男", "=cmd|' /C calc'!A0", ""),
    (30010, "赵强", "科室管理员", DEPARTMENT, "", "", "", ""),
]
BAD = [
    ("D3001", "重复号", "医生", "呼吸内科", "主治医师", "", "", ""),
    ("D3002", "无科室", "医生", "火星科", "主治医师", "", "", ""),
    ("D3003", "无职称", "医生", "呼吸内科", "", "", "", ""),
    ("C3002", "", "窗口人员", "", "", "", "", ""),
    ("K3001", "自助机", "自助机", "", "", "", "", ""),
    ("=1+1", "公式号", "窗口人员", "", "", "", "", ""),
]


def a_file(*rows: tuple[object, ...], heads: tuple[str, ...] = COLUMNS) -> bytes:
    return sheets.write("员工", heads, rows)  # type: ignore[arg-type]


@pytest.fixture
def admin(house: House) -> Actor:
    a_department(house.sessions)
    return Actor(Role.HOSPITAL_ADMIN, staff_id=a_member_of_staff(house))


def staff_count(house: House) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count(col(Staff.id)))) or 0


def test_good_rows_come_in_and_bad_ones_are_named(house: House, admin: Actor) -> None:
    content = a_file(*GOOD, *BAD)
    judged = staff_import.preview(admin, content=content)
    assert staff_count(house) == 1
    assert [row.problem is None for row in judged] == [True] * 3 + [False] * 6
    assert [(row.row, row.problem.code) for row in judged if row.problem] == [
        (5, "twice_in_file"),
        (6, "unknown_department"),
        (7, "title_missing"),
        (8, "name_missing"),
        (9, "bad_role"),
        (10, "bad_staff_no"),
    ]
    with pytest.raises(Refusal, match="重新预览"):
        staff_import.enter(admin, content=content, expected=4)
    assert staff_count(house) == 1
    report = load_workbook(io.BytesIO(staff_import.enter(admin, content=content, expected=3))).worksheets[0]
    lines = list(report.iter_rows(min_row=2, values_only=True))
    assert [line[3] for line in lines] == ["已导入"] * 3 + ["未导入"] * 6
    assert re.fullmatch(r"(\w{4}-){2}\w{4}", str(lines[0][5])) and not lines[3][5]
    opened = signin.sign_in_staff(
        ANONYMOUS, staff_no="C3001", password=str(lines[0][5]), new_password="a much better one"
    )
    assert opened.role is Role.CLERK
    assert staff_count(house) == 4
    with pytest.raises(Refusal):  # the same file again: nobody of it is new
        staff_import.enter(admin, content=content, expected=3)
    exported = load_workbook(io.BytesIO(staffing.export(admin, wanted=Wanted(q="D3001")))).worksheets[0]
    assert [row[:5] for row in exported.iter_rows(min_row=2, values_only=True)] == [
        ("D3001", "李建国", "医生", DEPARTMENT, "呼吸内科")
    ]


def test_a_department_admin_imports_into_the_own_department(house: House, admin: Actor) -> None:
    a_department(house.sessions, code="04.03", name="骨科")
    head = Actor(Role.DEPARTMENT_ADMIN, staff_id=99, department_code="04.03")
    judged = staff_import.preview(head, content=a_file(*GOOD, ("C3003", "孙燕", "窗口人员", "骨科", "", "", "", "")))
    assert [row.problem.code if row.problem else "" for row in judged] == ["forbidden"] * 3 + [""]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (a_file(("x", "y"), heads=("工号", "姓名")), "wrong_columns"),
        (a_file(), "no_rows"),
        (a_file(*[(f"C{n}", "王敏", "窗口人员", "", "", "", "", "") for n in range(501)]), "sheet_too_large"),
        (b"not a spreadsheet", "bad_sheet"),
    ],
)
def test_files_that_are_none(house: House, admin: Actor, content: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        staff_import.preview(admin, content=content)
    assert refusal.value.code == code


def test_the_template_can_be_filled_in(house: House, admin: Actor) -> None:
    judged = staff_import.preview(admin, content=staff_import.template())
    assert [row.problem for row in judged] == [None, None]
