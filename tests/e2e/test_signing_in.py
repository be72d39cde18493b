"""登录: with the code of a text message; and what is said to whoever has none."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_sign_in_by_the_code_of_the_text_message(patient: Visitor) -> None:
    page, phone = patient.page, patient.living.new_phone()
    patient.go("/me")
    patient.follow("登录", exact=True)
    page.get_by_label("手机号").fill(phone)
    patient.press("获取验证码")
    patient.sees("验证码已发出，请查看短信。")
    sandbox = patient.context.new_page()
    code = patient.living.text_message(phone)["code"]
    sandbox.goto("/sandbox/sms")
    expect(sandbox.get_by_role("listitem").filter(has_text=phone).get_by_text(code, exact=True)).to_be_visible()
    page.get_by_label("短信验证码").fill(code)
    patient.press("登录", exact=True)
    patient.sees("已用手机号登录")
    cookie = next(cookie for cookie in patient.context.cookies() if cookie["name"] == "guahao_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert "guahao_session" not in page.evaluate("document.cookie")


def test_five_wrong_codes_end_the_code_and_say_what_to_do(patient: Visitor) -> None:
    page, phone = patient.page, patient.living.new_phone()
    patient.go("/signin")
    page.get_by_label("手机号").fill(phone)
    patient.press("获取验证码")
    patient.sees("验证码已发出，请查看短信。")
    code = patient.living.text_message(phone)["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    complaint = page.locator("#code-error")
    for _ in range(5):
        page.get_by_label("短信验证码").fill(wrong)
        patient.press("登录", exact=True)
        expect(complaint).to_contain_text("验证码")
    page.get_by_label("短信验证码").fill(code)
    with page.expect_response("**/api/v1/sessions") as answered:
        patient.press("登录", exact=True)
    assert answered.value.status == 401
    expect(complaint).to_contain_text("重新获取")
    assert not [c for c in patient.context.cookies() if c["name"] == "guahao_session"]


def test_a_phone_that_cannot_be_one_is_refused_at_its_field(phone_of: Callable[[], Visitor]) -> None:
    patient = phone_of()
    patient.go("/signin")
    patient.page.get_by_label("手机号").fill("12345")
    patient.press("获取验证码")
    expect(patient.page.locator("#phone-error")).to_contain_text("手机号")
    expect(patient.page.get_by_label("手机号")).to_be_focused()
