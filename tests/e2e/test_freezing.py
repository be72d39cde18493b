"""冻结: an admin freezes an account on evidence, the patient cancels and appeals, is heard, and books again."""

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from hospital_app.domain.identity import Role
from hospital_app.domain.scalping import Counts
from hospital_app.services import scalping
from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def shot(who: Visitor, name: str) -> None:
    if os.environ.get("SHOTS"):
        who.page.wait_for_timeout(400)
        who.page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)


def test_from_evidence_to_a_lifted_freeze(patient: Visitor, desk_of: Callable[[], Visitor]) -> None:
    living, admin = patient.living, desk_of()
    doctor = living.employ("冯冻结")
    schedule = living.morning(doctor, days=2, per_period=4)
    period = f"{schedule}-{int(living.starts_at(schedule).timestamp())}"
    patient.sign_in()
    person = patient.add_person("常换号")
    booked = patient.hold(schedule, patient_id=person)
    patient.pay(booked)
    account = living.appointment(booked).account_id

    machine = Counts(unseen=12, refused=31, bursts=4)
    living.do(scalping.raise_alert, account_id=account, counts=machine, schedules=(schedule,))

    living.hire("A-freezer", Role.HOSPITAL_ADMIN)
    admin.sign_in_as_staff("A-freezer")
    admin.go("/admin")
    admin.follow("可疑账号")
    admin.settled()
    admin.sees("80 分", "未浏览号源就抢号 12，计 20 分", booked)
    shot(admin, "misuse-alert")
    admin.page.locator("summary", has_text="处理预警").click()
    admin.page.get_by_label("处理说明").fill("一家人轮流点的，已电话核实")
    admin.press("提交处理")
    expect(admin.page.get_by_role("button", name="提交处理")).to_have_count(0)
    admin.sees("一家人轮流点的")
    admin.page.get_by_label("按账号编号查看").fill(str(account))
    admin.page.locator(".ask-line").get_by_role("button", name="查看").click()
    admin.sees(f"账号 {account} · ", "挂号次数")
    shot(admin, "misuse-chosen")
    admin.page.get_by_label("冻结原因").fill("三十天内多次退号再约")
    admin.page.get_by_label("冻结多久").select_option("168")
    admin.press("冻结账号")
    admin.sees("冻结中", "三十天内多次退号再约")

    patient.go("/me")
    patient.sees("暂时不能预约")
    shot(patient, "me-frozen")
    patient.go("/")
    patient.sees("账号已冻结到")
    patient.go(f"/confirm?p=doctor:{doctor.id}&t={period}")
    patient.press("预约此号")
    patient.sees("您的账号已被暂时冻结")
    patient.go(f"/appointment/{booked}")
    patient.press("退号", exact=True)
    patient.press("确认退号")
    patient.sees("已退号")
    patient.go("/me/appeal")
    patient.sees("三十天内多次退号再约")
    shot(patient, "appeal-form")
    patient.press("提交申诉")
    patient.sees("请写下申诉理由")
    patient.page.get_by_label("为什么应当解除冻结").fill("是给一家老小挂的号，请核实。")
    patient.press("提交申诉")
    patient.sees("我的申诉", "还没有答复")

    admin.page.reload()
    admin.settled()
    admin.sees("有申诉", "是给一家老小挂的号")
    admin.page.get_by_label("给患者的答复").fill("已核实，抱歉给您添麻烦。")
    shot(admin, "misuse-appeal")
    admin.press("答复申诉")
    admin.sees("已解除")
    expect(admin.page.get_by_role("button", name="答复申诉")).to_have_count(0)
    shot(admin, "misuse-lifted")

    patient.go("/me/appeal")
    patient.sees("可以继续预约", "抱歉给您添麻烦")
    shot(patient, "appeal-answered")
    again = patient.hold(schedule, patient_id=person, period=1)
    assert living.appointment(again).status == "pending"
    patient.go("/me")
    expect(patient.page.get_by_text("暂时不能预约")).to_have_count(0)
