"""排队入场: a crowd comes first; somebody with a phone waits on a light page, and then is where they wanted to be."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from hospital_app.adapters.redis_lobby import RedisLobby
from hospital_app.domain.policy import Rules
from hospital_app.flows.lobby import pace_of
from hospital_app.launch.serve import let_many_connect
from tests.support.browser import Visitor
from tests.support.living import Living

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LIGHT_BYTES = 20_000
#: How long those before us keep the lobby busy.
SECONDS = 12


def test_the_page_holds_the_crowd_and_goes_on_by_itself(patient: Visitor) -> None:
    doctor = patient.living.employ("盼归来")
    patient.living.morning(doctor)
    rules, page = Rules(), patient.page
    line = RedisLobby(patient.living.environment["HOSPITAL_REDIS_URL"])
    for number in range(rules.lobby_per_second * (rules.lobby_burst_seconds + SECONDS)):
        line.enter(f"crowd-{number}", pace_of(rules))
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(f"/doctor/{doctor.id}")
    expect(page).to_have_url(f"{patient.living.url}/lobby?next=%2Fdoctor%2F{doctor.id}")
    expect(page.get_by_role("heading", name="正在排队进入预约")).to_be_visible()
    ahead = page.locator("#ahead")
    expect(ahead).not_to_have_text("…")
    first = int(ahead.inner_text())
    assert first > 0 and sum(sizes) < LIGHT_BYTES
    expect(page.locator("#wait")).to_contain_text("约")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)")
    assert set(loaded) <= {"/styles.css", "/lobby.css", "/lobby.js", "/icon.svg", "/api/v1/lobby/events"}
    page.reload()  # keeps the place
    expect(ahead).not_to_have_text("…")
    assert int(ahead.inner_text()) <= first
    expect(page).to_have_url(f"{patient.living.url}/doctor/{doctor.id}", timeout=60_000)
    patient.sees("盼归来")
    assert patient.faults == []


def test_a_crowd_that_only_waits_keeps_nobody_else_out(living: Living) -> None:
    """More open connections than the server below us allows by itself (1,024 for all its workers together)."""
    port = urlsplit(living.url).port
    let_many_connect()  # the test's own process holds as many
    with ExitStack() as crowd:
        for _ in range(1_100):
            waiting = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
        assert httpx.get(f"{living.url}/healthz", trust_env=False, timeout=20).is_success
