"""财务统计: whoever waits for a long sum can go on meanwhile."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from hospital_app.domain.identity import Role
from tests.support.browser import Visitor
from tests.support.living import Living

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@contextmanager
def nobody_reads(living: Living, table: str) -> Iterator[None]:
    with living.engine.connect() as connection:
        connection.execute(text(f"LOCK TABLES {table} WRITE"))
        try:
            yield
        finally:
            connection.execute(text("UNLOCK TABLES"))


def test_a_sum_that_takes_long_keeps_nobody_from_another_page(desk_of: Callable[[], Visitor]) -> None:
    finance = desk_of()
    finance.living.hire("F9601", Role.HOSPITAL_ADMIN)
    finance.sign_in_as_staff("F9601")
    finance.go("/admin/finance")
    period, since = finance.page.locator("#by"), finance.page.locator("#since")
    with nobody_reads(finance.living, "ledger_total"):
        period.select_option("month")
        finance.follow("收费班次")
        finance.sees("当日班次")
        finance.follow("财务统计")
        expect(finance.page.locator(".bones").first).to_be_visible()  # begun anew, it waits for a sum of its own
    finance.settled()
    period.select_option("month")
    expect(since).to_have_value(re.compile("-01$"))
    assert finance.faults == []
