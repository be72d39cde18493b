"""账号与安全: a password set and used, forgotten and set anew; locked, told, thrown out."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PASSWORD, OTHER = "梧桐树下三点半等你", "a lighthouse in may"


def set_password(person: Visitor, phone: str, password: str) -> None:
    """In the account's settings, proved by a code."""
    before = person.living.text_message(phone)["text"]
    person.living.let_code_be_asked_again(phone)
    person.go("/me/security")
    person.press("设置密码")
    person.press("获取验证码")
    person.sees("验证码已发出，请查看短信。")
    person.page.get_by_label("短信验证码").fill(person.living.text_message(phone, but=before)["code"])
    person.page.get_by_label("新密码").fill(password)
    person.press("保存密码")
    person.sees("密码已保存，其他设备都已退出登录。", "已设置密码")


def sign_in_by_password(person: Visitor, phone: str, password: str) -> None:
    person.go("/signin?next=/me")
    person.page.get_by_label("手机号").fill(phone)
    person.page.get_by_text("密码登录", exact=True).click()
    expect(person.page.get_by_label("手机号")).to_have_value(phone)
    person.page.get_by_label("密码", exact=True).fill(password)
    person.press("登录", exact=True)


def test_set_a_password_and_come_back_with_it(patient: Visitor) -> None:
    phone = patient.sign_in()
    set_password(patient, phone, PASSWORD)
    patient.go("/me")
    patient.press("退出登录")
    patient.page.wait_for_url("**/")
    sign_in_by_password(patient, phone, "not this one")
    expect(patient.page.locator("#password-error")).to_contain_text("手机号或密码不正确")
    patient.page.get_by_label("密码", exact=True).fill(PASSWORD)
    patient.press("登录", exact=True)
    patient.sees("已用手机号登录")


def test_a_forgotten_password_is_set_anew_and_a_weak_one_is_refused_at_its_field(patient: Visitor) -> None:
    page, phone = patient.page, patient.living.new_phone()
    patient.go("/signin?next=/me/security")
    page.get_by_label("手机号").fill(phone)
    page.get_by_text("密码登录", exact=True).click()
    patient.press("忘记密码，或还没有设置")
    expect(page.get_by_label("手机号")).to_have_value(phone)
    patient.press("获取验证码")
    patient.sees("验证码已发出，请查看短信。")
    page.get_by_label("短信验证码").fill(patient.living.text_message(phone)["code"])
    page.get_by_label("新密码").fill("password123")
    patient.press("设置新密码并登录")
    expect(page.locator("#new_password-error")).to_contain_text("太常见")
    page.get_by_label("新密码").fill(OTHER)
    patient.press("设置新密码并登录")
    patient.sees("已设置密码")


def test_after_five_failures_it_is_said_how_long_and_how_else(patient: Visitor) -> None:
    page, phone = patient.page, patient.living.new_phone()
    sign_in_by_password(patient, phone, "wrong 0")
    complaint = page.locator("#password-error")
    for turn in range(1, 6):
        expect(complaint).to_contain_text("不正确")
        page.get_by_label("密码", exact=True).fill(f"wrong {turn}")
        with page.expect_response("**/api/v1/sessions"):
            patient.press("登录", exact=True)
    expect(complaint).to_contain_text(re.compile(r"请等 \d+ 秒后再试.*短信验证码登录"))


def test_another_device_is_told_of_listed_and_thrown_out(phone_of: Callable[[], Visitor]) -> None:
    one, other = phone_of(), phone_of()
    phone = one.sign_in()
    one.living.let_code_be_asked_again(phone)
    other.sign_in(phone=phone)
    notice = one.living.text_message(phone, template="login_notice")
    assert "如非本人" in notice["text"] and "127.0.0.*" in notice["text"]
    one.go("/")
    expect(one.page.get_by_role("link", name="消息，1 条未读")).to_be_visible()
    one.page.get_by_role("link", name="消息，1 条未读").click()
    one.sees("在新设备上登录", "1 条未读")
    one.press("全部标为已读")
    one.sees("都看过了")
    one.follow("账号与安全")
    rows = one.page.get_by_role("listitem").filter(has_text="最近使用")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("本机")
    other.go("/queue")
    rows.nth(1).get_by_role("button", name=re.compile("退出登录")).click()
    one.page.get_by_role("dialog").get_by_role("button", name="退出", exact=True).click()
    one.sees("那台设备已退出登录。")
    expect(rows).to_have_count(1)
    other.page.wait_for_url("**/signin?next=%2Fqueue", timeout=5_000)


def test_sign_out_everywhere(phone_of: Callable[[], Visitor]) -> None:
    one = phone_of()
    one.sign_in()
    one.go("/me/security")
    one.press("退出所有设备")
    one.press("全部退出")
    one.page.wait_for_url("**/signin")
    one.go("/me")
    one.sees("登录后可以挂号")
