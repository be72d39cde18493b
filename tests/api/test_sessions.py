"""Signing in over HTTP: cookies, bearer tokens, addresses, and whose page is asking."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.identity import Role
from hospital_app.models.identity import LoginSession, SmsCode
from hospital_app.models.operation import AuditEntry
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, code_sent, messages_owed
from tests.support.terminal import Terminal, refusal

PHONE = "13800138000"


@pytest.fixture
def over_tls(house: House) -> Iterator[House]:
    settings = house.container.settings.model_copy(update={"public_url": "https://guahao.example"})
    containers.use(replace(house.container, settings=settings))
    yield house


def sign_in(house: House, terminal: Terminal, phone: str = PHONE) -> dict[str, object]:
    assert terminal.post("/api/v1/sms-codes", {"phone": phone}).status_code == 202
    answer = terminal.post("/api/v1/sessions", {"phone": phone, "code": code_sent(house, phone)})
    assert answer.status_code == 201, answer.text
    content: dict[str, object] = answer.json()
    return content


def test_a_browser_is_signed_in_by_its_cookie(house: House) -> None:
    browser = Terminal()
    opened = sign_in(house, browser)
    assert opened["token"] == browser.cookies["guahao_session"]
    assert str(opened["expires_at"]).endswith("+08:00")
    who = browser.get("/api/v1/sessions/current").json()
    assert (who["role"], who["account_id"]) == ("patient", opened["account_id"])


def test_a_page_is_told_its_session_by_the_cookie_alone(house: House) -> None:
    page = Terminal(Sec_Fetch_Site="same-origin")
    opened = sign_in(house, page)
    assert (opened["token"], opened["device"]) == (None, None)
    assert page.get("/api/v1/sessions/current").json()["account_id"] == opened["account_id"]
    a_member_of_staff(house, staff_no="C1001", role=Role.CLERK)
    answer = Terminal(Sec_Fetch_Site="same-origin").post(
        "/api/v1/staff/sessions", {"staff_no": "C1001", "password": PASSWORD}
    )
    assert answer.json()["token"] is None and "guahao_session=" in answer.headers["set-cookie"]


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house: House) -> None:
    browser = Terminal()
    browser.post("/api/v1/sms-codes", {"phone": PHONE})
    answer = browser.post("/api/v1/sessions", {"phone": PHONE, "code": code_sent(house, PHONE)})
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert "secure" not in flags and not any(flag.startswith("domain") for flag in flags)


def test_over_tls_the_cookie_belongs_to_this_host_alone(over_tls: House) -> None:
    browser = Terminal()
    browser.post("/api/v1/sms-codes", {"phone": PHONE})
    answer = browser.post("/api/v1/sessions", {"phone": PHONE, "code": code_sent(over_tls, PHONE)})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-guahao_session=")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "secure"} <= flags
    assert not any(flag.startswith("domain") for flag in flags)


def test_a_machine_is_signed_in_by_its_token(house: House) -> None:
    opened = sign_in(house, Terminal())
    machine = Terminal(token=str(opened["token"]))
    assert machine.get("/api/v1/sessions/current").json()["account_id"] == opened["account_id"]


def test_a_wrong_token_is_not_rescued_by_a_cookie(house: House) -> None:
    browser = Terminal()
    sign_in(house, browser)
    assert refusal(browser.get("/api/v1/patients", headers={"authorization": "Bearer nonsense"})) == (401, "signed_out")


def test_signing_out(house: House) -> None:
    browser = Terminal()
    opened = sign_in(house, browser)
    assert browser.delete("/api/v1/sessions/current").status_code == 204
    assert "guahao_session" not in browser.cookies
    for terminal in (browser, Terminal(token=str(opened["token"]))):
        assert refusal(terminal.get("/api/v1/patients")) == (401, "signed_out")
        assert refusal(terminal.delete("/api/v1/sessions/current")) == (401, "signed_out")


def test_known_and_unknown_phones_get_the_same_answer(house: House) -> None:
    sign_in(house, Terminal())
    house.later(minutes=2)
    before = messages_owed(house)
    known = Terminal().post("/api/v1/sms-codes", {"phone": PHONE})
    unknown = Terminal().post("/api/v1/sms-codes", {"phone": "13700137000"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, known.content)
    assert messages_owed(house) - before == 2


def test_too_many_codes(house: House) -> None:
    Terminal().post("/api/v1/sms-codes", {"phone": PHONE})
    answer = Terminal().post("/api/v1/sms-codes", {"phone": PHONE})
    assert refusal(answer) == (429, "too_many_codes")
    assert answer.json()["retry_after_seconds"] == 60 and answer.headers["retry-after"] == "60"


def test_five_wrong_codes(house: House) -> None:
    browser = Terminal()
    browser.post("/api/v1/sms-codes", {"phone": PHONE})
    code = code_sent(house, PHONE) or ""
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answers = [browser.post("/api/v1/sessions", {"phone": PHONE, "code": wrong}) for _ in range(5)]
    assert [refusal(answer) for answer in answers] == [(401, "wrong_code")] * 5
    assert refusal(browser.post("/api/v1/sessions", {"phone": PHONE, "code": code})) == (401, "wrong_code")
    assert "guahao_session" not in browser.cookies
    with house.sessions() as session:
        assert session.scalars(select(LoginSession)).all() == []


def test_staff_sign_in_and_wait_after_failures(house: House) -> None:
    a_member_of_staff(house, role=Role.CLERK)
    browser = Terminal()
    for _ in range(5):
        answer = browser.post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": "wrong"})
        assert refusal(answer) == (401, "wrong_password")
    answer = browser.post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": PASSWORD})
    assert refusal(answer) == (429, "locked") and answer.json()["retry_after_seconds"] == 30
    house.later(seconds=30)
    answer = browser.post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": PASSWORD})
    assert answer.status_code == 201 and answer.json()["role"] == "clerk"
    assert browser.get("/api/v1/sessions/current").json()["name"] == "单国立"


def test_a_first_password_is_changed_on_the_way_in(house: House) -> None:
    a_member_of_staff(house, must_change_password=True)
    given = {"staff_no": "D1001", "password": PASSWORD}
    assert refusal(Terminal().post("/api/v1/staff/sessions", given)) == (403, "password_change_required")
    answer = Terminal().post("/api/v1/staff/sessions", {**given, "new_password": "a much better one"})
    assert answer.status_code == 201


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8000.evil.example"])
def test_another_sites_page_changes_nothing(house: House, origin: str) -> None:
    browser = Terminal()
    sign_in(house, browser)
    foreign = {"origin": origin}
    answer = browser.post("/api/v1/patients", {"name": "王芳", "relation": "self"}, headers=foreign)
    assert refusal(answer) == (403, "foreign_origin")
    assert browser.get("/api/v1/patients", headers=foreign).json() == []


def test_a_form_of_another_kind_is_not_read_as_json(house: House) -> None:
    browser = Terminal()
    sign_in(house, browser)
    answer = browser.ask(
        "POST",
        "/api/v1/patients",
        content='{"name": "王芳", "relation": "self"}',
        headers={"content-type": "text/plain"},
    )
    assert refusal(answer) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("caller", "forwarded", "believed"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7, nonsense", "127.0.0.1"),
        ("198.51.100.9", "203.0.113.7", "198.51.100.9"),
        ("127.0.0.1", None, "127.0.0.1"),
    ],
)
def test_only_our_proxies_speak_for_others(house: House, caller: str, forwarded: str | None, believed: str) -> None:
    headers = {} if forwarded is None else {"x_forwarded_for": forwarded}
    Terminal(address=caller, **headers).post("/api/v1/sms-codes", {"phone": PHONE})
    with house.sessions() as session:
        assert session.scalars(select(SmsCode.address)).one() == believed
        assert session.scalars(select(AuditEntry.address).where(col(AuditEntry.role) == "anonymous")).one() == believed
