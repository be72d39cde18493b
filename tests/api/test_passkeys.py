"""Passkeys over HTTP: the browser's JSON both ways, the cookie, and whose they are."""

from typing import Any

from tests.api.test_sessions import sign_in
from tests.support.authenticator import SoftPasskey
from tests.support.house import House
from tests.support.terminal import Terminal, refusal

PHONE, OTHER = "13800138000", "13900139000"


def added(browser: Terminal, key: SoftPasskey, **more: Any) -> dict[str, Any]:
    offer = browser.post("/api/v1/passkeys/creation-options").json()
    answer = browser.post(
        "/api/v1/passkeys", {"handle": offer["handle"], "credential": key.create(offer["options"]), **more}
    )
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def answer_of(browser: Terminal, key: SoftPasskey, **wrong: Any) -> Any:
    offer = browser.post("/api/v1/passkeys/request-options").json()
    proof = {"handle": offer["handle"], "credential": key.get(offer["options"], **wrong)}
    return browser.post("/api/v1/passkeys/sessions", proof)


def test_added_used_named_and_removed(house: House) -> None:
    browser, key = Terminal(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 26_1)"), SoftPasskey()
    account_id = sign_in(house, browser, PHONE)["account_id"]
    mine = added(browser, key)
    assert (mine["label"], mine["used_at"]) == ("iPhone", None)
    fresh = Terminal()
    opened = answer_of(fresh, key)
    assert opened.status_code == 201 and opened.json()["account_id"] == account_id
    flags = {part.strip().lower() for part in opened.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert fresh.get("/api/v1/sessions/current").json()["account_id"] == account_id
    path = f"/api/v1/passkeys/{mine['id']}"
    assert fresh.patch(path, {"label": "我的手机"}).json()["label"] == "我的手机"
    assert str(fresh.get("/api/v1/passkeys").json()[0]["used_at"]).endswith("+08:00")
    assert fresh.delete(path).status_code == 204
    assert refusal(answer_of(Terminal(), key)) == (401, "passkey_unknown")
    assert fresh.get("/api/v1/passkeys").json() == []


def test_a_wrong_answer_opens_nothing_and_sets_no_cookie(house: House) -> None:
    key = SoftPasskey()
    browser = Terminal()
    sign_in(house, browser, PHONE)
    added(browser, key)
    thief = Terminal()
    assert refusal(answer_of(thief, key, origin="https://evil.example")) == (401, "passkey_unproven")
    assert not dict(thief.cookies)


def test_passkeys_are_ones_own(house: House) -> None:
    one, other = Terminal(), Terminal()
    sign_in(house, one, PHONE)
    sign_in(house, other, OTHER)
    path = f"/api/v1/passkeys/{added(one, SoftPasskey())['id']}"
    assert refusal(other.patch(path, {"label": "我的"})) == (404, "not_found")
    assert refusal(other.delete(path)) == (404, "not_found")
    for call in (Terminal().get, Terminal().delete):
        assert refusal(call("/api/v1/passkeys" if call.__name__ == "get" else path)) == (401, "signed_out")
    assert refusal(Terminal().post("/api/v1/passkeys/creation-options")) == (401, "signed_out")


def test_at_another_address_it_is_said_where_they_work(house: House) -> None:
    here = {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}
    answer = Terminal().post("/api/v1/passkeys/request-options", headers=here)
    assert refusal(answer) == (409, "passkeys_elsewhere")
    assert "http://localhost:8000" in answer.json()["detail"]
