"""登录设备、密码 over HTTP: one's own devices, a password, and the marks that browsers keep."""

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.identity import Role
from hospital_app.models.identity import Message
from tests.api.test_sessions import sign_in
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, code_sent
from tests.support.terminal import Terminal, refusal

PHONE = "13800138000"
NEW = "twelve quiet herons"


def two_devices(house: House) -> tuple[Terminal, Terminal]:
    one, other = Terminal(user_agent="iPhone Safari"), Terminal(user_agent="Windows Firefox", address="198.51.100.7")
    sign_in(house, one)
    house.later(minutes=2)
    sign_in(house, other)
    return one, other


def test_devices_are_listed_with_what_they_are_and_masked(house: House) -> None:
    one, _ = two_devices(house)
    seen = one.get("/api/v1/sessions").json()
    assert [(each["device"], each["browser"], each["place"], each["current"]) for each in seen] == [
        ("iPhone", "Safari", "127.0.0.*", True),
        ("Windows 电脑", "Firefox", "198.51.100.*", False),
    ]
    assert {each["method"] for each in seen} == {"sms-code"}


def test_one_device_is_ended_from_another(house: House) -> None:
    one, other = two_devices(house)
    ended = one.get("/api/v1/sessions").json()[1]["id"]
    assert one.delete(f"/api/v1/sessions/{ended}").status_code == 204
    assert refusal(other.get("/api/v1/patients")) == (401, "signed_out")
    assert refusal(one.delete(f"/api/v1/sessions/{ended}")) == (404, "not_found")
    assert len(one.get("/api/v1/sessions").json()) == 1


def test_nobody_ends_anybody_elses(house: House) -> None:
    one, _ = two_devices(house)
    stranger = Terminal()
    sign_in(house, stranger, "13700137000")
    theirs = one.get("/api/v1/sessions").json()[1]["id"]
    assert refusal(stranger.delete(f"/api/v1/sessions/{theirs}")) == (404, "not_found")
    a_member_of_staff(house, role=Role.CLERK)
    clerk = Terminal()
    clerk.post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": PASSWORD})
    assert refusal(clerk.delete(f"/api/v1/sessions/{theirs}")) == (404, "not_found")
    assert len(one.get("/api/v1/sessions").json()) == 2


def test_everywhere_is_everywhere(house: House) -> None:
    one, other = two_devices(house)
    assert one.delete("/api/v1/sessions").status_code == 204
    assert "guahao_session" not in one.cookies
    assert refusal(other.get("/api/v1/sessions")) == (401, "signed_out")


def test_staff_see_and_end_their_own(house: House) -> None:
    a_member_of_staff(house, role=Role.CLERK)
    one, other = Terminal(), Terminal()
    for terminal in (one, other):
        terminal.post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": PASSWORD})
    assert len(one.get("/api/v1/sessions").json()) == 2
    assert one.delete("/api/v1/sessions").status_code == 204
    assert refusal(other.get("/api/v1/sessions")) == (401, "signed_out")


def test_the_devices_mark_outlives_the_session_and_is_not_taken_for_one(house: House) -> None:
    browser = Terminal()
    opened = sign_in(house, browser)
    mark = browser.cookies["guahao_device"]
    assert len(mark) >= 43 and mark != opened["token"]
    browser.delete("/api/v1/sessions/current")
    assert browser.cookies["guahao_device"] == mark
    assert refusal(Terminal(token=mark).get("/api/v1/patients")) == (401, "signed_out")
    house.later(minutes=2)
    sign_in(house, browser)
    assert browser.cookies["guahao_device"] == mark


def test_a_client_without_cookies_is_known_by_the_mark_that_it_was_given(house: House) -> None:
    """Else its holder would be told of a new device at every sign-in."""
    mark = str(sign_in(house, Terminal(origin=None))["device"])
    house.later(minutes=2)
    assert sign_in(house, Terminal(origin=None, X_Guahao_Device=mark))["device"] == mark
    assert notices(house) == 0
    house.later(minutes=2)
    assert sign_in(house, Terminal(origin=None))["device"] != mark
    house.later(minutes=2)
    assert sign_in(house, Terminal(origin=None, X_Guahao_Device="guessed"))["device"] != "guessed"
    assert notices(house) == 2


def notices(house: House) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count()).where(col(Message.kind) == "login-device")) or 0


def test_signing_in_again_leaves_no_session_behind(house: House) -> None:
    browser = Terminal()
    old = sign_in(house, browser)["token"]
    house.later(minutes=2)
    assert sign_in(house, browser)["token"] != old
    assert refusal(Terminal(token=str(old)).get("/api/v1/patients")) == (401, "signed_out")


def test_a_password_by_code_then_in_with_it(house: House) -> None:
    browser = Terminal()
    old = sign_in(house, browser)["token"]
    house.later(minutes=2)
    assert browser.post("/api/v1/password/codes").status_code == 202
    code = code_sent(house, PHONE)
    weak = browser.post("/api/v1/password", {"new_password": "password1", "code": code})
    assert refusal(weak) == (422, "weak_password")
    answer = browser.post("/api/v1/password", {"new_password": NEW, "code": code})
    assert answer.status_code == 201 and answer.json()["token"] == browser.cookies["guahao_session"] != old
    assert browser.get("/api/v1/sessions/current").status_code == 200
    phone = Terminal()
    assert refusal(phone.post("/api/v1/sessions", {"phone": PHONE, "password": "wrong"})) == (401, "wrong_password")
    answer = phone.post("/api/v1/sessions", {"phone": PHONE, "password": NEW})
    assert answer.status_code == 201 and set(answer.json()) == {"token", "expires_at", "account_id", "device"}
    changed = phone.post("/api/v1/password", {"new_password": "a lighthouse in may", "password": NEW})
    assert changed.status_code == 201
    assert refusal(browser.get("/api/v1/patients")) == (401, "signed_out")


def test_a_locked_account_says_for_how_long(house: House) -> None:
    guesser = Terminal()
    for _ in range(5):
        assert guesser.post("/api/v1/sessions", {"phone": PHONE, "password": "wrong"}).status_code == 401
    answer = guesser.post("/api/v1/sessions", {"phone": PHONE, "password": "wrong"})
    assert refusal(answer) == (429, "locked") and answer.headers["retry-after"] == "30"


def test_exactly_one_proof(house: House) -> None:
    for body in (
        {"phone": PHONE},
        {"phone": PHONE, "code": "123456", "password": "x"},
        {"phone": PHONE, "password": "x", "new_password": NEW},
    ):
        assert refusal(Terminal().post("/api/v1/sessions", body)) == (422, "invalid_request")
    browser = Terminal()
    sign_in(house, browser)
    for body in ({"new_password": NEW}, {"new_password": NEW, "code": "123456", "password": "x"}):
        assert refusal(browser.post("/api/v1/password", body)) == (422, "invalid_request")
