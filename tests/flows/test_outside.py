"""A vendor that hangs keeps those waiting who want something of it, and nobody else."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Event, Semaphore
from typing import Any

import pytest

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.settlement import BureauQuote, InsuredVisit
from hospital_app.flows import outside, payment
from hospital_app.ports import Unreachable
from tests.flows.test_insured import insured, opened
from tests.support.bureau import Bureau
from tests.support.house import House
from tests.support.town import Town

PLACES = 2


class Hanging:
    """The bureau behind a line on which nothing comes back before `back`."""

    def __init__(self, bureau: Any) -> None:
        self._bureau = bureau
        self.asked, self.back = Semaphore(0), Event()

    def __getattr__(self, call: str) -> Any:
        return getattr(self._bureau, call)

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        self.asked.release()
        assert self.back.wait(60)
        quote: BureauQuote = self._bureau.quote(visit)
        return quote


def test_a_bureau_that_hangs_keeps_few_waiting_and_no_other_payer(insured_town: Town, bureau: Bureau) -> None:
    town = insured_town
    house = town.house.container
    hanging = Hanging(house.bureau)
    settings = house.settings.model_copy(update={"web_threads_outside": PLACES})
    containers.use(replace(house, settings=settings, bureau=hanging))
    orders = [insured(town, bureau) for _ in range(PLACES + 2)]
    with ThreadPoolExecutor(PLACES) as pages:
        waiting: list[Future[payment.PaymentView]] = [pages.submit(opened, town, order) for order in orders[:PLACES]]
        try:
            for _ in waiting:
                assert hanging.asked.acquire(timeout=30)
            with pytest.raises(Refusal, match="医保局暂时没有回应"):
                opened(town, orders[PLACES])
            cash = payment.start(orders[PLACES].actor, no=orders[PLACES].no, channel="wechat")
            assert cash.opened and cash.cash_fen == cash.amount_fen
        finally:
            hanging.back.set()
        assert all(page.result(30).fund_fen for page in waiting)
    assert opened(town, orders[-1]).fund_fen, "its places are free again"
    assert town.house.broken() == []


def test_each_vendor_has_places_of_its_own_and_a_fault_gives_them_back(sqlite_house: House) -> None:
    house = sqlite_house.container
    containers.use(replace(house, settings=house.settings.model_copy(update={"web_threads_outside": 1})))
    for _ in range(3):
        with suppress(Unreachable), outside.place_at("wechat"):
            raise Unreachable("down")
    with outside.place_at("wechat"):
        with outside.place_at("alipay"):
            pass
        with pytest.raises(Unreachable, match="1 wait for wechat already"), outside.place_at("wechat"):
            pass
