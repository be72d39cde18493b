"""挂号：from the search to the slip, as a person with a phone does it."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from hospital_app import clock
from hospital_app.domain.calendar import local
from tests.support.browser import Visitor, new_document
from tests.support.living import HALF_HOUR

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_search_book_for_ones_mother_pay_and_hold_the_slip(patient: Visitor) -> None:
    page, living = patient.page, patient.living
    doctor = living.employ("岳明澈")
    schedule = living.morning(doctor, per_period=3)
    patient.sign_in()
    mother = patient.add_person("郑玉梅", relation="parent", complete=False)

    patient.go("/")
    page.get_by_label("搜科室、医生或症状").fill("ymc")
    page.keyboard.press("Enter")
    patient.follow("岳明澈")
    page.get_by_role("table").get_by_role("button", name="明天 上午").click()
    page.locator("#periods").get_by_role("link", name="08:30").click()

    patient.sees("还差一步：请补全证件", "¥50")
    assert page.get_by_role("radio", name="郑*梅").is_checked()
    hold = page.get_by_role("button", name="预约此号，15 分钟内付款")
    expect(hold).to_be_disabled()
    page.get_by_label("证件号码").fill("110101194912310021")
    patient.press("保存并继续")
    patient.sees("证件号码不正确，请对照证件逐位核对后重新填写。")
    page.get_by_label("证件号码").fill(new_document())
    patient.press("保存并继续")
    expect(hold).to_be_enabled()
    page.reload()
    expect(hold).to_be_enabled()
    hold.click()

    page.wait_for_url("**/pay/GH*")
    no = page.url.rpartition("/")[2]
    assert living.appointment(no).patient_id == mother
    assert living.free_numbers(schedule) == 11
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d"))
    patient.sees("号已为您锁定，请在以下时间内付款", "岳明澈")
    patient.press("微信支付 ¥50")
    page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")

    page.wait_for_url(f"**/slip/{no}")
    patient.sees("挂号成功", "郑*梅", doctor.room)
    picture = page.get_by_alt_text("签到二维码")
    expect(picture).to_be_visible()
    shown = Image.open(BytesIO(page.locator(".qr").screenshot()))
    assert [code.text for code in zxingcpp.read_barcodes(shown)] == [patient.slip(no)["qr"]]

    with page.expect_download() as download:
        patient.follow("加到日历")
    entry = download.value.path().read_text()
    starts = living.starts_at(schedule) + HALF_HOUR
    assert "骨科" in entry and f"DTSTART;TZID=Asia/Shanghai:{local(starts):%Y%m%dT%H%M%S}" in entry
    page.emulate_media(media="print")
    expect(picture).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("button", name="打印")).to_be_hidden()
    assert patient.faults == []


def test_back_and_reload_lose_nothing(patient: Visitor) -> None:
    page, living = patient.page, patient.living
    doctor = living.employ("水清浅")
    living.morning(doctor)
    patient.sign_in()
    patient.add_person("冯小宝")
    patient.go(f"/doctor/{doctor.id}")
    page.locator("#periods").get_by_role("link", name="09:00").click()
    patient.press("预约此号")
    page.wait_for_url("**/pay/GH*")
    no = page.url.rpartition("/")[2]

    page.go_back()
    patient.sees("确认预约")
    page.go_forward()
    page.wait_for_url(f"**/pay/{no}")
    page.reload()
    patient.sees("号已为您锁定，请在以下时间内付款")
    patient.press("微信支付 ¥50")
    page.wait_for_url("**/sandbox/cashier/**")
    page.go_back()
    page.wait_for_url(f"**/pay/{no}")
    patient.sees("正在确认支付结果")
    patient.press("继续付款")
    page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    page.wait_for_url(f"**/slip/{no}")
    page.go_back()
    page.go_back()
    page.wait_for_url(f"**/slip/{no}")
    patient.sees("挂号成功")
    assert len(patient.api("GET", "/appointments")) == 1


def test_the_number_just_went_and_three_near_ones_are_offered(
    patient: Visitor, phone_of: Callable[..., Visitor]
) -> None:
    page, living = patient.page, patient.living
    doctor = living.employ("云中鹤")
    schedule = living.morning(doctor, per_period=1, periods=5)
    patient.sign_in()
    patient.add_person("沈从容")
    patient.go(f"/doctor/{doctor.id}")
    page.locator("#periods").get_by_role("link", name="09:00").click()
    patient.sees("确认预约", "沈*容")

    other = phone_of()
    other.sign_in()
    other.hold(schedule, patient_id=other.add_person("赵抢先"), period=2)
    patient.sees("这个时段的号刚刚被约走了")
    near = page.get_by_role("alert").get_by_role("link").filter(has_text="余1")
    expect(near).to_have_count(3)
    for start in ("08:30–", "09:30–"):
        expect(near.filter(has_text=start)).to_have_count(1)
    near.filter(has_text="08:30–").click()
    patient.press("预约此号")
    page.wait_for_url("**/pay/GH*")
    patient.sees("08:30", "沈*容")


def test_live_counts_reach_another_browser(patient: Visitor, phone_of: Callable[..., Visitor]) -> None:
    living = patient.living
    doctor = living.employ("白露霜")
    schedule = living.morning(doctor, per_period=2, periods=1)
    patient.go(f"/doctor/{doctor.id}")
    period = patient.page.locator("#periods").get_by_role("listitem")
    expect(period).to_contain_text("余2")
    other = phone_of()
    other.sign_in()
    other.hold(schedule, patient_id=other.add_person("赵抢先"))
    expect(period).to_contain_text("余1")


def test_numbers_that_are_not_released_yet_say_when(patient: Visitor) -> None:
    living = patient.living
    doctor = living.employ("夏至长")
    living.morning(doctor)
    opens = clock.now() + timedelta(hours=1)
    living.morning(doctor, days=6, released_at=opens)
    patient.go(f"/doctor/{doctor.id}")
    last = patient.page.get_by_role("row").last
    expect(last).to_contain_text(f"{local(opens):%H:%M}")
    expect(last).to_contain_text("放号")
    expect(last.get_by_role("button")).to_have_count(0)
