"""隐私与数据: a copy to take away, and the way out, as a person with a phone finds them."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from hospital_app.domain.identity import Role
from tests.support.browser import Visitor
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_somebody_takes_their_data_with_them_and_closes_the_account(patient: Visitor) -> None:
    page, living = patient.page, patient.living
    schedule = living.morning(living.employ("田告别"))
    phone = patient.sign_in()
    me = patient.add_person("贺知还")
    no = patient.hold(schedule, patient_id=me)
    patient.pay(no)

    patient.go("/me")
    patient.follow("隐私与数据")
    patient.sees("同意处理健康信息", "已同意", "现在还不能注销：", "还有 1 个未完成的挂号")
    with page.expect_download() as download:
        patient.follow("下载我的数据")
    copy = json.loads(download.value.path().read_text())
    assert copy["account"]["phone"] == phone and copy["family"][0]["name"] == "贺知还"
    assert [each["no"] for each in copy["appointments"]] == [no]

    patient.press("撤回 同意处理健康信息")
    page.get_by_role("dialog").get_by_role("button", name="撤回", exact=True).click()
    patient.sees("已撤回")
    patient.press("我同意")
    patient.sees("已同意")

    patient.api("POST", f"/appointments/{no}/cancellation")

    def refunded() -> bool:
        return all(refund["status"] == "done" for refund in patient.api("GET", f"/appointments/{no}")["refunds"])

    wait_until(refunded, seconds=60, what="the refund")
    page.reload()
    patient.press("注销账号")
    closing = page.get_by_role("dialog")
    closing.get_by_role("checkbox").check()
    closing.get_by_role("button", name="注销账号").click()
    page.wait_for_url(living.url + "/")
    assert page.context.request.get("/api/v1/patients").status == 401
    patient.go("/me")
    expect(page.get_by_text("登录后可以挂号")).to_be_visible()
    assert patient.faults == []


def test_a_clerk_sees_a_patient_in_full_for_a_minute_and_a_reason(
    patient: Visitor, desk_of: Callable[[], Visitor]
) -> None:
    living = patient.living
    phone = patient.sign_in()
    patient.add_person("贺知章")
    clerk = desk_of()
    living.hire("C-unmask", Role.CLERK)
    clerk.sign_in_as_staff("C-unmask")
    clerk.go("/staff/patients")
    clerk.page.get_by_label("按什么查找").select_option("phone")
    clerk.page.get_by_label("号码", exact=True).fill(phone)
    clerk.press("查找")
    clerk.sees("贺*章", f"{phone[:3]}****{phone[-4:]}")
    clerk.press("查看完整信息")
    clerk.sees("请写明查看的原因，4 到 200 个字。")
    assert clerk.page.get_by_text("贺知章").count() == 0
    clerk.page.get_by_label("具体说明").fill("窗口核对身份")
    clerk.page.clock.install()
    clerk.press("查看完整信息")
    clerk.sees("贺知章", phone)
    clerk.page.clock.run_for(61_000)
    expect(clerk.page.get_by_text("贺知章")).to_have_count(0)
    assert [fault for fault in clerk.faults if "422" not in fault] == []
