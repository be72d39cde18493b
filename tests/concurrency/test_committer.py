"""The committer: who gathers, who goes at once, who waits in vain, and what the end of a process does."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.flows import holds
from hospital_app.flows.committer import Answer, Committer
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(60)


class Counter:
    """Somebody at a desk who notes what is handed in together, and may be made to wait."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.go_on = Event()
        self.go_on.set()

    def settle(self, requests: Sequence[HoldRequest]) -> list[Answer]:
        self.batches.append([request.key for request in requests])
        self.go_on.wait(20)
        return [
            Refusal("no", request.key) if request.key == "no" else Held(request.key, 1, None) for request in requests
        ]


@contextmanager
def at_a_desk(counter: Counter) -> Iterator[Committer]:
    committer = Committer(counter.settle)
    try:
        yield committer
    finally:
        counter.go_on.set()
        committer.close()


def wish(key: str, person: int = 0) -> HoldRequest:
    return HoldRequest(1, person or hash(key), 1, first_period(), key=key)


def with_settings(house: House, **settings: object) -> None:
    House(house.engine, house.container.settings.redis_url, **settings)


def test_whoever_comes_alone_does_not_wait_for_others(sqlite_house: House) -> None:
    with_settings(sqlite_house, hold_gather_milliseconds=10_000)
    with at_a_desk(Counter()) as committer:
        began = time.monotonic()
        assert committer.hold(wish("alone")).no == "alone"
        assert time.monotonic() - began < 5


def test_what_arrives_while_a_batch_is_on_its_way_goes_together(sqlite_house: House) -> None:
    with_settings(sqlite_house, hold_gather_milliseconds=15_000, hold_batch=8, hold_committers=2)
    desk = Counter()
    desk.go_on.clear()
    with at_a_desk(desk) as committer, ThreadPoolExecutor(20) as pool:
        first = pool.submit(committer.hold, wish("first"))
        wait_until(lambda: desk.batches, seconds=20, what="the first batch")
        others = [pool.submit(committer.hold, wish(f"{i}")) for i in range(12)]
        wait_until(lambda: len(desk.batches) == 2, seconds=10, what="a full batch, which goes at once")
        desk.go_on.set()
        assert first.result(10).no == "first"
        assert {other.result(10).no for other in others} == {f"{i}" for i in range(12)}
    assert [len(batch) for batch in desk.batches] == [1, 8, 4]


@pytest.mark.parametrize(("committers", "batches"), [(1, [1, 100]), (2, [1, 50, 50])])
def test_many_are_shared_among_those_who_write(sqlite_house: House, committers: int, batches: list[int]) -> None:
    with_settings(sqlite_house, hold_gather_milliseconds=15_000, hold_committers=committers)
    desk = Counter()
    desk.go_on.clear()
    with at_a_desk(desk) as committer, ThreadPoolExecutor(101) as pool:
        held = [pool.submit(committer.hold, wish("first"))]
        wait_until(lambda: desk.batches, seconds=20, what="the first batch")
        held += [pool.submit(committer.hold, wish(f"{i}")) for i in range(100)]
        wait_until(lambda: committer.queued == 100, seconds=20, what="all others in the queue")
        with_settings(sqlite_house, hold_gather_milliseconds=1, hold_committers=committers)
        desk.go_on.set()
        assert {each.result(20).no for each in held} == {"first", *map(str, range(100))}
    assert [len(batch) for batch in desk.batches] == batches


def test_each_is_told_its_own_answer(sqlite_house: House) -> None:
    with at_a_desk(Counter()) as committer:
        with pytest.raises(Refusal, match="no"):
            committer.hold(wish("no"))

        async def many() -> list[object]:
            keys = ["a", "no", "b", *map(str, range(200))]
            return list(await asyncio.gather(*(committer.hold_soon(wish(key)) for key in keys), return_exceptions=True))

        told = asyncio.run(many())
    assert [isinstance(answer, Refusal) for answer in told[:3]] == [False, True, False]
    assert [answer.no for answer in told[3:] if isinstance(answer, Held)] == [str(i) for i in range(200)]


def test_wishes_of_one_person_do_not_stand_in_one_batch(sqlite_house: House) -> None:
    desk = Counter()
    desk.go_on.clear()
    with at_a_desk(desk) as committer, ThreadPoolExecutor(20) as pool:
        first = pool.submit(committer.hold, wish("first"))
        wait_until(lambda: desk.batches, seconds=20, what="the first batch")
        others = [pool.submit(committer.hold, wish(f"{i}", person=7 if i < 3 else 100 + i)) for i in range(9)]
        desk.go_on.set()
        assert first.result(10) and all(other.result(10) for other in others)
    for batch in desk.batches:
        assert sum(key in ("0", "1", "2") for key in batch) <= 1


def test_whoever_waits_too_long_is_told_so_and_gets_nothing(sqlite_house: House) -> None:
    with_settings(sqlite_house, hold_patience_seconds=0.3, hold_gather_milliseconds=10_000)
    desk = Counter()
    desk.go_on.clear()
    with at_a_desk(desk) as committer, ThreadPoolExecutor(3) as pool:
        on_its_way = pool.submit(committer.hold, wish("first"))
        wait_until(lambda: desk.batches, seconds=20, what="the first batch")
        for refused in (on_its_way, pool.submit(committer.hold, wish("late"))):
            with pytest.raises(Refusal) as told:
                refused.result(10)
            assert (told.value.code, told.value.status) == ("busy", 503)
    assert desk.batches == [["first"]], "nobody holds a number for who has gone"


def test_the_end_settles_what_is_queued(sqlite_house: House) -> None:
    with_settings(sqlite_house, hold_gather_milliseconds=60_000)
    desk = Counter()
    desk.go_on.clear()
    committer = Committer(desk.settle)
    with ThreadPoolExecutor(10) as pool:
        running = [pool.submit(committer.hold, wish("first"))]
        wait_until(lambda: desk.batches, seconds=20, what="the first batch")
        running += [pool.submit(committer.hold, wish(f"{i}")) for i in range(5)]
        wait_until(lambda: committer.queued == 5, seconds=20, what="five more")
        ending = pool.submit(committer.close)
        desk.go_on.set()
        ending.result(20)
        assert len([each.result(1) for each in running]) == 6
    with pytest.raises(Refusal):
        committer.hold(wish("too late"))


def test_tasks_and_threads_share_the_numbers(house: House) -> None:
    """Twenty of each for ten numbers, through the gate and the database."""
    schedule_id = a_schedule(house.sessions, per_period=10, period_count=1)
    pairs = people(house.sessions, 40)
    wishes = [HoldRequest(*pair, schedule_id, first_period(), "k", actor=patient_actor(pair[0])) for pair in pairs]
    committer = Committer(holds.settle)

    async def tasks() -> list[object]:
        some = (committer.hold_soon(each) for each in wishes[:20])
        return list(await asyncio.gather(*some, return_exceptions=True))

    def thread(request: HoldRequest) -> object:
        try:
            return committer.hold(request)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(21) as pool:
        together = pool.submit(asyncio.run, tasks())
        answers = [*pool.map(thread, wishes[20:]), *together.result(60)]
    committer.close()
    assert sum(isinstance(answer, Held) for answer in answers) == 10
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {"slot_taken"}
    assert house.broken() == []
