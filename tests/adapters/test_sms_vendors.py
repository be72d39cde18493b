"""Both SMS vendors' adapters, through the vendors' own SDKs, against what speaks their signed protocols."""

import logging
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from socket import create_server
from typing import Any

import pytest

from hospital_app import container as containers
from hospital_app.adapters.sms_aliyun import AliyunSms
from hospital_app.adapters.sms_sandbox import SandboxSms
from hospital_app.adapters.sms_tencent import TencentSms
from hospital_app.domain.text_messages import TEMPLATES
from hospital_app.ports import Rejected, Silent, SmsSender, Unreachable
from hospital_app.sandbox.sms.templates import template_number
from hospital_app.sandbox.sms.vendors import APP_ID, KEY_ID, SIGN_NAME
from hospital_app.settings import Settings
from tests.adapters.test_sms import last, with_books
from tests.adapters.world import Sandbox
from tests.support.servers import REPOSITORY
from tests.support.waiting import free_port

PHONE = "13812345678"
Make = Callable[..., SmsSender]


def aliyun(world: Sandbox, **changed: Any) -> AliyunSms:
    known = {
        "access_key_id": KEY_ID,
        "access_key_secret": world.keys.sms_token,
        "sign_name": SIGN_NAME,
        "templates": {name: f"SMS_{template_number(name)}" for name in TEMPLATES},
        "url": world.url,
    }
    names = {"key_id": "access_key_id", "secret": "access_key_secret"}
    return AliyunSms(**{**known, **{names.get(name, name): value for name, value in changed.items()}})


def tencent(world: Sandbox, **changed: Any) -> TencentSms:
    known = {
        "secret_id": KEY_ID,
        "secret_key": world.keys.sms_token,
        "app_id": APP_ID,
        "region": "ap-guangzhou",
        "sign_name": SIGN_NAME,
        "templates": {name: template_number(name) for name in TEMPLATES},
        "url": world.url,
    }
    names = {"key_id": "secret_id", "secret": "secret_key"}
    return TencentSms(**{**known, **{names.get(name, name): value for name, value in changed.items()}})


@pytest.fixture(params=[aliyun, tencent], ids=["aliyun", "tencent"])
def make(request: pytest.FixtureRequest, sms_world: Sandbox) -> Make:
    with_books(sms_world, "DELETE FROM messages")
    chosen: Make = request.param
    return chosen


def aged(world: Sandbox, seconds: int) -> None:
    """All that was sent so far was sent so much earlier."""
    with_books(world, f"UPDATE messages SET sent_at = sent_at - {seconds}")


def test_a_message_arrives_and_has_the_vendors_id(make: Make, sms_world: Sandbox) -> None:
    sent = make(sms_world).send(PHONE, "login_code", {"code": "123456"})
    assert last(sms_world, PHONE)["code"] == "123456"
    assert [row["message_id"] for row in sms_world.books("SELECT message_id FROM messages")] == [sent]


def test_what_the_product_sends_is_what_the_template_needs(make: Make, sms_world: Sandbox) -> None:
    """The vendor is told the number, the template and its parameters, and nothing more of the patient."""
    make(sms_world).send(PHONE, "login_code", {"code": "123456"})
    (row,) = sms_world.books("SELECT * FROM messages")
    assert (row["phone"], row["template"], row["params"]) == (PHONE, "login_code", '{"code": "123456"}')


@pytest.mark.parametrize(("spacing_seconds", "count"), [(0, 1), (120, 5), (7200, 10)])
def test_a_limit_of_the_carriers_passes(make: Make, sms_world: Sandbox, spacing_seconds: int, count: int) -> None:
    """One a minute, five an hour, ten a day for one number: what is refused now is worth another try."""
    sms = make(sms_world)
    for n in range(count):
        sms.send(PHONE, "login_code", {"code": str(n)})
        aged(sms_world, spacing_seconds)
    with pytest.raises(Unreachable) as limit:
        sms.send(PHONE, "login_code", {"code": "11"})
    assert "LIMIT" in str(limit.value).upper() and PHONE not in str(limit.value)
    aged(sms_world, 86_400)
    sms.send(PHONE, "login_code", {"code": "12"})
    assert last(sms_world, PHONE)["code"] == "12"


