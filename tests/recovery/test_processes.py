"""The house's own processes, for real: what they do by themselves, and what remains of it when one of them is gone."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, func, select, update
from sqlmodel import col

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.flows import booking, outbox
from hospital_app.models.booking import Appointment, Slip, Slot
from hospital_app.models.operation import AuditEntry, OutboxRow
from tests.support.crew import RqWorker, relay, schedule
from tests.support.house import LiveHouse
from tests.support.outside import Door, Outside
from tests.support.processes import running
from tests.support.town import Order, Town
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)

QUICK = {
    "outbox_again_seconds": 2,
    "outbox_claim_seconds": 3,
    "outbox_retry_max_seconds": 2,
    "outbox_silence_seconds": 3.0,
}
NO_REDIS = "redis://127.0.0.1:1/0"

Build = Callable[..., Town]


@pytest.fixture
def live_town(mariadb_engine: Engine, redis_url: str, world: Outside, door: Door) -> Iterator[Build]:
    """A town in real time, since its workers are other processes."""
    built: list[Town] = []

    def build(**settings: Any) -> Town:
        given = {"database_url": mariadb_engine.url.render_as_string(hide_password=False), **QUICK}
        house = LiveHouse(
            mariadb_engine, settings.pop("redis_url", redis_url), **world.settings(door=door.url), **given, **settings
        )
        built.append(Town(house, world))
        return built[-1]

    yield build
    for town in built:
        town.house.container.event_log.close()


def ends_in(town: Town, order: Order, seconds: float) -> None:
    """Move the end of a hold; whole seconds, at least so many from now."""
    held_until = clock.now() + timedelta(seconds=seconds)
    with town.house.sessions.begin() as session:
        row = session.scalars(select(Appointment).where(col(Appointment.no) == order.no)).one()
        row.held_until = held_until
        session.execute(update(Slot).where(col(Slot.id) == row.slot_id).values(held_until=held_until))
        session.execute(
            update(OutboxRow)
            .where(col(OutboxRow.kind) == "hold.expire", col(OutboxRow.payload).contains(order.no))
            .values(run_at=held_until)
        )


def the_end_of(town: Town, order: Order) -> tuple[float, int]:
    """Seconds from the deadline until the hold was really given back, and how many times that was written down."""

    def row() -> Appointment | None:
        with town.house.sessions() as session:
            query = select(Appointment).where(col(Appointment.no) == order.no, col(Appointment.status) == "cancelled")
            return session.scalar(query)

    ended = wait_until(row, seconds=30, what="the end of the hold")
    assert ended.cancelled_at is not None and ended.held_until is not None
    with town.house.sessions() as session:
        query = select(func.count()).where(
            col(AuditEntry.action) == "expired", col(AuditEntry.subject) == f"appointment:{order.no}"
        )
        return (ended.cancelled_at - ended.held_until).total_seconds(), session.scalar(query) or 0


def test_everything_happens_by_itself(live_town: Build, tmp_path: Path) -> None:
    """Relay, worker and schedule as `make run` starts them: slip, HIS, refund, and the end of a hold."""
    town = live_town()
    settings = town.house.container.settings
    crew = (RqWorker(tmp_path, settings), relay(tmp_path, settings), schedule(tmp_path, settings))
    with running(*crew):
        order, gone = town.booked(), town.held(town.clinic())
        ends_in(town, gone, 1)
        wait_until(lambda: booking.slip(order.actor, no=order.no).png, what="the slip")
        late, times = the_end_of(town, gone)
        assert (late <= 5, times) == (True, 1)
        booking.cancel(order.actor, no=order.no)
        wait_until(lambda: [refund.status for refund in town.refunds(order)] == ["done"], what="the refund")
        wait_until(lambda: not town.owed("his.sync", "slip.make", "refund.execute"), what="an empty outbox")
    assert town.told(order) == ["booked", "cancelled", "refunded"]
    assert town.house.broken() == []


def test_holds_end_in_time_without_redis(live_town: Build, tmp_path: Path) -> None:
    """The sweep alone, with nothing to carry jobs."""
    town = live_town(redis_url=NO_REDIS)
    clinic = town.clinic(numbers=2)
    before, order = town.held(clinic), town.held(clinic)
    with running(schedule(tmp_path, town.house.container.settings)):
        ends_in(town, before, 0)
        the_end_of(town, before)  # it has started: how long that takes is not the sweep's doing
        ends_in(town, order, 1)
        late, times = the_end_of(town, order)
    assert (late <= 5, times) == (True, 1)
    assert town.house.broken() == []


def test_a_queue_that_lost_everything_is_filled_again(live_town: Build, tmp_path: Path) -> None:
    town = live_town()
    order = town.booked()
    assert outbox.relay() > 0
    with redis.Redis.from_url(town.house.container.settings.redis_url) as client:
        assert client.llen("rq:queue:outbox") > 0
        client.flushall()
    assert outbox.relay() == 0, "the rows are believed to be queued"
    with running(RqWorker(tmp_path, town.house.container.settings)):
        wait_until(lambda: (outbox.relay(), booking.slip(order.actor, no=order.no).png)[1], seconds=30, what="the slip")
    with town.house.sessions() as session:
        assert session.scalar(select(func.count(col(Slip.appointment_id)))) == 1


def test_a_worker_killed_in_the_middle_of_a_refund_leaves_one_effect(live_town: Build, tmp_path: Path) -> None:
    """It hangs at the channel when it dies; another one takes over when its claim is over."""
    town = live_town()
    order = town.held(town.clinic())
    number = town.paid(order)
    settings = town.house.container.settings
    dying, heir = RqWorker(tmp_path, settings, "dying"), RqWorker(tmp_path, settings, "heir")
    with running(dying):
        wait_until(lambda: (outbox.relay(), not town.owed("his.sync", "slip.make"))[1], seconds=30, what="quiet")
        town.world.wechat.pause()
        try:
            booking.cancel(order.actor, no=order.no)
            wait_until(
                lambda: (outbox.relay(), town.owed("refund.execute")[0].claimed_until)[1], what="the worker's claim"
            )
            dying.kill()
        finally:
            town.world.wechat.resume()
    with running(heir):
        wait_until(
            lambda: (outbox.relay(), [refund.status for refund in town.refunds(order)])[1] == ["done"],
            seconds=40,
            what="the refund",
        )
        wait_until(lambda: (outbox.relay(), not town.owed("refund.execute", "his.sync"))[1], seconds=30, what="quiet")
    assert [row["state"] for row in town.world.refunds(number)] == ["SUCCESS"]
    assert town.told(order) == ["booked", "cancelled", "refunded"]
    assert town.house.broken() == []


def test_codes_and_slips_have_a_worker_that_never_waits_for_a_bank(live_town: Build, tmp_path: Path) -> None:
    """The other one does all there is to do, and money first."""
    town = live_town()
    settings = town.house.container.settings
    order, back = town.booked(), town.booked()
    booking.cancel(back.actor, no=back.no)
    with running(RqWorker(tmp_path, settings, "quick", kind="quick"), relay(tmp_path, settings)):
        wait_until(lambda: booking.slip(order.actor, no=order.no).png, seconds=30, what="the slip")
        wait_until(lambda: not town.owed("his.sync", "slip.make"), seconds=30, what="all that is no money")
        assert [row.claimed_until for row in town.owed("refund.execute")] == [None]
        with running(RqWorker(tmp_path, settings)):
            wait_until(lambda: [each.status for each in town.refunds(back)] == ["done"], seconds=30, what="the refund")
    assert town.house.broken() == []


def test_a_his_that_hangs_does_not_keep_patients_from_their_slips(live_town: Build, tmp_path: Path) -> None:
    """It takes connections and never answers: one worker must not spend its day waiting for it."""
    town = live_town()
    clinic = town.clinic(numbers=6)
    settings = town.house.container.settings
    town.world.his.pause()
    try:
        orders = [town.booked(clinic) for _ in range(6)]
        with running(RqWorker(tmp_path, settings), relay(tmp_path, settings)):
            began = time.monotonic()  # what it takes to start them is not the HIS's doing
            for order in orders:
                wait_until(lambda: booking.slip(order.actor, no=order.no).png, seconds=60, what="the slip")  # noqa: B023
            took = time.monotonic() - began
            assert town.owed("his.sync") != []
            town.world.his.resume()
            wait_until(lambda: not town.owed("his.sync"), seconds=60, what="the HIS having caught up")
    finally:
        town.world.his.resume()
    assert took < 15, f"the last slip took {took:.0f} s"
    assert town.house.broken() == []


def test_without_an_event_log_the_house_is_as_quick_as_ever(live_town: Build) -> None:
    """Nobody listens on port 1: what should be logged is dropped in the end, and nobody waits for it."""
    towns = [live_town(), live_town(event_log_url="mongodb://127.0.0.1:1")]
    clinic = towns[0].clinic(numbers=80)
    spans: list[list[float]] = [[], []]
    for _ in range(30):
        for which, town in enumerate(towns):
            containers.use(town.house.container)
            began = time.perf_counter()
            town.held(clinic)
            spans[which].append(time.perf_counter() - began)
    with_log, without = median(spans[1]), median(spans[0])
    assert with_log < 2 * without, f"{with_log * 1000:.1f} ms instead of {without * 1000:.1f} ms"
    assert towns[0].house.broken() == []
