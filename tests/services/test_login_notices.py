"""异常登录: told once, in the message centre and by SMS, and never for what is usual."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.devices import browser_of, kind_of
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor
from hospital_app.domain.networks import household_of, mask_address, network_of
from hospital_app.flows import messages, signin
from hospital_app.models.operation import OutboxRow
from tests.services.test_sms_codes import Letterbox
from tests.support.house import House
from tests.support.people import code_sent

PHONE = "13800138000"
KNOWN = replace(ANONYMOUS, address="203.0.113.7", device="the phone at home")
WECHAT = "Mozilla/5.0 (Linux; Android 14; HBP-AL00) Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0"


def come(house: House, actor: Actor = KNOWN, *, user_agent: str = WECHAT, wrong: int = 0) -> list[str]:
    """Sign in by a code, after so many wrong ones; the kinds of all messages about sign-ins so far, oldest first."""
    house.later(minutes=20)
    signin.request_code(actor, phone=PHONE)
    code = code_sent(house, PHONE) or ""
    for _ in range(wrong):
        with pytest.raises(Refusal):
            signin.sign_in(actor, phone=PHONE, code=f"{(int(code) + 1) % 10**6:06d}")
    opened = signin.sign_in(actor, phone=PHONE, code=code, user_agent=user_agent)
    told = messages.inbox(signin.actor_of_token(opened.token)).messages
    return [each.kind for each in reversed(told) if each.kind.startswith("login-")]


def texts_owed(house: House) -> int:
    with house.sessions() as session:
        return len(session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "sms.notice")).all())


def test_the_first_sign_in_and_a_known_device_are_no_news(house: House) -> None:
    assert come(house) == come(house) == come(house, replace(KNOWN, address="203.0.250.9")) == []
    assert texts_owed(house) == 0


def test_a_new_device_a_new_network_and_failures_are_told_once_each(house: House) -> None:
    come(house)
    stranger = replace(KNOWN, device="another phone")
    assert come(house, stranger) == ["login-device"]
    assert come(house, stranger) == ["login-device"]
    elsewhere = replace(stranger, address="198.51.100.20")
    assert come(house, elsewhere) == ["login-device", "login-network"]
    assert come(house, elsewhere, wrong=2)[2:] == []
    assert come(house, elsewhere, wrong=3)[2:] == ["login-failures"]
    assert texts_owed(house) == 3


def test_a_browser_without_a_mark_is_a_new_device_each_time(house: House) -> None:
    unmarked = replace(KNOWN, device="")
    come(house, unmarked)
    assert come(house, unmarked) == ["login-device"]


def test_the_notice_says_when_what_where_and_what_to_do(house: House) -> None:
    come(house)
    come(house, replace(KNOWN, device="another phone"))
    letterbox = Letterbox()
    containers.use(replace(house.container, sms=letterbox))
    house.work_off()
    phone, template, params = next(letter for letter in letterbox.sent if letter[1] == "login_notice")
    assert (phone, template) == (PHONE, "login_notice")
    assert (params["device"], params["browser"], params["place"]) == ("安卓手机", "微信", "203.0.113.*")
    with house.sessions() as session:
        payloads = "".join(session.scalars(select(col(OutboxRow.payload)).where(col(OutboxRow.kind) == "sms.notice")))
    assert PHONE not in payloads and "203.0.113" not in payloads


@pytest.mark.parametrize(
    ("user_agent", "kind", "browser"),
    [
        (WECHAT, "安卓手机", "微信"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "iPhone", "Safari"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130 Safari/537.36 Edg/130", "Windows 电脑", "Edge"),
        ("Mozilla/5.0 (Linux; Android 13; Pad) AppleWebKit/537.36 Chrome/120 Safari/537.36", "安卓平板", "Chrome"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1 Mobile HuaweiBrowser/5.1", "鸿蒙手机", "华为浏览器"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile AlipayClient/10.5 Safari/604.1", "iPhone", "支付宝"),
        ("python-httpx/0.28", "其他设备", "应用程序"),
        ("", "其他设备", "应用程序"),
    ],
)
def test_names_of_devices(user_agent: str, kind: str, browser: str) -> None:
    assert (kind_of(user_agent), browser_of(user_agent)) == (kind, browser)


@pytest.mark.parametrize(
    ("address", "household", "network", "masked"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.0.0/16", "203.0.113.*"),
        ("2001:db8:12:34::1", "2001:db8:12:34::/64", "2001:db8::/32", "2001:db8:12:*"),
        ("::ffff:203.0.113.7", "203.0.113.7", "203.0.0.0/16", "203.0.113.*"),
        ("", "", "", ""),
    ],
)
def test_networks(address: str, household: str, network: str, masked: str) -> None:
    assert (household_of(address), network_of(address), mask_address(address)) == (household, network, masked)
