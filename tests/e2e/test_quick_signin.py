"""微信登录、支付宝登录 in Chromium: the first time a phone is bound, the second goes straight in; and unlinking."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WAYS = {"微信": "微信登录", "支付宝": "支付宝登录"}


def agree(patient: Visitor, person: str) -> None:
    """On the vendor's page."""
    patient.page.get_by_label("另一个").fill(person)
    patient.press("用这个账号")


def bind(patient: Visitor) -> str:
    """Tell a phone and its code, and nothing else; the phone."""
    page, phone = patient.page, patient.living.new_phone()
    page.get_by_label("手机号").fill(phone)
    patient.press("获取验证码")
    patient.sees("验证码已发出，请查看短信。")
    page.get_by_label("短信验证码").fill(patient.living.text_message(phone)["code"])
    patient.press("绑定并登录")
    return phone


@pytest.mark.parametrize("vendor", list(WAYS))
def test_the_first_time_binds_a_phone_and_the_second_goes_straight_in(
    phone_of: Callable[[], Visitor], vendor: str
) -> None:
    person = f"{vendor}{uuid4().hex[:8]}"
    first = phone_of()
    first.go("/signin?next=/appointments")
    first.follow(WAYS[vendor])
    agree(first, person)
    first.sees(f"{person}，您好")
    bind(first)
    first.page.wait_for_url("**/appointments")
    first.settled()
    cookie = next(each for each in first.context.cookies() if each["name"] == "guahao_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    second = phone_of()
    second.go("/signin?next=/me/security")
    second.follow(WAYS[vendor])
    agree(second, person)
    second.page.wait_for_url("**/me/security*")
    second.settled()
    second.sees("最近使用")
    second.press(f"解除{vendor}绑定")
    second.page.get_by_role("dialog").get_by_role("button", name="解除绑定").click()
    expect(second.page.get_by_role("button", name=f"绑定{vendor}", exact=True)).to_be_visible()
    third = phone_of()
    third.go("/signin")
    third.follow(WAYS[vendor])
    agree(third, person)
    third.sees("绑定并登录")  # a stranger again
    assert first.faults == second.faults == third.faults == []


def test_linking_from_the_settings_and_a_refusal(patient: Visitor) -> None:
    patient.sign_in()
    patient.go("/me/security")
    patient.press("绑定支付宝", exact=True)
    patient.press("拒绝")
    patient.sees("您没有同意授权")
    patient.follow("回到账号与安全")
    patient.settled()
    patient.press("绑定支付宝", exact=True)
    agree(patient, f"设置{uuid4().hex[:8]}")
    patient.page.wait_for_url("**/me/security*")
    patient.settled()
    expect(patient.page.get_by_role("button", name="解除支付宝绑定")).to_be_visible()
    assert patient.faults == []


def test_who_is_turned_away_reads_one_sentence_and_goes_on(patient: Visitor) -> None:
    patient.go("/api/v1/identity/wechat/callback?state=nobodys&code=nothing")
    patient.sees("这次登录已经过期或用过了，请重新开始。")
    patient.follow("重新用微信登录")
    patient.press("拒绝")
    patient.sees("您没有同意授权")
    patient.follow("用手机号登录")
    expect(patient.page.get_by_label("手机号")).to_be_visible()
    patient.go("/api/v1/identity/wechat/start?next=https://evil.example/")
    patient.sees("登录后要去的地址不正确")
    assert patient.faults == []
