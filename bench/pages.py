"""What a first visit downloads, as it comes over the wire (gzip), in a browser with an empty cache."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import sync_playwright

from tests.support.browser import CHROMIUM, PHONE

CHROMIUM_PATH = "/usr/bin/chromium"


@dataclass(frozen=True)
class Visit:
    path: str
    requests: int
    kib: float


def first_visits(url: str, paths: list[str]) -> list[Visit]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM)
        try:
            return [_visit(browser, url, path) for path in paths]
        finally:
            browser.close()


def _visit(browser: Any, url: str, path: str) -> Visit:
    context = browser.new_context(**PHONE, service_workers="block")
    page = context.new_page()
    network = context.new_cdp_session(page)
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.send("Network.enable")
    answer = page.goto(url + path, wait_until="networkidle")
    if answer is None or not answer.ok:
        raise RuntimeError(f"{path} could not be visited")
    context.close()
    return Visit(path, len(sizes), sum(sizes) / 1024)
