"""第一天: a hospital admin brings everybody in; each changes the first password, gets home, and does a first thing."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import expect

from hospital_app.adapters import sheets
from hospital_app.domain.identity import Role
from hospital_app.services.staff_import import COLUMNS
from tests.support.browser import Visitor
from tests.support.living import DEPARTMENT, Living

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

NEW_PASSWORD = "a much better one"


@dataclass(frozen=True)
class Newcomer:
    staff_no: str
    password: str


def an_admin(living: Living, desk_of: Callable[[], Visitor], staff_no: str) -> Visitor:
    living.hire(staff_no, Role.HOSPITAL_ADMIN)
    boss = desk_of()
    boss.sign_in_as_staff(staff_no)
    return boss


def hire(boss: Visitor, role: str, staff_no: str, name: str) -> Newcomer:
    """Through the page, as the hospital's admin does."""
    boss.go("/admin/staff/new")
    page = boss.page
    page.get_by_label("角色").select_option(role)
    page.get_by_label("工号").fill(staff_no)
    page.get_by_label("姓名").fill(name)
    page.get_by_label("科室").select_option(DEPARTMENT)
    boss.press("添加")
    password = page.locator("#first-password").inner_text()
    return Newcomer(staff_no, password)


def come_in(visitor: Visitor, newcomer: Newcomer) -> None:
    """With the first password, which must be changed on the way."""
    visitor.page.goto("/staff")
    visitor.page.get_by_label("工号").fill(newcomer.staff_no)
    visitor.page.get_by_label("密码", exact=True).fill(newcomer.password)
    visitor.press("登录", exact=True)
    visitor.page.get_by_label("设置新密码").fill(NEW_PASSWORD)
    visitor.press("登录", exact=True)


def test_everybodys_first_day(living: Living, desk_of: Callable[[], Visitor], patient: Visitor) -> None:
    boss = an_admin(living, desk_of, "E-boss")
    doctor = hire(boss, "doctor", "E-doctor", "初来医")
    clerk = hire(boss, "clerk", "E-clerk", "初来窗")
    head = hire(boss, "department-admin", "E-head", "初来管")

    at_desk = desk_of()
    come_in(at_desk, doctor)
    at_desk.page.wait_for_url("**/desk")
    at_desk.sees("初来医")

    no = patient.booked(living.clinic_now(living.employ("首日人")))
    at_counter = desk_of()
    come_in(at_counter, clerk)
    at_counter.page.wait_for_url("**/kiosk")
    assert at_counter.api("POST", "/check-ins", code=living.appointment(no).code)["ticket_no"]

    admin = desk_of()
    come_in(admin, head)
    admin.page.wait_for_url("**/staff/second-factor")
    shown = admin.page.locator("#factor-key")
    offered = shown.inner_text()
    admin.page.goto("/admin/staff")  # a half-open session gets no further
    admin.page.wait_for_url("**/staff/second-factor")
    expect(shown).not_to_have_text(offered)
    key = shown.inner_text().replace(" ", "")
    admin.page.get_by_label("应用里显示的 6 位动态码").fill(pyotp.TOTP(key).now())
    admin.press("确认绑定")
    expect(admin.page.get_by_role("list", name="恢复码").get_by_role("listitem")).to_have_count(10)
    admin.follow("已保存，进入工作台")
    admin.page.wait_for_url("**/admin")
    admin.go("/admin/staff")
    admin.sees("初来医", "初来窗")
    expect(admin.page.locator(".rows").get_by_text("初来管")).to_have_count(0)
    assert {row["department_code"] for row in admin.api("GET", "/staff")["rows"]} == {DEPARTMENT}


def test_an_import_with_bad_rows(living: Living, desk_of: Callable[[], Visitor]) -> None:
    boss = an_admin(living, desk_of, "E-importer")
    rows = [
        ("E-i1", "导入一", "窗口人员", "", "", "", "", ""),
        ("E-i2", "导入二", "医生", DEPARTMENT, "主治医师", "女", "骨折", ""),
        ("E-i3", "导入三", "医生", "火星科", "主治医师", "", "", ""),
    ]
    boss.go("/admin/staff-import")
    file = {"name": "staff.xlsx", "mimeType": sheets.MEDIA_TYPE, "buffer": sheets.write("员工", COLUMNS, rows)}
    boss.page.get_by_label("选择填好的 .xlsx 文件").set_input_files(file)  # type: ignore[arg-type]
    boss.sees("2 行可以导入，1 行有问题", "没有开放的科室“火星科”")
    with boss.page.expect_download() as came:
        boss.press("导入可用的行，并下载含初始密码的报告")
    boss.sees("已导入 2 人")
    report = load_workbook(io.BytesIO(came.value.path().read_bytes())).worksheets[0]
    results = [line[3] for line in report.iter_rows(min_row=2, values_only=True)]
    assert results == ["已导入", "已导入", "未导入"]
    boss.go("/admin/doctors")
    boss.page.get_by_label("姓名、拼音或首字母").fill("daoru")
    boss.press("查询")
    boss.sees("导入二")


def test_a_doctors_photo_reaches_the_patients(living: Living, desk_of: Callable[[], Visitor], patient: Visitor) -> None:
    boss, doctor = an_admin(living, desk_of, "E-photo"), living.employ("照相人")
    drawn = io.BytesIO()
    Image.new("RGB", (900, 900), "teal").save(drawn, "JPEG")
    boss.go(f"/admin/doctors/{doctor.id}")
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": drawn.getvalue()}
    boss.page.get_by_label("上传新照片").set_input_files(file)  # type: ignore[arg-type]
    boss.sees("照片已更新。")
    living.clinic_now(doctor)
    patient.go(f"/doctor/{doctor.id}")
    photo = patient.page.get_by_role("img", name="照相人的照片")
    expect(photo).to_be_visible()
    answer = patient.context.request.get(photo.get_attribute("src") or "")
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"] and answer.headers["x-content-type-options"] == "nosniff"
