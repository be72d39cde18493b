"""微信内付款: WeChat's own cashier opens over the page, and whatever it says, nobody is left standing.

The bridge is an object that WeChat puts into its pages; here the browser is given one that notes what it was asked.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
BRIDGE = """
window.asked = [];
window.WeixinJSBridge = {invoke: (what, order, tell) => window.asked.push({what, order, tell})};
"""
#: A network that keeps what the server says for a moment, and then delivers it in one piece.
BUNDLING = """
window.WebSocket = class extends WebSocket {
  set onmessage(hear) {
    let kept = [];
    super.onmessage = (event) => {
      if (kept.push(event) > 1) return;
      setTimeout(() => kept.splice(0).forEach((each) => hear.call(this, each)), 100);
    };
  }
};
"""


def at_the_cashier(visitor: Visitor, name: str) -> str:
    """Held, and known to WeChat by now; the appointment's no."""
    schedule = visitor.living.morning(visitor.living.employ(name))
    visitor.sign_in()
    no = visitor.hold(schedule, patient_id=visitor.add_person("付得起"))
    visitor.go(f"/pay/{no}")
    expect(visitor.page).to_have_url(re.compile(rf"/pay/{no}\?(.*&)?payer="))
    visitor.settled()
    return no


def asked(page: Page, times: int) -> Any:
    """What the bridge was asked for the last time, once it was asked so often."""
    page.wait_for_function("(times) => window.asked.length === times", arg=times)
    return page.evaluate("() => { const {what, order} = window.asked.at(-1); return {what, order}; }")


def says(page: Page, word: str) -> None:
    page.evaluate("(word) => window.asked.at(-1).tell({err_msg: `get_brand_wcpay_request:${word}`})", word)


def test_whatever_the_bridge_says_the_payer_can_go_on(phone_of: Callable[..., Visitor]) -> None:
    patient = phone_of(user_agent=PHONE)
    page = patient.page
    page.add_init_script(BRIDGE)
    no = at_the_cashier(patient, "微里付")

    patient.press("微信支付 ¥50.00")
    first = asked(page, 1)
    assert first["what"] == "getBrandWCPayRequest"
    assert set(first["order"]) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert first["order"]["package"].startswith("prepay_id=")
    says(page, "cancel")
    patient.press("还没付，继续付款")
    assert asked(page, 2)["order"]["package"] == first["order"]["package"], "cancelled, it is still the same order"

    says(page, "fail")
    page.wait_for_url("**/sandbox/cashier/**")  # the cashier of any browser

    patient.go(f"/pay/{no}?payer=known")
    patient.press("继续付款")
    asked(page, 1)
    number = patient.api("GET", f"/appointments/{no}/payments")["payment_no"]
    assert patient.ask("POST", f"/sandbox/cashier/{number}", {"outcome": "success"}).status == 202
    says(page, "ok")
    page.wait_for_url(f"**/slip/{no}")
    expect(page.get_by_role("heading", name="挂号成功")).to_be_visible()
    assert patient.faults == []


def test_without_a_bridge_the_cashier_of_any_browser_opens(phone_of: Callable[..., Visitor]) -> None:
    """However the network bundles what the server says."""
    patient = phone_of(user_agent=PHONE)
    patient.page.add_init_script(BUNDLING)
    no = at_the_cashier(patient, "没有桥")
    patient.press("微信支付 ¥50.00")
    patient.page.wait_for_url("**/sandbox/cashier/**")
    assert patient.living.appointment(no).status == "pending"
    patient.press("支付成功")
    patient.page.wait_for_url(f"**/slip/{no}")
