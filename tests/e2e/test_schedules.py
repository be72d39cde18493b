"""号源管控 from end to end: a template becomes clinics, these close and open, a rule takes effect at the window."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app import clock
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import Actor, Role
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.services.rules import change as change_rule
from tests.support.browser import DESK, Visitor, new_document, visitor
from tests.support.living import DEPARTMENT, Living

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def free(living: Living, doctor_id: int) -> int:
    """Numbers of this doctor that anybody could have."""
    with living.sessions() as session:
        query = (
            select(func.count(col(Slot.id)))
            .join(Schedule, col(Schedule.id) == col(Slot.schedule_id))
            .where(col(Schedule.doctor_id) == doctor_id, col(Slot.status) == "free")
        )
        return session.scalar(query) or 0


def plan_mondays(office: Visitor, *, per_period: int, since: str, generated: bool = False) -> None:
    office.page.get_by_role("button", name="周一 上午").click()
    page = office.page
    page.get_by_label("诊室", exact=True).fill("799诊室")
    page.get_by_label("每半小时号数").fill(f"{per_period}")
    page.get_by_label("从哪天的门诊起生效").fill(since)
    if generated:
        page.get_by_text("也用于已经生成的门诊").click()
    office.press("看看会影响什么")
    office.sees("这将影响")


def test_a_template_its_clinics_and_closing_them_in_bulk(chromium: Browser, living: Living) -> None:
    doctor = living.employ("岳模板")
    living.hire(f"T{doctor.id}", Role.DEPARTMENT_ADMIN, department_code=DEPARTMENT)
    office = visitor(chromium, living, **DESK)
    office.sign_in_as_staff(f"T{doctor.id}")
    today = clinic_day(clock.now())
    tomorrow, last = (today + timedelta(days=1)).isoformat(), (today + timedelta(days=13)).isoformat()

    office.go("/admin/templates")
    office.page.get_by_label("医生或普通门诊").select_option(f"doctor:{doctor.id}")
    plan_mondays(office, per_period=2, since=tomorrow)
    office.sees("已经生成的日子也会补上")
    office.press("确认保存")
    office.sees("模板已新增，号源已生成。")
    planned = free(living, doctor.id)
    assert planned in (16, 32)  # one Monday or two, eight half hours each
    plan_mondays(office, per_period=3, since=tomorrow, generated=True)
    office.sees(f"增加 {planned // 2} 个号。")
    office.press("确认保存")
    office.sees("模板已修改。")
    assert free(living, doctor.id) == planned * 3 // 2

    office.go("/admin/board")
    for action, word, left in (("close", "确认关闭", 0), ("open", "确认开放", planned * 3 // 2)):
        office.page.get_by_label("医生", exact=True).select_option(f"{doctor.id}")
        office.page.get_by_label("到", exact=True).fill(last)
        office.page.get_by_label("操作").select_option(action)
        office.press("看看会影响什么")
        office.press(word)
        office.sees(f"{planned * 3 // 2} 个号。")
        assert free(living, doctor.id) == left
    assert office.faults == []
    office.close()


def test_a_rule_takes_effect_and_somebody_walks_in(chromium: Browser, living: Living) -> None:
    doctor = living.employ("岳现场")
    clinic = living.clinic_now(doctor)
    living.hire(f"M{doctor.id}", Role.HOSPITAL_ADMIN)
    living.hire(f"C{doctor.id}", Role.CLERK)
    admin, window = visitor(chromium, living, **DESK), visitor(chromium, living, **DESK)
    window.sign_in_as_staff(f"C{doctor.id}")
    window.go("/staff/walk-in")
    page = window.page
    mine = page.locator(".counter-clinics > .card", has_text="岳现场")
    page.get_by_label("科室").select_option(DEPARTMENT)
    mine.get_by_text("还可加 1 个号").wait_for()  # a fifth of eight numbers

    admin.sign_in_as_staff(f"M{doctor.id}")
    admin.go("/admin/rule?name=overbook_percent")
    admin.page.get_by_label("新的值").fill("50")
    admin.page.get_by_label("生效日期").fill((clinic_day(clock.now()) + timedelta(days=2)).isoformat())
    admin.page.get_by_label("原因").fill("流感季加号")
    admin.press("保存")
    admin.sees("已保存，到时自动生效。", "流感季加号")
    admin.press("撤回")
    admin.sees("已撤回，这次修改不会生效。")
    admin.page.get_by_label("新的值").fill("50")
    admin.page.get_by_label("生效日期").fill("")
    admin.page.get_by_label("原因").fill("流感季，今天起")
    admin.press("保存")
    admin.sees("已保存，两秒内全院生效。", "流感季，今天起")

    document = new_document()
    try:
        page.get_by_text("第一次来，新建档案").click()
        page.get_by_label("姓名").fill("欧阳现场")
        page.get_by_label("身份证号").fill(document)
        page.get_by_label("手机号", exact=True).fill(living.new_phone())
        window.press("建档")
        page.get_by_label("科室").select_option("")
        page.get_by_label("科室").select_option(DEPARTMENT)
        mine.get_by_text("还可加 4 个号").wait_for()
        mine.get_by_role("button").first.click()
        window.sees("应收现金")
        window.press("已收现金，出号")
        window.sees("收款单号")
        with living.sessions() as session:
            given = session.scalars(select(Appointment).where(col(Appointment.schedule_id) == clinic)).one()
        assert (given.status, given.channel, given.seq) == ("booked", "onsite", 1)
        slip = page.get_by_role("link", name="打开挂号单打印").get_attribute("href")
        assert slip == f"/slip/{given.no}"
        window.go(slip)
        window.sees("挂号成功", "第 1 号")
        assert window.faults == [] and admin.faults == []
    finally:  # other tests count on the usual cap
        living.do(
            change_rule,
            actor=Actor(Role.HOSPITAL_ADMIN, staff_id=living.staff_id(f"M{doctor.id}")),
            name="overbook_percent",
            value="20",
            effective_at=None,
            reason="测试结束",
        )
    admin.close()
    window.close()
