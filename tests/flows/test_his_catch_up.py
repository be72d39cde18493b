"""An hour without the HIS: afterwards it is caught up by itself within minutes, and both sides are equal."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import col

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import booking, his_comparison, outbox
from hospital_app.flows.unit import perform
from hospital_app.models.operation import OutboxRow
from hospital_app.services.outbox import hand_out
from tests.flows.test_his import away
from tests.support.builders import people
from tests.support.house import House
from tests.support.outside import Door, Outside, Sandbox
from tests.support.processes import running
from tests.support.town import Town
from workers.jobs import KINDS

WORKERS = 2
LONGEST = timedelta(minutes=5)


@pytest.fixture(scope="module")
def own_world(world: Outside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    fresh = Sandbox("his", tmp_path_factory.mktemp("his"))
    with running(fresh):
        yield replace(world, his=fresh)


@pytest.fixture
def town(mariadb_engine: Engine, redis_url: str, own_world: Outside, door: Door) -> Town:
    return Town(House(mariadb_engine, redis_url, **own_world.settings(door=door.url)), own_world)


def owed(town: Town) -> int:
    with town.house.sessions() as session:
        query = select(func.count()).where(col(OutboxRow.kind) == "his.sync", col(OutboxRow.done_at).is_(None))
        return session.scalar(query) or 0


def an_hour_of_changes(town: Town, *, orders: int) -> None:
    """Each order is held and let go, or held and left to end; the workers try in vain all the time."""
    clinic = town.clinic(numbers=orders)
    pairs = people(town.house.sessions, orders)
    for place, pair in enumerate(pairs):
        order = town.held(clinic, pair)
        if place % 2:
            booking.cancel(order.actor, no=order.no)
        town.house.later(seconds=3600 / orders)
        if place % (orders // 4) == 0:
            town.house.work_off(rounds=2)
    town.house.later(minutes=15)
    while booking.sweep():
        pass
    town.house.work_off(rounds=2)


def caught_up(town: Town) -> float:
    """Seconds until nothing is owed, with the clock running and as many workers as a house has by default."""
    began, base = monotonic(), town.house.now
    with ThreadPoolExecutor(WORKERS) as workers:
        while owed(town):
            town.house.at(base + timedelta(seconds=monotonic() - began))
            rows = perform(SYSTEM, hand_out, limit=500, again_after_seconds=30)
            list(workers.map(lambda row: outbox.work_off(row[0], KINDS), rows))
            assert monotonic() - began < LONGEST.total_seconds() * 2
    return monotonic() - began


@pytest.mark.parametrize("orders", [60, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_an_hour_without_the_his_is_caught_up(town: Town, orders: int, record_property) -> None:  # type: ignore[no-untyped-def]
    with away(town.world.his):
        an_hour_of_changes(town, orders=orders)
        changes = owed(town)
        assert changes == orders * 2
    seconds = caught_up(town)
    record_property("caught_up", f"{changes} changes in {seconds:.1f} s")
    print(f"{changes} changes caught up in {seconds:.1f} s, {changes / seconds:.0f} a second")
    assert timedelta(seconds=seconds) <= LONGEST
    assert town.unlike_the_his() == []
    assert his_comparison.run(days=1).differences == 0
