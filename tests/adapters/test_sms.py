"""The SMS adapter against its sandbox."""

import sqlite3

import pytest

from hospital_app.adapters.sms_sandbox import SandboxSms
from hospital_app.ports import Rejected, Unreachable
from hospital_app.sandbox.sms.books import KEPT
from tests.adapters.world import Sandbox
from tests.support.waiting import free_port


def last(world: Sandbox, phone: str) -> dict[str, str]:
    answer = world.http.post("/sandbox/sms", json={"phone": phone})
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def test_the_last_message_to_a_phone_is_shown(sms: SandboxSms, sms_world: Sandbox) -> None:
    ids = {sms.send("13812345678", "login_code", {"code": code}) for code in ("111111", "222222")}
    assert len(ids) == 2
    found = last(sms_world, "13812345678")
    assert found["code"] == "222222" and "222222" in found["text"] and "+08:00" in found["sent_at"]
    page = sms_world.http.get("/sandbox/sms").text
    assert "222222" in page and "13812345678" in page
    assert sms_world.http.post("/sandbox/sms", json={"phone": "13900000000"}).status_code == 404


def test_a_message_survives_a_kill(sms: SandboxSms, sms_world: Sandbox) -> None:
    sms.send("13800000001", "login_code", {"code": "654321"})
    sms_world.kill()
    with pytest.raises(Unreachable):
        sms.send("13800000001", "login_code", {"code": "000000"})
    sms_world.start()
    assert last(sms_world, "13800000001")["code"] == "654321"
    sms.send("13800000001", "login_code", {"code": "777777"})


@pytest.mark.parametrize(
    ("phone", "template", "params", "code"),
    [
        ("13812345678", "unknown", {}, "unknown_template"),
        ("13812345678", "login_code", {}, "missing_parameter"),
        ("1381234567", "login_code", {"code": "1"}, "bad_phone"),
        ("１３８１２３４５６７８", "login_code", {"code": "1"}, "bad_phone"),
    ],
)
def test_what_cannot_be_sent_is_rejected(
    sms: SandboxSms, phone: str, template: str, params: dict[str, str], code: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        sms.send(phone, template, params)
    assert refusal.value.code == code


def test_text_is_escaped_on_the_page(sms: SandboxSms, sms_world: Sandbox) -> None:
    sms.send("13812345678", "login_code", {"code": "<b>1</b>"})
    assert "<b>1</b>" not in sms_world.http.get("/sandbox/sms").text


def test_a_stranger_sends_nothing(sms_world: Sandbox) -> None:
    with pytest.raises(Unreachable):
        SandboxSms(sms_world.url, "wrong").send("13800000002", "login_code", {"code": "1"})
    assert sms_world.http.post("/sandbox/sms", json={"phone": "13800000002"}).status_code == 404
    with pytest.raises(Unreachable):
        SandboxSms(f"http://127.0.0.1:{free_port()}", "x").send("13800000002", "login_code", {"code": "1"})


def test_only_the_latest_are_kept(sms: SandboxSms, sms_world: Sandbox) -> None:
    sms.send("13800000003", "login_code", {"code": "1"})
    with_books(sms_world, f"UPDATE sqlite_sequence SET seq = seq + {KEPT} WHERE name = 'messages'")
    sms.send("13800000004", "login_code", {"code": "2"})
    assert sms_world.http.post("/sandbox/sms", json={"phone": "13800000003"}).status_code == 404
    assert last(sms_world, "13800000004")["code"] == "2"


def with_books(world: Sandbox, statement: str) -> None:
    books = sqlite3.connect(world.directory / "sms.sqlite3")
    with books:
        books.execute(statement)
    books.close()
