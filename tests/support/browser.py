"""People with browsers: what a patient and a member of staff do to get in."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.support.living import Living, OnDuty

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

    def sign_in(self, *, phone: str = "") -> str:
        """With the code of a text message, over the same address as the form; the phone."""
        number = phone or self.living.new_phone()
        ask = self.context.request
        assert ask.post("/api/v1/sms-codes", data={"phone": number}).status == 202
        code = self.living.text_message(number)["code"]
        assert ask.post("/api/v1/sessions", data={"phone": number, "code": code}).status == 201
        return number

    def sign_in_as_staff(self, doctor: OnDuty) -> None:
        answer = self.context.request.post(
            "/api/v1/staff/sessions", data={"staff_no": doctor.staff_no, "password": doctor.password}
        )
        assert answer.status == 201, answer.text()

    def api(self, method: str, path: str, **body: Any) -> Any:
        """A call with this person's cookie; the parsed answer."""
        answer = self.context.request.fetch(f"/api/v1{path}", method=method, data=body or None)
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
