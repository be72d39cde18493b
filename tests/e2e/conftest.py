"""A whole small hospital on MariaDB and Redis, and Chromium in front of it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import CHROMIUM, DESK, PHONE, Visitor, visitor
from tests.support.living import Living
from tests.support.programs import find_program
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """For one file only: Playwright keeps an event loop running in this thread, and other tests bring their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def phone_of(chromium: Browser, living: Living) -> Iterator[Callable[..., Visitor]]:
    """Opens another browser of its own with a phone's screen: no cookies yet."""
    opened: list[Visitor] = []

    def open_one(**settings: object) -> Visitor:
        opened.append(visitor(chromium, living, **{**PHONE, **settings}))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def patient(phone_of: Callable[..., Visitor]) -> Visitor:
    """Somebody with a phone, not signed in yet."""
    return phone_of()


@pytest.fixture
def desk_of(phone_of: Callable[..., Visitor]) -> Callable[[], Visitor]:
    """Opens another browser with a desk's screen."""
    return lambda: phone_of(**DESK)


@pytest.fixture(scope="module", autouse=True)
def books_balance(living: Living) -> Iterator[None]:
    """After every file of journeys: what was owed is done, and every invariant holds."""
    yield
    wait_until(lambda: living.owed() == 0, seconds=60, what="the end of the outbox")
    assert living.broken() == []
