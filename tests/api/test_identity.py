"""微信、支付宝快捷登录 over HTTP: what a browser is told to keep, where it is sent, and what it never is."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hospital_app import container as containers
from hospital_app.domain.linking import TROUBLES
from tests.support.identity import CODE_NAMES, Gate, Provider
from tests.support.people import code_sent
from tests.support.terminal import Terminal, refusal

PHONE = "13800138000"
IDENTITY = "/api/v1/identity"
BOTH = pytest.mark.parametrize("provider", list(Provider))


@pytest.fixture
def over_tls(sqlite_gate: Gate) -> Iterator[Gate]:
    house = sqlite_gate.house.container
    settings = house.settings.model_copy(update={"public_url": "https://guahao.example"})
    containers.use(replace(house, settings=settings))
    yield sqlite_gate


def sent_to_vendor(browser: Terminal, provider: str, next: str = "/appointments") -> str:
    answer = browser.get(f"{IDENTITY}/{provider}/start", params={"next": next})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(gate: Gate, browser: Terminal, provider: Provider, person: str, **start: str) -> httpx.Response:
    """The callback's answer, after the person agreed."""
    brought = gate.world.agree(sent_to_vendor(browser, provider, **start), person)
    assert CODE_NAMES[provider] in brought
    return browser.get(f"{IDENTITY}/{provider}/callback", params=brought)


def bound(gate: Gate, browser: Terminal, phone: str = PHONE) -> httpx.Response:
    assert browser.post("/api/v1/sms-codes", {"phone": phone}).status_code == 202
    return browser.post(f"{IDENTITY}/bindings", {"phone": phone, "code": code_sent(gate.house, phone)})


def trouble(answer: httpx.Response) -> str:
    """What the page will say, by its code."""
    assert answer.status_code == 303, answer.text
    where = urlsplit(answer.headers["location"])
    assert (where.scheme, where.netloc, where.path) == ("", "", "/bind")
    code = parse_qs(where.query)["trouble"][0]
    assert code in TROUBLES
    return code


@BOTH
def test_the_first_time_and_the_second(gate: Gate, provider: Provider) -> None:
    browser = Terminal()
    came = back(gate, browser, provider, "林小满")
    assert (came.status_code, came.headers["location"]) == (303, "/bind?next=%2Fappointments")
    assert "guahao_session" not in browser.cookies
    opened = bound(gate, browser)
    assert opened.status_code == 201, opened.text
    assert opened.json()["token"] == browser.cookies["guahao_session"]
    assert "guahao_identity" not in browser.cookies
    another = Terminal()
    straight = back(gate, another, provider, "林小满", next="/queue?x=1")
    assert (straight.status_code, straight.headers["location"]) == (303, "/queue?x=1")
    who = another.get("/api/v1/sessions/current").json()
    assert who["account_id"] == opened.json()["account_id"]
    assert [each["provider"] for each in another.get(f"{IDENTITY}/links").json()] == [provider]


def test_what_the_browser_keeps_is_out_of_reach_and_short_lived(sqlite_gate: Gate) -> None:
    browser = Terminal()
    answer = browser.get(f"{IDENTITY}/wechat/start")
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=300"} <= flags and "secure" not in flags
    state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
    assert state.isalnum() and state not in answer.headers["set-cookie"]
    assert answer.headers["location"].endswith("#wechat_redirect")


def test_over_tls_it_belongs_to_this_host_alone(over_tls: Gate) -> None:
    answer = Terminal().get(f"{IDENTITY}/wechat/start")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-guahao_identity=") and "secure" in cookie.lower()
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == [f"https://guahao.example{IDENTITY}/wechat/callback"]


@BOTH
def test_a_replay_another_browser_and_a_refusal_end_on_one_page(gate: Gate, provider: Provider) -> None:
    browser, other = Terminal(), Terminal()
    address = sent_to_vendor(browser, provider)
    brought = gate.world.agree(address, "林小满")
    callback = f"{IDENTITY}/{provider}/callback"
    assert trouble(other.get(callback, params=brought)) == "other_browser"
    assert browser.get(callback, params=brought).headers["location"].startswith("/bind?next=")
    assert trouble(browser.get(callback, params=brought)) == "ceremony_over"
    refused = gate.world.refuse(sent_to_vendor(browser, provider))
    turned_away = browser.get(callback, params=refused)
    assert trouble(turned_away) == "identity_refused"
    assert parse_qs(urlsplit(turned_away.headers["location"]).query)["next"] == ["/appointments"]
    assert trouble(browser.get(callback)) == "ceremony_over"
    assert trouble(browser.get(callback, params={"state": "x" * 5000, "code": "\x00"})) == "identity_unproven"
    assert "guahao_session" not in {*browser.cookies, *other.cookies}


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_nobody_is_sent_elsewhere(sqlite_gate: Gate, next: str) -> None:
    answer = Terminal().get(f"{IDENTITY}/wechat/start", params={"next": next})
    assert trouble(answer) == "bad_next"
    assert "evil" not in answer.headers["location"]


def test_binding_without_having_come_from_a_vendor(sqlite_gate: Gate) -> None:
    assert refusal(bound(sqlite_gate, Terminal())) == (409, "ceremony_over")


def test_linking_starts_by_a_write_of_our_own_page(gate: Gate) -> None:
    browser = Terminal()
    browser.post("/api/v1/sms-codes", {"phone": PHONE})
    browser.post("/api/v1/sessions", {"phone": PHONE, "code": code_sent(gate.house, PHONE)})
    links = f"{IDENTITY}/alipay/links"
    foreign = browser.ask("POST", links, json={"next": "/me"}, headers={"origin": "https://evil.example"})
    assert refusal(foreign) == (403, "foreign_origin")
    assert refusal(browser.post(links, {"next": "//evil.example"})) == (422, "bad_next")
    begun = browser.post(links, {"next": "/me/security"})
    assert begun.status_code == 201
    brought = gate.world.agree(begun.json()["url"], "林小满")
    came = browser.get(f"{IDENTITY}/alipay/callback", params=brought)
    assert (came.status_code, came.headers["location"]) == (303, "/me/security")
    assert [each["provider"] for each in browser.get(f"{IDENTITY}/links").json()] == ["alipay"]
    assert browser.delete(links).status_code == 204
    assert refusal(browser.delete(links)) == (404, "not_found")


def test_what_is_offered(sqlite_gate: Gate) -> None:
    assert Terminal().get(f"{IDENTITY}/providers").json() == ["wechat", "alipay"]
    containers.use(replace(sqlite_gate.house.container, identities={}))
    assert Terminal().get(f"{IDENTITY}/providers").json() == []
    assert trouble(Terminal().get(f"{IDENTITY}/wechat/start")) == "identity_not_offered"
    assert refusal(Terminal().get(f"{IDENTITY}/myspace/start"))[0] == 422
