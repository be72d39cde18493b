"""锁号到时：nobody pays, the number goes back by itself, and everybody who looks sees it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_hold_that_nobody_pays_releases_itself(patient: Visitor, phone_of: Callable[..., Visitor]) -> None:
    living = patient.living
    doctor = living.employ("时光荏")
    schedule = living.morning(doctor, periods=2, per_period=1)
    patient.sign_in()
    no = patient.hold(schedule, patient_id=patient.add_person("迟未到"))
    patient.go(f"/pay/{no}")
    expect(patient.page.get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d"))

    other = phone_of()
    other.go(f"/doctor/{doctor.id}")
    period = other.page.locator("#periods").get_by_role("listitem").filter(has_text="08:00")
    expect(period).to_contain_text("约满")

    living.end_hold(no)
    patient.sees("付款时间已过，号已释放")
    expect(period).to_contain_text("余1")
    wait_until(lambda: living.appointment(no).status == "cancelled", seconds=10, what="the release")
    assert living.appointment(no).cancel_reason == "expired"
    assert living.free_numbers(schedule) == 2
    patient.follow("重新选择时段")
    patient.page.locator("#periods").get_by_role("link", name="08:00").click()
    patient.sees("确认预约", "迟*到")


def test_the_countdown_ends_on_the_page_itself(patient: Visitor) -> None:
    """The clock in the browser runs out: the page asks at once."""
    living = patient.living
    schedule = living.morning(living.employ("时光过"))
    patient.sign_in()
    no = patient.hold(schedule, patient_id=patient.add_person("迟半步"))
    living.end_hold(no, in_seconds=6)
    patient.go(f"/pay/{no}")
    expect(patient.page.get_by_role("timer")).to_have_attribute("data-level", "last")
    patient.sees("付款时间已过，号已释放")
    expect(patient.page.get_by_role("button", name="微信支付")).to_have_count(0)


def test_giving_a_held_number_back(patient: Visitor) -> None:
    living = patient.living
    schedule = living.morning(living.employ("让有余"), periods=1, per_period=1)
    patient.sign_in()
    no = patient.hold(schedule, patient_id=patient.add_person("谢不用"))
    patient.go(f"/pay/{no}")
    patient.press("不要这个号了")
    patient.press("放弃这个号", exact=True)
    patient.page.wait_for_url("**/doctor/*")
    assert (living.appointment(no).status, living.free_numbers(schedule)) == ("cancelled", 1)
