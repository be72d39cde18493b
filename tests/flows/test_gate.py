"""闸门 on a real Redis and MariaDB: what it refuses, what it lets pass, and that losing it loses nothing."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import update
from sqlmodel import col

from hospital_app.adapters.redis_gate import FRESH_MILLISECONDS, LEAVE_ALONE_SECONDS
from hospital_app.domain.gate import GateAnswer, Granted, Outcome, Passed, Refused, Unknown, Wish
from hospital_app.flows import gate
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.changing import WaitlistEntry
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House
from tests.support.servers import Server, restart, start_redis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A Redis of its own, to lose."""
    server = start_redis(tmp_path)
    yield server
    server.stop()


def wishes(house: House, schedule_id: int, count: int, *, key: str = "k") -> list[Wish]:
    return [
        Wish(account_id, patient_id, schedule_id, first_period(), key)
        for account_id, patient_id in people(house.sessions, count)
    ]


def a_clinic(house: House, numbers: int) -> int:
    """Known to the gate, with so many numbers in its only half hour."""
    schedule_id = a_schedule(house.sessions, per_period=numbers, period_count=1)
    assert gate.rebuild([schedule_id]) == 1
    return schedule_id


def ask(house: House, *wanted: Wish) -> list[GateAnswer]:
    return list(house.container.gate.reserve(wanted))


def said(answers: list[GateAnswer]) -> list[str]:
    return [answer.refusal.code if isinstance(answer, Refused) else type(answer).__name__ for answer in answers]


def granted(house: House, wish: Wish, answer: GateAnswer) -> Outcome:
    assert isinstance(answer, Passed) and answer.slot_id is not None
    return Outcome(wish, answer, Granted(answer.slot_id, house.now + timedelta(minutes=15)))


def test_each_gets_a_number_of_their_own_and_then_it_is_sold_out(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 3)
    answers = ask(house, *wishes(house, schedule_id, 5))
    numbers = [answer.slot_id for answer in answers if isinstance(answer, Passed)]
    assert numbers == sorted(set(numbers)) and len(numbers) == 3
    assert said(answers)[3:] == ["slot_taken", "slot_taken"]


def test_what_was_set_aside_for_nothing_is_free_again(sqlite_house: House) -> None:
    house = sqlite_house
    first, second = wishes(house, a_clinic(house, 1), 2)
    answer = ask(house, first)[0]
    assert isinstance(answer, Passed)
    house.container.gate.report([Outcome(first, answer, None, code="patient_incomplete")])
    assert ask(house, second) == [answer]
    house.later(seconds=11)  # nobody reported
    assert ask(house, first) == [answer]


def test_a_hold_that_ends_is_counted_by_the_gate_itself(sqlite_house: House) -> None:
    house = sqlite_house
    first, second = wishes(house, a_clinic(house, 1), 2)
    answer = ask(house, first)[0]
    house.container.gate.report([granted(house, first, answer)])
    house.later(minutes=14, seconds=59)
    assert said(ask(house, second)) == ["slot_taken"]
    house.later(seconds=1)
    assert ask(house, second) == [answer]


def test_a_key_that_was_granted_is_never_told_sold_out(sqlite_house: House) -> None:
    house = sqlite_house
    first, second = wishes(house, a_clinic(house, 1), 2)
    house.container.gate.report([granted(house, first, ask(house, first)[0])])
    assert said(ask(house, first, second)) == ["Passed", "slot_taken"]


def test_limits_are_remembered_for_a_moment(sqlite_house: House) -> None:
    house = sqlite_house
    one, other = wishes(house, a_clinic(house, 2), 2)
    answer = ask(house, one)[0]
    assert isinstance(answer, Passed)
    house.container.gate.report([Outcome(one, answer, None, code="limit_reached")])
    assert said(ask(house, one, other)) == ["limit_reached", "Passed"]
    house.later(seconds=4)
    assert said(ask(house, one)) == ["Passed"]


def test_before_the_release_and_for_suspended_clinics_nobody_asks_the_database(sqlite_house: House) -> None:
    house = sqlite_house
    opens_at = house.now + timedelta(seconds=30)
    schedule_id = a_schedule(house.sessions, period_count=1, released_at=opens_at)
    assert gate.prepare() == 1, "it opens about now"
    wish = wishes(house, schedule_id, 1)[0]
    assert said(ask(house, wish)) == ["unreleased"]
    house.later(seconds=30)
    assert said(ask(house, wish)) == ["Passed"]
    with house.sessions.begin() as session:
        session.execute(update(Schedule).where(col(Schedule.id) == schedule_id).values(suspended=True))
    gate.reconcile()
    assert said(ask(house, wish)) == ["suspended"]
    house.at(first_period() + timedelta(minutes=30))
    with house.sessions.begin() as session:
        session.execute(update(Schedule).where(col(Schedule.id) == schedule_id).values(suspended=False))
    gate.reconcile()
    assert said(ask(house, wish)) == ["period_over"]


def test_a_number_that_came_free_lets_people_pass_until_it_is_known(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 1)
    first, second = wishes(house, schedule_id, 2)
    answer = ask(house, first)[0]
    house.container.gate.report([granted(house, first, answer)])
    house.container.gate.doubt([schedule_id])
    assert ask(house, second) == [Passed()]
    time.sleep(0.002)  # what was reported within the millisecond of the reading would stay
    assert gate.settle_doubts() == 1 and gate.settle_doubts() == 0
    assert ask(house, second) == [answer], "in truth nobody has it"


