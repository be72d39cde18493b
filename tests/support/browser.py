"""People with browsers: what a patient and a member of staff do to get in."""

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, Response, expect

from tests.support.living import HALF_HOUR, Living
from tests.support.people import PASSWORD, resident_id
from tests.support.totp import next_code
from tests.support.waiting import wait_until

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "has_touch": False, "is_mobile": False}
#: Generous: the machine that runs the tests is busy with them.
PATIENCE_MS = 30_000
_people = count(1)


def new_document() -> str:
    """The resident ID of a grown-up whom no test has met yet."""
    born, order = divmod(next(_people), 1000)
    return resident_id(born=f"{1950 + born}0301", order=f"{order:03d}")


@dataclass(frozen=True)
class Visitor:
    """One person's browser: cookies and storage of its own. Addresses are relative to the hospital."""

    living: Living
    context: BrowserContext
    page: Page
    faults: list[str]

    def close(self) -> None:
        self.context.close()

    def go(self, path: str) -> Response | None:
        """Open an address and wait until the page is drawn by the server's data."""
        answer = self.page.goto(path)
        self.settled()
        return answer

    def settled(self) -> None:
        """No bones are shown any more: what stands there is from the database."""
        expect(self.page.locator(".bones")).to_have_count(0)

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    def press(self, name: str, *, exact: bool = False) -> None:
        self.page.get_by_role("button", name=name, exact=exact).click()

    def follow(self, name: str, *, exact: bool = False) -> None:
        self.page.get_by_role("link", name=name, exact=exact).first.click()

    def sign_in(self, *, phone: str = "", agreeing: bool = True) -> str:
        """With the code of a text message, over the same address as the form; the phone.

        `phone`: one that has had a code before. `agreeing`: to the handling of health data, which is otherwise asked
        for at the first booking.
        """
        number = phone or self.living.new_phone()
        before = self.living.text_message(number)["text"] if phone else ""
        assert self.ask("POST", "/api/v1/sms-codes", {"phone": number}).status == 202
        code = self.living.text_message(number, but=before)["code"]
        answer = self.ask("POST", "/api/v1/sessions", {"phone": number, "code": code})
        assert answer.status == 201, answer.text()
        if agreeing:
            self.api("POST", "/consents", kind="health-data")
        return number

    def come_from_wechat(self, person: str) -> None:
        """Somebody new whom WeChat vouches for, over HTTP: /bind waits for their phone."""
        ask = self.context.request
        start = ask.get("/api/v1/identity/wechat/start", max_redirects=0)
        page = start.headers["location"].partition("#")[0]
        back = ask.post(page, form={"person": person}, max_redirects=0).headers["location"]
        arrived = ask.get(back, max_redirects=0)
        assert arrived.headers["location"].startswith("/bind?next="), arrived.headers

    def sign_in_as_staff(self, staff_no: str, *, password: str = PASSWORD) -> None:
        """With the code of the authenticator app, if the house asks for one."""
        given = {"staff_no": staff_no, "password": password}
        answer = self.ask("POST", "/api/v1/staff/sessions", given)
        if answer.status == 403 and answer.json()["error"] == "second_factor_required":
            given["otp"] = next_code(staff_no)
            answer = self.ask("POST", "/api/v1/staff/sessions", given)
        assert answer.status == 201, answer.text()

    def add_person(self, name: str, *, relation: str = "self", complete: bool = True) -> int:
        """A family member, with or without the ID document; the patient's id."""
        document = {"document_number": new_document()} if complete else {}
        return int(self.api("POST", "/patients", name=name, relation=relation, **document)["id"])

    def hold(self, schedule_id: int, *, patient_id: int, period: int = 0) -> str:
        """A number of this half hour of the clinic, held over the API; its no."""
        starts_at = self.living.starts_at(schedule_id) + period * HALF_HOUR
        answer = self.ask(
            "POST",
            "/api/v1/appointments",
            {"schedule_id": schedule_id, "starts_at": starts_at.isoformat(), "patient_id": patient_id},
            idempotency_key=uuid4().hex,
        )
        assert answer.status == 201, answer.text()
        return str(answer.json()["no"])

    def pay(self, no: str, *, outcome: str = "success") -> str:
        """At the sandbox's cashier, over HTTP; the payment's no, once the callback has done its work."""
        payment_no = str(self.api("POST", f"/appointments/{no}/payments", cash="wechat")["payment_no"])
        chosen = self.ask("POST", f"/sandbox/cashier/{payment_no}", {"outcome": outcome})
        assert chosen.status == 202, chosen.text()
        wait_until(lambda: self.living.appointment(no).status == "booked", seconds=30, what=f"{no} booked")
        return payment_no

    def booked(self, schedule_id: int, *, name: str = "钱多多", period: int = 0) -> str:
        """Signed in, with one complete person, and a paid number of the clinic; its no."""
        self.sign_in()
        no = self.hold(schedule_id, patient_id=self.add_person(name), period=period)
        self.pay(no)
        return no

    def slip(self, no: str) -> dict[str, Any]:
        """The slip, once a worker has made its QR."""

        def ready() -> dict[str, Any] | None:
            slip: dict[str, Any] = self.api("GET", f"/appointments/{no}/slip")
            return slip if slip["ready"] else None

        return wait_until(ready, seconds=30, what=f"the slip of {no}")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> APIResponse:
        """Any call with this person's cookies, from the hospital's own page."""
        named = {"Origin": self.living.url, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.context.request.fetch(path, method=method, data=body, headers=named)

    def api(self, method: str, path: str, **body: Any) -> Any:
        """A call with this person's cookie; the parsed answer."""
        answer = self.ask(method, f"/api/v1{path}", body or None)
        assert answer.ok, f"{answer.status} {answer.text()}"
        return answer.json() if answer.text() else None


def visitor(browser: Browser, living: Living, **settings: Any) -> Visitor:
    """A new browser profile that keeps every fault its pages report."""
    context = browser.new_context(base_url=living.url, locale="zh-CN", timezone_id="Asia/Shanghai", **settings)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    return Visitor(living, context, page, faults)


expect.set_options(timeout=PATIENCE_MS)
