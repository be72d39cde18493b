"""What of all that a client may send is an event."""

from typing import Any

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

import hospital_app.hospital_app
from state.entrance import SHOW, report_of_a_page, whole_event
from state.given import fits
from state.notice import NoticeState

assert hospital_app.hospital_app.app  # every handler is registered by it
STATE = rx.State.get_full_name()
PLAIN = {"name": SHOW, "payload": {"text": "x"}, "router_data": {"pathname": "/", "asPath": "/", "query": {}}}
STORED = f"{STATE}.state___session____session.lang_rx_state_"


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_an_event_of_the_front_end_is_left_as_it_is() -> None:
    assert whole_event(PLAIN) == PLAIN


@pytest.mark.parametrize(
    "data", [None, 1, "x", [], [PLAIN], {}, {"name": 1}, {"name": None}, {**PLAIN, "payload": {"text": nested(20)}}]
)
def test_what_is_no_event_is_not_answered(data: Any) -> None:
    assert whole_event(data) is None


@pytest.mark.parametrize("payload", [["x"], "x", 1, True])
def test_arguments_without_names_are_refused_in_a_sentence(payload: Any) -> None:
    answer = whole_event({**PLAIN, "payload": payload})
    assert answer is not None and answer["name"] == SHOW and "不正确" in str(answer["payload"])


@pytest.mark.parametrize("payload", [{}, {"text": "x", "surplus": 1}, {"self": 1, "text": "x"}, {"values": {}}])
def test_arguments_that_do_not_fit_the_handler_are_seen(payload: dict[str, Any]) -> None:
    assert not fits(NoticeState.event_handlers["show"].fn, payload)
    assert fits(NoticeState.event_handlers["show"].fn, PLAIN["payload"])


@pytest.mark.parametrize("name", ["", "nobody.knows", f"{NoticeState.get_full_name()}._get_state", f"{STATE}.reset"])
def test_a_handler_that_is_not_there_means_an_old_page(name: str) -> None:
    answer = whole_event({**PLAIN, "name": name})
    assert answer is not None and "刷新" in answer["payload"]["text"]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"pathname": "//[", "asPath": "http://[::1", "query": 1}, {}),
        (
            {"pathname": "/me", "headers": {"cookie": "x"}, "ip": "1.2.3.4", "token": "x", "sessionId": "x"},
            {"pathname": "/me"},
        ),
        ({"asPath": "/x" * 400}, {}),
        ({"query": {"a": "1", "b": 2, "c": ["x"], "d": [1], "e": {}}}, {"query": {"a": "1", "c": ["x"]}}),
        ("x", {}),
    ],
)
def test_where_a_page_says_it_is_is_an_address_of_ours(given: Any, left: Any) -> None:
    event = whole_event({**PLAIN, "router_data": given})
    assert event is not None and event["router_data"] == left


def test_only_what_the_browser_keeps_for_us_is_taken_from_it() -> None:
    given = {
        STORED: "en",
        f"{STATE}.state___session____session.hospital": "evil",
        f"{STATE}.is_hydrated": True,
        "x.y": "z",
    }
    event = whole_event({"name": find("update_vars_internal"), "payload": {"vars": given}})
    assert event is not None and event["payload"] == {"vars": {STORED: "en"}}


def find(handler: str) -> str:

    return next(name for name in RegistrationContext.get().event_handlers if name.endswith(f".{handler}"))


def test_a_page_reports_in_one_line_without_names(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING"):
        report_of_a_page(Exception("TypeError: x is undefined\nat 王秀芳 \\u738b (main.js:1)" + "y" * 2_000))
    (line,) = caplog.messages
    assert line.startswith("a page reports: TypeError: x is undefined at … … (main.js:1)") and len(line) < 600
