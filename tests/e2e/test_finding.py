"""找医生、语言、隐私：what is said first, in which language, and to whom."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_a_red_flag_sends_to_the_emergency_room_before_anything_else(patient: Visitor) -> None:
    patient.go("/find?q=胸痛")
    patient.sees("请马上去急诊")
    order = patient.page.get_by_role("main").evaluate(
        "main => [...main.querySelectorAll('[role=alert], .doctors, .places')].map(e => e.role || 'list')"
    )
    assert order and order[0] == "alert"
    expect(patient.page.get_by_role("link", name="拨打 120")).to_have_attribute("href", "tel:120")


def test_a_symptom_leads_to_doctors_and_nonsense_to_all_departments(patient: Visitor) -> None:
    patient.go("/find?q=咳嗽")
    expect(patient.page.get_by_role("main")).to_contain_text("呼吸内科")
    patient.go("/find?q=qqqqzzzz")
    patient.sees("没有找到“qqqqzzzz”")
    patient.follow("全部科室")
    patient.page.wait_for_url("**/departments")
    patient.sees("骨科")


def test_the_whole_way_in_english(patient: Visitor) -> None:
    living, page = patient.living, patient.page
    doctor = living.employ("英语好")
    no = patient.booked(living.morning(doctor), name="外国友")
    patient.go("/me")
    patient.press("English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for path in ("/", "/find", f"/doctor/{doctor.id}", "/appointments", f"/appointment/{no}", f"/slip/{no}", "/queue"):
        patient.go(path)
        expect(page.get_by_role("navigation").first).to_contain_text("Home")
        for heading in page.get_by_role("heading").all():
            text = heading.inner_text()
            named = re.sub("外.友|第一人民医院|市第一人民医院", "", text)
            assert not CHINESE.search(named) or page.url.endswith(("/", "/find")), (path, text)
        for button in page.get_by_role("button").all():
            assert not CHINESE.search(button.inner_text()), (path, button.inner_text())
    patient.go("/me")
    patient.press("中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_a_second_account_opens_nothing_of_the_first(patient: Visitor, phone_of: Callable[..., Visitor]) -> None:
    doctor = patient.living.employ("密不语")
    no = patient.booked(patient.living.morning(doctor), name="贾秘密")
    code = patient.living.appointment(no).code
    other = phone_of()
    other.sign_in()
    for page in ("slip", "pay", "appointment"):
        other.page.goto(f"/{page}/{no}")
        other.sees("没有找到这张挂号单")
        shown = other.page.content()
        for secret in ("贾", "密不语", code, f"{code[:4]} {code[4:]}", "data:image/png"):
            assert secret not in shown, (page, secret)
    nobody = phone_of()
    for page in ("slip", "pay", "appointment"):
        nobody.page.goto(f"/{page}/{no}")
        nobody.page.wait_for_url("**/signin?next=**")


def test_signing_out_leaves_nothing_on_the_phone(patient: Visitor) -> None:
    no = patient.booked(patient.living.morning(patient.living.employ("走干净")), name="白用过")
    patient.go(f"/slip/{no}")
    patient.sees("挂号成功")
    patient.go("/me")
    patient.press("退出登录")
    patient.page.wait_for_url(patient.living.url + "/")
    patient.page.goto(f"/slip/{no}")
    patient.page.wait_for_url("**/signin?next=**")
    assert "白" not in patient.page.get_by_role("main").inner_text()


def test_numbers_open_on_the_page_by_themselves(patient: Visitor) -> None:
    living = patient.living
    doctor = living.employ("准点放")
    schedule = living.morning(doctor)
    living.release(schedule, in_seconds=8)
    patient.go(f"/doctor/{doctor.id}")
    patient.sees("距放号还有", "放号")
    expect(patient.page.get_by_role("timer")).to_have_text(re.compile(r"^00:0\d$"))
    patient.page.evaluate("window.still_here = true")
    expect(patient.page.get_by_text("距放号还有")).to_have_count(0, timeout=15_000)
    patient.sees("可约")
    assert patient.page.evaluate("window.still_here"), "nothing was reloaded"
