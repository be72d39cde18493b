"""排队入场: a crowd comes before somebody with a phone, who waits on a light page and then is where they wanted to be."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import expect

from hospital_app.domain.policy import Rules
from tests.support.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LIGHT_BYTES = 20_000
#: How long those before us keep the lobby busy.
SECONDS = 6


def test_the_page_holds_the_crowd_and_goes_on_by_itself(patient: Visitor) -> None:
    doctor = patient.living.employ("盼归来")
    patient.living.morning(doctor)
    rules, page = Rules(), patient.page
    crowd_comes(patient.living.url, rules.lobby_per_second * (rules.lobby_burst_seconds + SECONDS))
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
    assert page.evaluate("performance.getEntriesByType('resource').filter(e => /_event|\\.wasm|jsx/.test(e.name))") == []
    page.reload()  # keeps the place
    expect(ahead).not_to_have_text("…")
    assert int(ahead.inner_text()) <= first
    expect(page).to_have_url(f"{patient.living.url}/doctor/{doctor.id}", timeout=60_000)
    patient.sees("盼归来")
    assert patient.faults == []


def crowd_comes(url: str, people: int) -> None:
    """Each from a browser of its own."""

    def stand(_: int) -> int:
        return httpx.post(f"{url}/api/v1/lobby", trust_env=False, timeout=30).status_code

    with ThreadPoolExecutor(32) as threads:
        assert set(threads.map(stand, range(people))) == {200}
