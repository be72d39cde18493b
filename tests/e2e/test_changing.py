"""退号与改签：what it costs is said first, the worker sends the money back, nothing is lost on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from hospital_app import clock
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import Role
from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_cancel_by_quote_and_get_the_money_back(patient: Visitor) -> None:
    living = patient.living
    doctor = living.employ("钱还来")
    schedule = living.clinic(doctor, starts_at=clock.now() + timedelta(hours=4), periods=1, per_period=1)
    no = patient.booked(schedule, name="吴去处")
    patient.go("/appointments")
    patient.follow("详情")
    patient.sees("骨科 · 钱还来 主任医师")
    patient.press("退号", exact=True)
    cancel = patient.page.locator("#cancel")
    expect(cancel).to_contain_text("¥5.00")
    expect(cancel).to_contain_text("¥45.00")
    patient.press("不退了")
    expect(cancel).to_have_count(0)
    patient.press("退号", exact=True)
    patient.press("确认退号")
    patient.sees("已退号，¥45.00 将原路退回。")
    expect(patient.page.get_by_role("main")).to_contain_text("已退款")
    assert (living.appointment(no).status, living.free_numbers(schedule)) == ("cancelled", 1)
    assert [message["kind"] for message in patient.api("GET", "/messages")["messages"]]
    patient.page.reload()
    expect(patient.page.get_by_role("main")).to_contain_text("已退款")
    expect(patient.page.get_by_role("button", name="退号", exact=True)).to_have_count(0)


def test_a_clerk_cancels_for_a_patient_and_says_why(patient: Visitor, desk_of: Callable[[], Visitor]) -> None:
    living = patient.living
    no = patient.booked(living.morning(living.employ("代为办"), days=2), name="托人办")
    clerk = desk_of()
    living.hire("C9301", Role.CLERK)
    clerk.sign_in_as_staff("C9301")
    clerk.go("/staff/patients")
    clerk.page.fill("#number", no)
    clerk.press("查找")
    clerk.follow("打开挂号单，代办")
    clerk.press("退号", exact=True)
    clerk.press("确认退号")
    clerk.sees("替患者办理请先选择原因")
    assert living.appointment(no).status == "booked"
    clerk.press("家属代办")
    expect(clerk.page.get_by_role("button", name="家属代办")).to_have_attribute("aria-pressed", "true")
    clerk.press("确认退号")
    clerk.sees("已退号")
    assert living.appointment(no).status == "cancelled"


def test_reschedule_to_another_half_hour(patient: Visitor) -> None:
    living = patient.living
    schedule = living.morning(living.employ("移步换"), days=2, per_period=1)
    no = patient.booked(schedule, name="何时好")
    before = patient.slip(no)["qr"]
    patient.go(f"/slip/{no}")
    patient.follow("改签")
    patient.sees("改签成功前，原来的号一直为您保留。")
    patient.page.locator("#periods").get_by_role("button", name="09:30").click()
    patient.sees("费用不变。")
    patient.press("确认改签")
    patient.sees("改签成功，请按新的时段到院签到。", "09:30–10:00")
    moved = living.appointment(no)
    assert (moved.changes, moved.status, living.free_numbers(schedule)) == (1, "booked", 3)
    patient.follow("出示挂号单")
    patient.sees("09:30–10:00")
    expect(patient.page.get_by_alt_text("签到二维码")).to_be_visible()
    assert patient.slip(no)["qr"] != before


def test_a_dearer_number_is_paid_for_before_it_is_swapped(patient: Visitor) -> None:
    living, page = patient.living, patient.page
    doctor = living.employ("步步高")
    first = living.morning(doctor, days=2, per_period=1)
    dearer = living.morning(doctor, days=3, per_period=1, fee_fen=8000)
    no = patient.booked(first, name="舍得花")
    patient.go(f"/appointment/{no}")
    patient.press("改签", exact=True)
    page.get_by_role("table").get_by_role("button").nth(1).click()
    page.locator("#periods").get_by_role("button", name="08:00").click()
    patient.sees("需补差价 ¥30.00。")
    patient.press("确认改签")
    page.wait_for_url(f"**/pay/{no}?new=1")
    patient.sees("改签补差价", "08:00–08:30")
    expect(page.get_by_role("main")).to_contain_text(f"{clinic_day(living.starts_at(dearer)).day}日")
    assert (living.free_numbers(first), living.free_numbers(dearer)) == (3, 3)
    patient.press("微信支付 ¥30")
    page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    page.wait_for_url(f"**/slip/{no}")
    patient.sees("已付 ¥80.00")
    assert (living.appointment(no).schedule_id, living.free_numbers(first), living.free_numbers(dearer)) == (
        dearer,
        4,
        3,
    )
