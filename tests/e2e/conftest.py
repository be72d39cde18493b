"""A whole hospital on MariaDB and Redis, and Chromium in front of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support import database, servers
from tests.support.programs import find_program
from tests.support.running import RunningHouse, start_house

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
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def running_house(worker: str) -> Iterator[RunningHouse]:
    """Seeded once for all end-to-end tests; each brings its own accounts."""
    server = servers.shared_mariadb()
    server.execute(f"CREATE DATABASE house_{worker}")
    url = server.database_url(f"house_{worker}")
    database.migrate(url)
    house = start_house(
        servers.session_directory() / f"house-{worker}",
        HOSPITAL_DATABASE_URL=url,
        HOSPITAL_REDIS_URL=servers.shared_redis(f"house-{worker}").redis_url,
    )
    yield house
    house.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, running_house: RunningHouse) -> Iterator[BrowserContext]:
    """A browser of its own: no cookies yet, a phone's screen, addresses relative to the hospital."""
    context = chromium.new_context(base_url=running_house.url, viewport=PHONE, locale="zh-CN")
    yield context
    context.close()


@pytest.fixture
def page(visit: BrowserContext) -> Page:
    return visit.new_page()
