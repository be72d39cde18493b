"""候补 from end to end: a day is sold out, somebody waits for it, somebody else cancels, and the offer is paid for."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_sold_out_day_is_waited_for_and_paid_for_in_time(patient: Visitor, desk_of: Callable[[], Visitor]) -> None:
    living, page, holder = patient.living, patient.page, desk_of()
    doctor = living.employ("候补青")
    schedule = living.morning(doctor, days=3, periods=2, per_period=1)
    taken = holder.booked(schedule, name="钱先到")
    patient.sign_in()
    person = patient.add_person("常候补")

    # The number goes while somebody looks at it, and with it the day.
    patient.go(f"/confirm?p=doctor:{doctor.id}&t={schedule}-{int(living.starts_at(schedule).timestamp())}")
    patient.sees("这个时段的号刚刚被约走了")
    expect(page.get_by_role("link", name="候补这一天")).to_have_count(0)
    second = holder.hold(schedule, patient_id=holder.add_person("钱后到", relation="parent"), period=1)
    patient.follow("候补这一天")
    page.wait_for_url("**/waitlist?*")
    patient.sees("候补青", "现在没有人候补，您是第一位", "候补之后会怎样")
    patient.press("加入候补")
    page.wait_for_url("**/appointments")
    patient.sees("已加入候补", "您排第一位", "候补青")

    patient.go(f"/doctor/{doctor.id}")
    patient.sees("这一天已经约满，可以候补。")
    patient.go("/appointments")
    holder.api("POST", f"/appointments/{second}/cancellation")
    patient.sees("候补到号了")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"[12]\d:\d\d"))
    patient.go("/")
    patient.sees("候补到号了", "候补青")
    patient.follow("去付款 ¥50")
    page.wait_for_url("**/pay/GH*")
    no = page.url.rpartition("/")[2]
    patient.press("微信支付 ¥50")
    page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    page.wait_for_url(f"**/slip/{no}")
    patient.sees("挂号成功")
    booked = living.appointment(no)
    assert (booked.status, booked.patient_id, booked.terminal) == ("booked", person, "waitlist")
    assert living.appointment(taken).status == "booked"
    assert living.broken() == []
    assert patient.faults == []
