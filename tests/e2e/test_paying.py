"""付款：what the channel does wrong costs nobody anything."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from hospital_app.domain.identity import Role
from tests.support.browser import Visitor, new_document
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def at_the_cashier(patient: Visitor, name: str) -> str:
    """Held, and on the channel's page; the appointment's no."""
    schedule = patient.living.morning(patient.living.employ(name))
    patient.sign_in()
    no = patient.hold(schedule, patient_id=patient.add_person("付得起"))
    patient.go(f"/pay/{no}")
    patient.press("微信支付 ¥50")
    patient.page.wait_for_url("**/sandbox/cashier/**")
    return no


def test_the_same_callback_three_times_has_one_effect(patient: Visitor) -> None:
    no = at_the_cashier(patient, "重三遍")
    cashier = patient.page.url.partition("?")[0]
    patient.press("重复回调")
    patient.page.wait_for_url(f"**/slip/{no}")
    patient.sees("已付 ¥50.00")
    books = patient.context.new_page()

    def all_delivered() -> bool:
        books.goto(cashier)
        return books.get_by_text("已送达").count() == 3

    wait_until(all_delivered, seconds=40, what="three deliveries")
    wait_until(lambda: patient.living.owed() == 0, seconds=40, what="the end of the outbox")
    assert patient.api("GET", f"/appointments/{no}")["paid_fen"] == 5000
    assert patient.api("GET", "/messages")["unread"] == 1
    assert patient.living.appointment(no).version == 2


def test_a_payment_that_failed_can_be_tried_again(patient: Visitor) -> None:
    no = at_the_cashier(patient, "再来过")
    patient.press("支付失败")
    patient.go(f"/pay/{no}")
    patient.press("继续付款")
    patient.page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    patient.page.wait_for_url(f"**/slip/{no}")
    patient.sees("挂号成功")


def test_no_callback_ever_and_the_page_asks_the_channel(patient: Visitor) -> None:
    no = at_the_cashier(patient, "杳无音")
    patient.press("超时不回调")
    patient.go(f"/pay/{no}")
    patient.sees("正在确认支付结果")
    patient.press("我已付款，查询结果")
    patient.page.wait_for_url(f"**/slip/{no}")
    expect(patient.page.get_by_role("heading", name="挂号成功")).to_be_visible()


def test_at_a_large_screen_a_code_is_scanned_and_the_page_goes_on_by_itself(desk_of: Callable[[], Visitor]) -> None:
    at_home = desk_of()
    schedule = at_home.living.morning(at_home.living.employ("扫一扫"))
    at_home.sign_in()
    no = at_home.hold(schedule, patient_id=at_home.add_person("大屏幕"))
    at_home.go(f"/pay/{no}")
    at_home.press("微信支付扫码 ¥50.00")
    expect(at_home.page.get_by_role("img", name="微信支付付款码")).to_be_visible()
    phone = at_home.context.new_page()
    phone.goto(str(at_home.page.get_by_role("link", name="就在这台设备上付款").get_attribute("href")))
    phone.get_by_role("button", name="支付成功").click()
    at_home.page.wait_for_url(f"**/slip/{no}")


def test_insurance_and_wechat_pay_one_order_and_each_leg_goes_back_its_way(patient: Visitor) -> None:
    living, page, document = patient.living, patient.page, new_document()
    doctor = living.employ("保两全")
    living.morning(doctor, days=2)
    patient.sign_in()
    patient.api(
        "POST", "/patients", name="参保人", relation="self", document_number=document, insurance_number=document
    )
    means = {"certno": document, "deductible_used_fen": 50_000, "fund_used_fen": 0, "balance_fen": 1_000}
    assert patient.ask("POST", "/sandbox/insurance", means).ok
    patient.go(f"/doctor/{doctor.id}")
    page.locator("#periods").get_by_role("link", name="08:30").click()
    patient.press("预约此号")
    page.wait_for_url("**/pay/GH*")
    no = page.url.rpartition("/")[2]
    patient.press("用医保支付")
    patient.sees("医保统筹支付", "医保个人账户", "¥10.00")
    pay = page.get_by_role("button", name=re.compile("^微信支付 ¥"))
    cash = pay.inner_text().removeprefix("微信支付 ")
    assert cash != "¥50.00"
    assert patient.ask("POST", "/sandbox/insurance", {"infno": "2207", "trouble": "refuse", "times": 1}).ok
    pay.click()
    page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    patient.sees("医保没有结成，您付的钱全额原路退回，进度见下方。", "退款进度", "微信支付 ¥50.00")
    expect(page.get_by_text("医保统筹支付")).to_have_count(0)
    patient.press("用医保支付")
    patient.sees("医保统筹支付", "医保个人账户", "¥10.00")
    pay.click()
    page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    page.wait_for_url(f"**/slip/{no}")
    patient.sees("挂号成功", "已付 ¥50.00")
    patient.follow("退号")
    patient.press("确认退号")
    patient.sees(f"微信支付 {cash}", "钱已到账", "医保已恢复")
    patient.go("/bills")
    patient.sees("已全额退款", f"退回微信支付 {cash}", "医保统筹支付")
    assert patient.faults == []


def test_booked_now_and_paid_at_the_window_before_check_in(patient: Visitor, desk_of: Callable[[], Visitor]) -> None:
    living, page = patient.living, patient.page
    doctor = living.employ("到院付")
    schedule = living.clinic_now(doctor)
    phone = patient.sign_in()
    no = patient.hold(schedule, patient_id=patient.add_person("来了再付"))
    patient.go(f"/pay/{no}")
    page.get_by_text("到院窗口支付").click()
    patient.press("先挂号，到院付 ¥50.00")
    page.wait_for_url(f"**/slip/{no}")
    patient.sees("到院先到挂号窗口付费，再签到", "签到前请先到窗口付 ¥50.00")
    code = patient.slip(no)["code"]
    clerk, desk = desk_of(), desk_of()
    living.hire("W9401", Role.CLERK)
    clerk.sign_in_as_staff("W9401")
    assert clerk.ask("POST", "/api/v1/check-ins", {"code": code}).json()["error"] == "payment_due"
    clerk.go("/staff/walk-in")
    clerk.page.fill("#number", phone)
    clerk.press("查找")
    clerk.sees("待收 ¥50.00")
    clerk.press("已收现金")
    clerk.sees("已收")
    expect(clerk.page.get_by_text("待收 ¥50.00")).to_have_count(0)
    patient.sees("已付 ¥50.00")  # by itself, on the open slip
    clerk.api("POST", "/check-ins", code=code)
    desk.sign_in_as_staff(doctor.staff_no)
    desk.api("POST", "/desk/next", after=None)
    patient.go("/queue")
    patient.sees("轮到您了")
