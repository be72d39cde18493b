"""工作量证明 in the browser: asked of an account whose program behaved like a machine, found with nothing to press."""

import json
from base64 import b64decode
from hashlib import pbkdf2_hmac
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from hospital_app.domain.proof_of_work import ROUNDS
from tests.support.browser import Visitor
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SENTENCE = "正在确认不是机器抢号，请稍候"
#: As over plain http, where browsers hide it.
NO_SUBTLE = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });"


def behave_like_a_machine(visitor: Visitor, *, schedule_id: int, patient_id: int) -> None:
    """The same account from another device that has looked at nothing, before the release; until it is known."""
    wish = {
        "schedule_id": schedule_id,
        "starts_at": visitor.living.starts_at(schedule_id).isoformat(),
        "patient_id": patient_id,
    }

    def is_asked() -> bool:
        answer = visitor.ask(
            "POST",
            "/api/v1/appointments",
            wish,
            idempotency_key=uuid4().hex,
            X_Guahao_Device="a-program-without-any-screen",
            X_Forwarded_For="192.0.2.77",
        )
        return bool(answer.json()["error"] == "proof_needed")

    wait_until(is_asked, seconds=20, what="that the counters say so")


def test_the_page_proves_it_by_itself_and_books(patient: Visitor) -> None:
    page, living = patient.page, patient.living
    doctor = living.employ("严慎之")
    living.morning(doctor)
    later = living.morning(doctor, days=5)
    living.release(later, in_seconds=3600)
    patient.sign_in()
    someone = patient.add_person("耿直")
    behave_like_a_machine(patient, schedule_id=later, patient_id=someone)

    loaded: list[str] = []
    held: list[Route] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.route("**/api/v1/proofs", lambda route: held.append(route))
    patient.go(f"/doctor/{doctor.id}")
    page.get_by_role("table").get_by_role("button", name="明天 上午").click()
    page.locator("#periods").get_by_role("link", name="08:30").click()
    hold = page.get_by_role("button", name="预约此号，15 分钟内付款")
    expect(hold).to_be_enabled()
    assert not any("proof" in url for url in loaded), "only who is asked loads it"
    hold.focus()
    with page.expect_request("**/api/v1/proofs"):
        page.keyboard.press("Enter")

    told = page.get_by_role("status").filter(has_text=SENTENCE)
    expect(told).to_be_visible()
    expect(told).to_be_in_viewport()
    expect(page.get_by_role("progressbar", name="确认的进度")).to_be_visible()
    expect(hold).to_be_disabled()
    assert Axe().run(page).response["violations"] == []
    assert len(held) == 1, "one challenge is enough"
    held[0].continue_()
    page.wait_for_url("**/pay/GH*")
    assert living.appointment(page.url.rpartition("/")[2]).patient_id == someone
    assert patient.faults == []


@pytest.mark.parametrize("way", ["as browsers do", "over plain http", "without a worker"])
def test_every_browser_finds_it(patient: Visitor, way: str) -> None:
    page = patient.page
    if way != "as browsers do":
        page.route(
            "**/proof.js",
            lambda route: route.fulfill(body=NO_SUBTLE + route.fetch().text(), content_type="text/javascript"),
        )
    if way == "without a worker":
        page.add_init_script("delete window.Worker")
    patient.go("/departments")
    page.add_script_tag(url="/proof.js")
    found: dict[str, Any] = page.evaluate("""async () => {
        let tried = 0;
        return { proof: await guahaoProof.prove((part) => (tried = part)), tried, subtle: Boolean(crypto.subtle) };
    }""")
    assert found["subtle"] == (way == "as browsers do")
    proof = json.loads(b64decode(found["proof"]))
    asked, solution = proof["challenge"]["parameters"], proof["solution"]
    password = bytes.fromhex(asked["nonce"]) + solution["counter"].to_bytes(4, "big")
    key = pbkdf2_hmac("sha256", password, bytes.fromhex(asked["salt"]), ROUNDS, 32)
    assert key.hex() == solution["derivedKey"] and key.hex().startswith(asked["keyPrefix"])
    assert 0 <= found["tried"] <= 1