@pytest.mark.parametrize(
    ("changed", "phone", "params", "code"),
    [
        ({}, "1381234567", {"code": "1"}, "NUMBER"),
        ({"sign_name": "别家"}, PHONE, {"code": "1"}, "SIGNATURE"),
        ({"templates": {"login_code": "1"}}, PHONE, {"code": "1"}, "TEMPLATE"),
        ({"templates": {}}, PHONE, {"code": "1"}, "TEMPLATE"),
        ({}, PHONE, {}, "PARAM"),
    ],
)
def test_what_can_never_be_sent_is_rejected(
    make: Make, sms_world: Sandbox, changed: dict[str, Any], phone: str, params: dict[str, str], code: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        make(sms_world, **changed).send(phone, "login_code", params)
    assert code in refusal.value.code.upper() and phone not in str(refusal.value)
    assert sms_world.books("SELECT * FROM messages") == []


def test_a_wrong_key_sends_nothing_until_somebody_mends_it(make: Make, sms_world: Sandbox) -> None:
    for wrong in ({"secret": "wrong"}, {"key_id": "nobody"}):
        with pytest.raises(Unreachable) as failure:
            make(sms_world, **wrong).send(PHONE, "login_code", {"code": "1"})
        assert any(word in str(failure.value) for word in ("Signature", "AccessKey", "SecretId"))
    assert sms_world.books("SELECT * FROM messages") == []


def test_nobody_there_and_no_answer_are_told_apart(make: Make, sms_world: Sandbox) -> None:
    with pytest.raises(Unreachable) as nobody:
        make(sms_world, url=f"http://127.0.0.1:{free_port()}").send(PHONE, "login_code", {"code": "1"})
    assert not isinstance(nobody.value, Silent)
    with closing(create_server(("127.0.0.1", 0))) as deaf, pytest.raises(Silent) as silence:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        make(sms_world, url=url, timeout_seconds=0.3).send(PHONE, "login_code", {"code": "1"})
    for failure in (nobody.value, silence.value):
        assert PHONE not in repr(failure) and failure.__suppress_context__


def test_no_log_line_holds_the_number(make: Make, sms_world: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """At the level that the house logs at."""
    with caplog.at_level(logging.INFO):
        make(sms_world).send(PHONE, "login_code", {"code": "123456"})
        with pytest.raises(Unreachable):
            make(sms_world, url=f"http://127.0.0.1:{free_port()}").send(PHONE, "login_code", {"code": "1"})
    assert PHONE not in caplog.text and "123456" not in caplog.text


def overheard(make: Make, world: Sandbox) -> tuple[str, dict[str, str], bytes]:
    """Path, headers and body of a call, as somebody on the way reads them."""
    with closing(create_server(("127.0.0.1", 0))) as ear:
        url = f"http://127.0.0.1:{ear.getsockname()[1]}"
        with pytest.raises(Silent):
            make(world, url=url, timeout_seconds=0.3).send(PHONE, "login_code", {"code": "123456"})
        connection, _ = ear.accept()
        with connection:
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first.split()[1], dict(line.split(": ", 1) for line in lines), body


def test_an_overheard_call_to_aliyun_is_worth_nothing(sms_world: Sandbox) -> None:
    with_books(sms_world, "DELETE FROM messages")
    path, headers, body = overheard(aliyun, sms_world)

    def code_for(path: str, **changed: str) -> str:
        return str(sms_world.post(path, headers={**headers, **changed}, content=body).json()["Code"])

    assert code_for(path.replace(PHONE, "13900000000")) == "SignatureDoesNotMatch"
    assert code_for(path, **{"x-acs-date": "2020-01-01T00:00:00Z"}) == "SignatureDoesNotMatch"
    assert code_for(path, Authorization="") == "MissingParameter"
    assert code_for(path) == "OK"
    assert code_for(path) == "SignatureNonceUsed"


def test_an_overheard_call_to_tencent_cannot_be_changed(sms_world: Sandbox) -> None:
    with_books(sms_world, "DELETE FROM messages")
    path, headers, body = overheard(tencent, sms_world)

    def code_for(body: bytes, **changed: str) -> str:
        said = sms_world.post(path, headers={**headers, **changed}, content=body).json()["Response"]
        return str(said["Error"]["Code"] if "Error" in said else said["SendStatusSet"][0]["Code"])

    other = body.replace(PHONE.encode(), b"13900000000")
    assert len(other) == len(body) and other != body
    assert code_for(other) == "AuthFailure.SignatureFailure"
    assert code_for(body, **{"X-TC-Timestamp": "1577836800"}) == "AuthFailure.SignatureFailure"
    assert code_for(body, Authorization="") == "AuthFailure.SignatureFailure"
    assert code_for(body) == "Ok"


def test_the_settings_choose_the_vendor() -> None:
    keys = {"sms_aliyun_access_key_id": "a", "sms_aliyun_access_key_secret": "b"}
    keys |= {"sms_tencent_secret_id": "a", "sms_tencent_secret_key": "b"}
    chosen = [containers.build(Settings(sms_vendor=vendor, **keys)).sms for vendor in ("sandbox", "aliyun", "tencent")]
    assert [type(sms) for sms in chosen] == [SandboxSms, AliyunSms, TencentSms]


def test_a_house_without_these_vendors_needs_none_of_their_sdks() -> None:
    program = (
        "import sys; from hospital_app import container; from hospital_app.settings import get_settings;"
        "container.build(get_settings()); print({'alibabacloud_dysmsapi20170525', 'tencentcloud'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "set()", ended.stderr


def test_operators_find_the_texts_to_register() -> None:
    told = (REPOSITORY / "docs" / "sms.md").read_text()
    assert [name for name, text in TEMPLATES.items() if f"`{name}`" not in told or text not in told] == []
