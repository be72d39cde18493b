"""Thousands of random events from everybody: no unhandled error, the house stands, and its books are right."""

import re

import pytest
import reflex as rx

import hospital_app.hospital_app
from hospital_app.domain.identity import Role
from tests.security.events import Hail
from tests.security.scene import Caller, client, patient, staff, staff_session
from tests.support.living import Living, living_hospital
from tests.support.raw_socket import RawSocket
from tests.support.reflex_client import handlers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

assert hospital_app.hospital_app.app  # every page, and so every handler, is registered by it
NUMBER = 20261125
#: What a line of a log looks like when something was not handled.
UNHANDLED = re.compile(r"Traceback|event handler failed|Task exception|never retrieved| ERROR | CRITICAL |Unhandled")
#: Ids that name nothing: what is hailed on here is other tests' house, too.
NOTHING = [0, -1, 2**31 - 1, 2**31, 987_654_321]


def everybody(living: Living) -> list[Caller]:
    doctor = living.employ("雹打医生")
    return [
        Caller("nobody", Role.ANONYMOUS, http=client(living)),
        patient(living, "patient"),
        staff_session(living, "doctor", doctor.staff_no, Role.DOCTOR),
        staff(living, "kiosk", Role.KIOSK),
        staff(living, "clerk", Role.CLERK),
        staff(living, "department admin", Role.DEPARTMENT_ADMIN, department_code="07"),
        staff(living, "hospital admin", Role.HOSPITAL_ADMIN),
    ]


def hail_on(living: Living, *, count: int, ids: list[int]) -> list[str]:
    """So many events, shared by everybody; the lines that were logged meanwhile."""
    before = len(living.house.log("web"))
    callers = everybody(living)
    known = handlers(rx.State)
    for place, caller in enumerate(callers):
        hail = Hail(NUMBER + place, known, ids)
        socket = RawSocket(living.url, cookie=caller.cookie)
        for serial in range(1, count // len(callers) + 2):
            how, what = hail.next()
            if how == "frame":
                socket.frame(what)
            else:
                socket.emit(*what)
            # Whoever is put out comes in again, or what follows would be lost.
            if how == "frame" or what[0] != "event" or serial % 50 == 0:
                socket.settle()
        socket.settle()
        socket.close()
    return living.house.log("web")[before:].splitlines()


def assert_unharmed(living: Living, logged: list[str]) -> None:
    assert [line for line in logged if UNHANDLED.search(line)] == []
    assert living.house.ready()
    socket = RawSocket(living.url)
    socket.settle()
    assert socket.alive
    socket.close()
    assert living.broken() == []


def test_a_client_cannot_play_the_server(living: Living) -> None:
    """Its own `connect` brings no address and no token of its choice, its `disconnect` loses nothing."""
    socket = RawSocket(living.url)
    spoofed = {"QUERY_STRING": "token=stolen", "asgi.scope": {"client": ["203.0.113.66", 1], "headers": []}}
    socket.emit("connect", spoofed)
    socket.emit("disconnect", "transport close")
    socket.emit("event", {"name": f"{rx.State.get_full_name()}.hydrate", "payload": {}, "router_data": {}})
    assert socket.settle()
    said = "".join(socket.heard)
    assert "client_ip" in said and "203.0.113.66" not in said and "stolen" not in said
    socket.close()


def test_a_page_of_yesterday_is_told_to_reload(living: Living) -> None:
    socket = RawSocket(living.url)
    socket.emit("event", {"name": "state.gone.handler", "payload": {}, "router_data": {}})
    assert socket.settle()
    assert "页面已更新" in "".join(socket.heard)
    socket.close()


def test_a_thousand_random_events_do_no_harm(living: Living) -> None:
    assert_unharmed(living, hail_on(living, count=1_000, ids=NOTHING))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_thousand_random_events_do_no_harm(worker: str) -> None:
    """In a house of their own: these name things that exist."""
    with living_hospital(f"hailed_{worker}") as alone:
        assert_unharmed(alone, hail_on(alone, count=24_000, ids=[*range(100), *NOTHING]))
