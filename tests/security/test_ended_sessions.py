"""会话结束: within a second nothing of an ended session moves on an open socket, neither events nor live screens."""

import time
from collections.abc import Callable

import pytest

from hospital_app.domain.identity import Role
from tests.security.scene import Caller, patient, staff_session
from tests.security.scene import client as client_of
from tests.support.living import Living
from tests.support.people import PASSWORD
from tests.support.reflex_client import ReflexClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STATE = "reflex___state____state.state___"
REFUSED = "请先登录，再继续操作。"
AT_ONCE = 1.0


def seconds_until_refused(client: ReflexClient, end: Callable[[], object]) -> float:
    """From the moment the session has ended until its live screen has."""
    before = len(client.heard)
    end()
    began = time.monotonic()
    while not any(REFUSED in text for text in client.heard[before:]):
        assert time.monotonic() - began < 10, client.heard[before:]
        client.wait(0.02)
    return time.monotonic() - began


def refused(client: ReflexClient, event: str, payload: dict[str, object] | None = None) -> bool:
    before = len(client.heard)
    client.send(f"{STATE}{event}", payload)
    client.settle()
    return any(REFUSED in text for text in client.heard[before:])


def test_a_session_ended_from_another_device_stops_its_screen_and_its_events(living: Living) -> None:
    caller = patient(living, "somebody")
    with ReflexClient(living.url, cookie=caller.cookie) as client:
        assert not refused(client, "messages____messages_state.load")
        end = lambda: end_all_but(caller)  # noqa: E731
        assert seconds_until_refused(client, end) < AT_ONCE
        assert refused(client, "messages____messages_state.mark_read", {"up_to_id": "1"})


def test_a_new_password_of_a_doctor_stops_the_desk(living: Living) -> None:
    doctor = living.employ("换密码")
    living.clinic_now(doctor)
    desk = staff_session(living, "doctor", doctor.staff_no, Role.DOCTOR)
    body = {"staff_no": doctor.staff_no, "password": PASSWORD, "new_password": "twelve quiet herons"}
    with ReflexClient(living.url, cookie=desk.cookie) as client:
        client.send(f"{STATE}desk____desk_state.load", path="/desk")
        client.settle()
        elsewhere = lambda: client_of(living).post("/api/v1/staff/sessions", json=body).raise_for_status()  # noqa: E731
        assert seconds_until_refused(client, elsewhere) < AT_ONCE
        assert refused(client, "desk____desk_state.next_patient")


def end_all_but(caller: Caller) -> None:
    """By the same account's other device, which here has the same token: over REST, not over the socket."""
    assert caller.http.delete("/api/v1/sessions").status_code == 204