def test_a_gate_that_is_wrong_heals_with_the_next_round(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 2)
    wish, other = wishes(house, schedule_id, 2)
    with redis.Redis.from_url(house.container.settings.redis_url) as client:
        client.delete(*client.keys(f"guahao:gate:{schedule_id}:*"))
    assert said(ask(house, wish)) == ["slot_taken"]
    assert gate.reconcile() == 1
    assert said(ask(house, wish)) == ["Passed"]
    with house.sessions.begin() as session:
        session.execute(update(Slot).where(col(Slot.schedule_id) == schedule_id).values(status="busy"))
    time.sleep(0.002)
    gate.reconcile()
    assert said(ask(house, other)) == ["slot_taken"]


def test_a_gate_that_nobody_compares_any_more_refuses_nobody(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 1)
    first, second = wishes(house, schedule_id, 2)
    ask(house, first)
    assert said(ask(house, second)) == ["slot_taken"]
    with redis.Redis.from_url(house.container.settings.redis_url) as client:
        checked = int(client.hget(f"guahao:gate:{schedule_id}", "checked") or 0)
        client.hset(f"guahao:gate:{schedule_id}", "checked", checked - FRESH_MILLISECONDS - 1)
    assert ask(house, second) == [Passed()]


def test_what_happens_while_the_database_is_read_is_not_forgotten(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 2)
    first, second, third = wishes(house, schedule_id, 3)
    doubts = house.container.gate.doubts([schedule_id])
    assert doubts is not None
    truth = house.do(gate.gate_truth.clinics, schedule_ids=[schedule_id])[0]
    answer = ask(house, first)[0]
    house.container.gate.doubt([schedule_id])
    house.container.gate.load(truth, doubts[schedule_id])
    assert ask(house, second) != [answer], "set aside since then"
    assert ask(house, third) == [Passed()], "in doubt since then"


def test_flushed_it_knows_nothing_and_is_built_by_the_next_rounds(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 1)
    wish = wishes(house, schedule_id, 1)[0]
    with redis.Redis.from_url(house.container.settings.redis_url) as client:
        client.flushall()
        assert ask(house, wish) == [Unknown()]
        assert gate.reconcile() == 1
        assert said(ask(house, wish)) == ["Passed"]
        client.flushall()
        client.set(f"guahao:gate:{schedule_id}", "something else")
        assert ask(house, wish) == [Unknown()]
        assert client.type(f"guahao:gate:{schedule_id}") == b"none", "what nobody can read is thrown away"
        time.sleep(LEAVE_ALONE_SECONDS)
        assert ask(house, wish) == [Unknown()]
        gate.reconcile()
        assert said(ask(house, wish)) == ["Passed"]


def test_away_it_is_open_and_comes_back(sqlite_house: House, server: Server) -> None:
    house = House(sqlite_house.engine, server.redis_url)
    schedule_id = a_clinic(house, 3)
    wish = wishes(house, schedule_id, 1)[0]
    server.kill()
    began = time.monotonic()
    assert ask(house, wish) == [Unknown()]
    assert {said(ask(house, wish))[0] for _ in range(100)} == {"Unknown"}
    assert gate.reconcile() == gate.settle_doubts() == 0
    assert time.monotonic() - began < LEAVE_ALONE_SECONDS
    restart(server)
    time.sleep(LEAVE_ALONE_SECONDS)
    ask(house, wish)
    assert gate.reconcile() == 1
    assert said(ask(house, wish)) == ["Passed"]


def test_who_could_not_report_trusts_nothing_that_was_read_before(sqlite_house: House, server: Server) -> None:
    house = House(sqlite_house.engine, server.redis_url)
    schedule_id = a_clinic(house, 1)
    first, second = wishes(house, schedule_id, 2)
    answer = ask(house, first)[0]
    assert said(ask(house, second)) == ["slot_taken"]
    server.kill()
    house.container.gate.report([granted(house, first, answer)])
    restart(server)
    time.sleep(LEAVE_ALONE_SECONDS)
    assert said(ask(house, first)) == ["Passed"], "its key was granted, which the gate was never told"


def test_a_line_keeps_the_crowd_from_the_database_until_it_closes_by_the_clock(sqlite_house: House) -> None:
    house = sqlite_house
    schedule_id = a_clinic(house, 1)
    account_id, patient_id = people(house.sessions, 1)[0]
    with house.sessions.begin() as session:
        clinic = session.get_one(Schedule, schedule_id)
        session.add(
            WaitlistEntry(
                account_id=account_id,
                patient_id=patient_id,
                provider=clinic.provider,
                department_code=clinic.department_code,
                on=clinic.on,
                created_at=house.now,
                closes_at=house.now + timedelta(minutes=1),
            )
        )
    assert gate.rebuild([schedule_id]) == 1
    wish = wishes(house, schedule_id, 1)[0]
    assert said(ask(house, wish)) == ["slot_taken"]
    house.later(minutes=1)  # nobody swept, and nobody read the clinic again
    assert said(ask(house, wish)) == ["Passed"]
