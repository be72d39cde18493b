"""一家人: a child is booked for in one go, whatever is still missing on the way."""

import pytest
from playwright.sync_api import expect

from hospital_app import clock
from hospital_app.domain.calendar import clinic_day
from tests.support.browser import Visitor, new_document

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_mother_adds_her_newborn_while_booking_and_books(patient: Visitor) -> None:
    page, living = patient.page, patient.living
    doctor = living.employ("秦初生")
    living.morning(doctor)
    patient.sign_in(agreeing=False)
    patient.go(f"/doctor/{doctor.id}")
    page.locator("#periods").get_by_role("link", name="09:00").click()

    patient.sees("同意处理健康信息", "添加就诊人")
    hold = page.get_by_role("button", name="预约此号，15 分钟内付款")
    page.get_by_label("姓名", exact=True).fill("阿依努尔·买买提")
    page.get_by_label("与本人的关系").select_option("child")
    page.get_by_label("证件种类").select_option("birth-certificate")
    page.get_by_label("证件号码").fill("Q110123456")
    patient.press("保存就诊人")
    patient.sees("请填写这一项")
    page.get_by_label("出生日期", exact=True).fill(clinic_day(clock.now()).isoformat())
    page.get_by_label("性别").select_option("female")
    patient.press("保存就诊人")

    patient.sees("还差一步：登记监护人")
    page.get_by_label("姓名", exact=True).fill("古丽娜尔·买买提")
    page.get_by_label("证件号码").fill(new_document())
    patient.press("保存就诊人")

    patient.sees("还差一步：监护人同意")
    assert page.get_by_role("radio", name="子女").is_checked()
    patient.press("同意并继续")
    patient.sees("请先勾选同意，再继续。")
    page.get_by_role("checkbox").check()
    patient.press("同意并继续")
    expect(page.get_by_text("还差一步")).to_have_count(0)

    expect(hold).to_be_disabled()
    patient.press("我同意")
    expect(hold).to_be_enabled()
    hold.click()
    page.wait_for_url("**/pay/GH*")
    appointment = living.appointment(page.url.rpartition("/")[2])
    kinds = {consent["kind"] for consent in patient.api("GET", "/consents")["consents"]}
    assert kinds == {"health-data", "guardian"}
    child = next(each for each in patient.api("GET", "/patients") if each["relation"] == "child")
    assert appointment.patient_id == child["id"] and child["missing"] == []
    assert patient.faults == []
