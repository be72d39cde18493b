"""6302: the platform tells us of each order that is through, and what goes wrong with that changes no money."""

import json
import time
from collections.abc import Iterator

import pytest

from hospital_app.adapters.insurance_mobile import MobileBureau
from tests.adapters.test_insurance_bureau import PATIENT, a_visit
from tests.adapters.test_insurance_mobile import ordered
from tests.adapters.world import Ear
from tests.support.bureau import Bureau
from tests.support.processes import running
from tests.support.waiting import wait_until

CALM = {"never": 0, "twice": 0, "late": 0, "shuffled": 0, "late_seconds": 1, "seed": 7}


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    """The hospital's address: one for all, since the platform has it on record."""
    listening = Ear()
    listening.open()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, ear: Ear) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("notices"), HOSPITAL_SANDBOX_INSURANCE_NOTIFY_URL=ear.url)
    with running(world):
        yield world


@pytest.fixture
def mobile(world: Bureau) -> MobileBureau:
    mobile = world.mobile()
    mobile.quote(a_visit())
    world.provide(PATIENT, balance_fen=1000_00)
    return mobile


def heard(ear: Ear, mobile: MobileBureau, count: int) -> list[str]:
    """The numbers of the first so many, each of which is the platform's own."""
    wait_until(lambda: len(ear.heard) >= count, seconds=20, what=f"{count} callbacks")
    return [mobile.read_callback(body).number for _, body in ear.heard]


def paid(world: Bureau, mobile: MobileBureau, count: int) -> list[str]:
    orders = [ordered(world, mobile) for _ in range(count)]
    for order in orders:
        mobile.settle(order)
        assert mobile.settle(order).settlement_id, "asked again it is through, and nobody is told again"
    return [order.no for order in orders]


def test_each_is_told_once_and_again_until_it_is_acknowledged(world: Bureau, mobile: MobileBureau, ear: Ear) -> None:
    ear.heard.clear()
    ear.answers[:] = [500, 400]
    (number,) = paid(world, mobile, 1)
    assert heard(ear, mobile, 3) == [number] * 3
    first, second, *_ = (json.loads(body) for _, body in ear.heard)
    assert first["encData"] and set(first) == set(second)
    wait_until(lambda: states(world) == {number: {"delivered"}}, what="the acknowledgement")


def test_late_twice_in_any_order_or_never(world: Bureau, mobile: MobileBureau, ear: Ear) -> None:
    seen: dict[str, list[str]] = {}
    for trouble, count in (("never", 0), ("twice", 8), ("late", 4), ("shuffled", 4)):
        ear.heard.clear()
        assert world.post("/sandbox/insurance", json={**CALM, trouble: 100}).status_code == 200
        began, numbers = time.time(), paid(world, mobile, 4)
        assert trouble != "late" or min(due(world, numbers)) >= began + CALM["late_seconds"]
        seen[trouble] = heard(ear, mobile, count)
        assert set(seen[trouble]) == (set(numbers) if count else set())
        if trouble == "shuffled":
            assert seen[trouble] != numbers
    assert len(seen["twice"]) == 8
    assert world.post("/sandbox/insurance", json={"never": 101}).status_code == 422
    assert "不发（%）" in world.get("/sandbox/insurance").text


def due(world: Bureau, numbers: list[str]) -> list[float]:
    """When the callbacks of these orders of ours were to be sent."""
    rows = world.books("SELECT med_org_ord, due_at FROM notices JOIN mobile_orders ON pay_order_id = number")
    return [row["due_at"] for row in rows if row["med_org_ord"] in numbers]


def states(world: Bureau) -> dict[str, set[str]]:
    """Our number → how its callbacks stand."""
    rows = world.books("SELECT med_org_ord, notices.state FROM notices JOIN mobile_orders ON pay_order_id = number")
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["med_org_ord"], set()).add(row["state"])
    return found
