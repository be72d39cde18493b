"""指纹/面容登录 in Chromium: added, used, refused without the finger, on two devices, named, removed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from hospital_app.domain.identity import Role
from hospital_app.services import staff
from tests.support.browser import Visitor
from tests.support.fingers import Device, device_of
from tests.support.people import PASSWORD, PASSWORD_HASH
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def add_this_device(person: Visitor) -> Device:
    device = device_of(person)
    person.go("/me/security")
    person.press("添加这台设备")
    person.sees("已添加，下次可以用它登录。")
    return device


def sign_out(person: Visitor) -> None:
    person.api("DELETE", "/sessions/current")
    person.go("/signin?next=/me")


def test_add_a_device_then_sign_in_without_typing(patient: Visitor) -> None:
    page = patient.page
    patient.sign_in()
    patient.go("/me/security")
    patient.sees("还没有添加")
    device = add_this_device(patient)
    row = page.get_by_role("listitem").filter(has_text="还没用过")
    expect(row).to_have_count(1)
    (kept,) = device.passkeys()
    assert kept["rpId"] == "localhost" and kept["isResidentCredential"]
    sign_out(patient)
    patient.press("指纹/面容登录")
    patient.sees("已用手机号登录")
    assert page.url.endswith("/me")
    cookie = next(each for each in patient.context.cookies() if each["name"] == "guahao_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    patient.go("/me/security")
    expect(page.get_by_text(re.compile(r"上次使用 \d\d:\d\d"))).to_be_visible()
    patient.press("添加这台设备")
    patient.sees("这台设备已经添加过，可以直接用它登录。")
    assert patient.faults == []


def test_without_the_finger_nothing_opens_and_it_is_said_what_to_do(patient: Visitor) -> None:
    patient.sign_in()
    device = add_this_device(patient)
    sign_out(patient)
    device.owner_is_here(False)
    told = patient.page.locator("[data-passkey-told]")
    patient.press("指纹/面容登录")
    expect(told).to_contain_text("没有完成验证")
    expect(told).to_contain_text("短信验证码")
    assert not [each for each in patient.context.cookies() if each["name"] == "guahao_session"]
    device.owner_is_here(True)
    patient.press("指纹/面容登录")
    patient.sees("已用手机号登录")


def test_two_devices_one_renamed_one_removed(phone_of: Callable[[], Visitor]) -> None:
    one, other = phone_of(), phone_of()
    one.sign_in()
    first = add_this_device(one)
    other.context.add_cookies(one.context.cookies())  # the same account on another phone
    add_this_device(other)
    rows = one.page.get_by_role("listitem").filter(has=one.page.get_by_role("button", name="改名"))
    one.go("/me/security")
    expect(rows).to_have_count(2)
    rows.nth(1).get_by_role("button", name="改名").click()
    field = one.page.get_by_label("名称")
    expect(field).to_be_focused()
    field.fill("妈妈的平板")
    one.press("保存")
    expect(rows.nth(1)).to_contain_text("妈妈的平板")
    rows.nth(0).get_by_role("button", name="移除").first.click()
    one.page.get_by_role("dialog").get_by_role("button", name="移除", exact=True).click()
    expect(rows).to_have_count(1)
    one.sees("妈妈的平板")
    sign_out(one)
    assert len(first.passkeys()) == 1
    one.press("指纹/面容登录")
    expect(one.page.locator("[data-passkey-told]")).to_contain_text("已被移除")
    wait_until(lambda: first.passkeys() == [], seconds=10, what="the device to hear that it opens nothing any more")
    other.go("/signin?next=/me")
    other.press("指纹/面容登录")
    other.sees("已用手机号登录")
    kinds = {message["kind"] for message in other.api("GET", "/messages")["messages"]}
    assert {"passkey_added", "passkey_removed"} <= kinds


def test_at_a_numeric_address_it_is_said_where_it_works(patient: Visitor) -> None:
    page = patient.page
    elsewhere = patient.living.url.replace("localhost", "127.0.0.1")
    page.goto(f"{elsewhere}/signin")
    expect(page.locator("[data-passkey-told]")).to_contain_text("数字网址")
    expect(page.get_by_role("button", name="指纹/面容登录")).to_be_hidden()
    page.get_by_role("link", name=patient.living.url).click()
    expect(page.get_by_role("button", name="指纹/面容登录")).to_be_visible()


def test_an_admins_finger_is_the_second_factor(desk_of: Callable[[], Visitor]) -> None:
    admin = desk_of()
    page = admin.page
    living = admin.living
    living.do(
        staff.create,
        staff_no="M-finger",
        name="测试员工",
        role=Role.HOSPITAL_ADMIN,
        password_hash=PASSWORD_HASH,
        must_change_password=False,
    )

    def give_the_password() -> None:
        admin.go("/staff")
        page.get_by_label("工号").fill("M-finger")
        page.get_by_label("密码", exact=True).fill(PASSWORD)
        admin.press("登录", exact=True)

    device = device_of(admin)
    give_the_password()
    admin.sees("绑定验证器应用")  # nothing else is open to a password alone
    admin.press("添加这台设备")
    admin.sees("请保存恢复码")  # a first passkey brings its codes, without being asked for them
    admin.go("/staff/second-factor")
    admin.sees("登录受第二因素保护。", "指纹/面容 · 1 台设备")
    admin.api("DELETE", "/sessions/current")
    give_the_password()
    admin.sees("请输入验证器应用里的 6 位动态码，或用指纹/面容验证")
    device.owner_is_here(False)
    admin.press("用指纹/面容验证")
    admin.sees("没有完成验证")
    device.owner_is_here(True)
    admin.press("用指纹/面容验证")
    admin.sees("今日到院")
