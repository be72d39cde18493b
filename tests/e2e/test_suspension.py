"""停诊 from end to end: a doctor asks, the department's admin sees whom it touches and approves, a patient moves."""

from datetime import time, timedelta

import pytest
from playwright.sync_api import Browser, expect

from hospital_app import clock
from hospital_app.domain.calendar import clinic_day, instant
from hospital_app.domain.identity import Role
from tests.support.browser import DESK, PHONE, visitor
from tests.support.living import DEPARTMENT, Living

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_doctors_request_an_admins_approval_a_patients_one_tap(chromium: Browser, living: Living) -> None:
    doctor, colleague = living.employ("邹停诊"), living.employ("邱代班")
    living.hire(f"S{doctor.id}", Role.DEPARTMENT_ADMIN, department_code=DEPARTMENT)
    # Earlier than any other clinic, so that the colleague's is the nearest to it.
    early = instant(clinic_day(clock.now()) + timedelta(days=3), time(6, 30))
    clinic, refuge = living.clinic(doctor, starts_at=early), living.clinic(colleague, starts_at=early)
    patient = visitor(chromium, living, **PHONE)
    no = patient.booked(clinic, name="钱一点")
    desk, office = visitor(chromium, living, **DESK), visitor(chromium, living, **DESK)

    desk.sign_in_as_staff(doctor.staff_no)
    desk.go("/doctor/schedule")
    if not desk.page.locator(".cal-clinic").count():
        desk.press("往后")
    desk.page.locator(".cal-clinic").first.click()
    desk.page.get_by_label("原因").fill("外出会诊")
    desk.press("提交申请")
    desk.sees("整个门诊停诊")

    office.sign_in_as_staff(f"S{doctor.id}")
    office.go("/admin/changes")
    request = office.page.locator("li", has_text="邹停诊")
    request.get_by_role("button", name="查看影响").click()
    office.sees("影响 1 位患者", "钱*点", "可以改到的空号")
    focused = office.page.locator(":focus")  # by keyboard one goes on in what has opened, and back where one was
    expect(focused).to_contain_text("停诊")
    office.press("关闭")
    expect(focused).to_have_text("查看影响")
    focused.press("Enter")
    expect(focused).to_contain_text("停诊")
    focused.press("Escape")
    expect(focused).to_have_text("查看影响")
    focused.press("Enter")
    office.sees("影响 1 位患者")
    office.press("批准", exact=True)
    office.sees("最近的决定")
    desk.sees("已批准")

    patient.go(f"/appointment/{no}")
    patient.sees("门诊停诊，请选择")
    patient.page.get_by_role("button", name="邱代班").first.click()
    patient.sees("已改到新的门诊", "邱代班")
    moved = living.appointment(no)
    assert (moved.status, moved.schedule_id, moved.changes) == ("booked", refuge, 0)
    assert living.broken() == []
    for each in (patient, desk, office):
        each.close()
