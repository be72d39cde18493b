"""闸门 in a rush on MariaDB and a Redis that is lost in every way: nothing oversold, nothing lost, and it heals."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import redis
from sqlalchemy import Engine, func, select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking, gate
from hospital_app.models.booking import Appointment
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import codes, granted, race
from tests.support.servers import Server, restart, start_redis
from tests.support.statements import statements
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)

NUMBERS = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A Redis of its own, to lose."""
    server = start_redis(tmp_path)
    yield server
    server.stop()


@contextmanager
def rounds() -> Iterator[None]:
    """What the scheduler does for the gate."""
    over = Event()

    def go_round() -> None:
        while not over.wait(0.1):
            gate.settle_doubts()
            gate.reconcile()

    going = Thread(target=go_round)
    going.start()
    try:
        yield
    finally:
        over.set()
        going.join()


def wish(schedule_id: int, pair: tuple[int, int], key: str = "k") -> HoldRequest:
    return HoldRequest(*pair, schedule_id, first_period(), key=key)


def hold(request: HoldRequest) -> str:
    return booking.hold_one(patient_actor(request.account_id), request)


def sold(house: House) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count()).where(col(Appointment.status) != Status.CANCELLED)) or 0


def flush(server: Server) -> None:
    with redis.Redis.from_url(server.redis_url) as client:
        client.flushall()


def put_nonsense(server: Server) -> None:
    """A gate that says "sold out" of everything, and one that nobody can read."""
    with redis.Redis.from_url(server.redis_url) as client:
        for key in client.keys("guahao:gate:*"):
            name = key.decode()
            if name.count(":") == 3 and name.rsplit(":", 1)[1].isdigit():
                client.delete(key)
        client.set("guahao:gate:hot", "not a sorted set")


def come_back(server: Server) -> None:
    server.kill()
    restart(server)


def stay_away(server: Server) -> None:
    server.kill()


@pytest.mark.parametrize("lose", [flush, put_nonsense, come_back, stay_away])
def test_whatever_becomes_of_redis_all_is_sold_once(
    mariadb_engine: Engine, server: Server, lose: Callable[[Server], None]
) -> None:
    house = House(mariadb_engine, server.redis_url)
    schedule_id = a_schedule(house.sessions, per_period=NUMBERS, period_count=1)
    assert gate.rebuild([schedule_id]) == 1
    crowd = people(house.sessions, 160)
    first, second = [wish(schedule_id, pair) for pair in crowd[:80]], crowd[80:]
    with rounds():
        losing = Thread(target=lambda: (time.sleep(0.03), lose(server)))
        losing.start()
        answers = race(first, lambda request: (request, hold(request)), threads=24)
        losing.join()
        assert codes(answers) <= {"slot_taken"}

        def sold_out() -> bool:
            """Whoever was refused by a gate that was wrong gets a number a moment later."""
            late = race([wish(schedule_id, pair, "late") for pair in second], hold, threads=8)
            assert codes(late) <= {"slot_taken", "duplicate_booking"}
            return sold(house) == NUMBERS

        wait_until(sold_out, seconds=30, what="everything to be sold")
    numbers = dict(granted(answers))
    assert len(set(numbers.values())) == len(numbers)
    assert {request: hold(request) for request in numbers} == numbers, "the same keys, sold out or not"
    assert house.broken() == []


def test_who_comes_too_late_never_reaches_the_database(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=2, period_count=1)
    crowd = people(house.sessions, 60)
    assert gate.rebuild([schedule_id]) == 1
    numbers = [hold(wish(schedule_id, pair)) for pair in crowd[:2]]
    assert gate.reconcile() == 1
    with statements(house.engine) as seen:
        answers = race([wish(schedule_id, pair) for pair in crowd[2:]], hold, threads=16)
    assert codes(answers) == {"slot_taken"} and not granted(answers)
    assert seen == []
    assert [hold(wish(schedule_id, pair)) for pair in crowd[:2]] == numbers, "the same keys"


def test_a_number_that_was_given_back_is_for_the_next_at_once(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=1, period_count=1)
    one, other = people(house.sessions, 2)
    gate.rebuild([schedule_id])
    no = hold(wish(schedule_id, one))
    with pytest.raises(Refusal, match="约完"):
        hold(wish(schedule_id, other))
    booking.cancel(patient_actor(one[0]), no=no)
    assert hold(wish(schedule_id, other))
    assert house.broken() == []
