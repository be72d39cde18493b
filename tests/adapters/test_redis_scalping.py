"""The counters over a real Redis, and the same in one process while it is away."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from hospital_app.adapters.redis_scalping import RedisScalping
from hospital_app.domain.scalping import Act, Counts, Kind, Seen, Watch
from tests.support.servers import restart, start_redis

WATCH = Watch(window_seconds=600, dwell_seconds=1, burst=3)
NOBODYS_PORT = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["redis", "here"])
def counters(request: pytest.FixtureRequest) -> Iterator[RedisScalping]:
    yield RedisScalping(request.getfixturevalue("redis_url") if request.param == "redis" else NOBODYS_PORT)


def now() -> float:
    """The beginning of a second, so that a burst lies in one."""
    return float(int(time.time()))


def tries(kind: Kind, count: int, *, account: int = 7, at: float | None = None, **changed: object) -> list[Act]:
    first = Act(kind, now() if at is None else at, account, 70, 5, "device", "address")
    return [replace(first, **changed) for _ in range(count)]


def test_a_machine_that_looks_at_nothing(counters: RedisScalping) -> None:
    begins = now()
    acts = [
        act for device in range(5) for act in tries(Kind.EARLY, 3, at=begins + device / 10, device=f"device-{device}")
    ]
    seen = counters.count(acts, WATCH)[7]
    assert seen.counts == Counts(
        unseen=15, early=15, refused=15, bursts=1, devices=5, device_accounts=1, device_patients=1, address_accounts=1
    )
    assert seen.schedules == (5,) and not seen.proved
    assert counters.counts(7) == seen.counts and counters.counts(8) == Counts()


def test_who_looked_before_came_from_somewhere(counters: RedisScalping) -> None:
    at = now()
    counters.look({"device": at - 2})
    counters.look({"device": at})  # again: the first one counts
    assert counters.count(tries(Kind.HELD, 1, at=at), WATCH)[7].counts.unseen == 0
    counters.look({"other": at - 0.5})
    too_soon = tries(Kind.HELD, 1, account=8, at=at, device="other")
    assert counters.count(too_soon, WATCH)[8].counts.unseen == 1
    from_the_same_place = tries(Kind.HELD, 1, account=9, at=at, device="new", address="device")
    assert counters.count(from_the_same_place, WATCH)[9].counts.unseen == 0
    nowhere = tries(Kind.HELD, 1, account=10, at=at, device="", address="")
    assert counters.count(nowhere, WATCH)[10].counts == Counts(), "of who has neither nothing can be said"


def test_slow_refusals_are_no_burst(counters: RedisScalping) -> None:
    begins = now()
    acts = [act for second in range(20) for act in tries(Kind.REFUSED, 3, at=begins + second)]
    counts = counters.count(acts, WATCH)[7].counts
    assert (counts.refused, counts.bursts) == (60, 0)
    more = counters.count(tries(Kind.REFUSED, 9, at=begins + 30), WATCH)[7].counts
    assert (more.refused, more.bursts) == (69, 1)


def test_people_and_accounts_of_one_device_are_told_apart(counters: RedisScalping) -> None:
    acts = [act for n in range(6) for act in tries(Kind.HELD, 2, account=n % 3, patient_id=n)]
    found = counters.count(acts, WATCH)
    assert {account: seen.counts.device_accounts for account, seen in found.items()} == {0: 3, 1: 3, 2: 3}
    assert max(seen.counts.device_patients for seen in found.values()) == 6


def test_numbers_handed_over(counters: RedisScalping) -> None:
    acts = [Act(Kind.HANDED, now(), 7, schedule_id=11), Act(Kind.LINKED, now(), 7, schedule_id=12)]
    assert counters.count(acts, WATCH) == {7: Seen(Counts(handed=1, linked=1), (11, 12))}


def test_marks_and_proofs(counters: RedisScalping) -> None:
    until = time.time() + 60
    counters.mark(["account:7", "device:d"], until=until)
    counters.mark(["account:7"], until=until - 30)
    counters.mark(["account:8"], until=time.time() - 1)
    assert counters.marked() == pytest.approx({"account:7": until, "device:d": until})
    counters.prove(7, ["account:7", "device:d"], seconds=60)
    assert counters.marked() == {}
    assert counters.count(tries(Kind.REFUSED, 1), WATCH)[7].proved


def test_what_was_no_scalping_is_forgotten(counters: RedisScalping) -> None:
    counters.mark(["account:7"], until=time.time() + 60)
    counters.count(tries(Kind.EARLY, 9), WATCH)
    counters.forget(7, ["account:7"])
    assert counters.marked() == {}
    assert counters.count(tries(Kind.HELD, 1, device="", address=""), WATCH)[7] == Seen(Counts(), (5,))


def test_everything_expires_and_nothing_is_readable(redis_url: str) -> None:
    counters, client = RedisScalping(redis_url), Redis.from_url(redis_url)
    counters.look({"device": now()})
    counters.count(tries(Kind.EARLY, 5), WATCH)
    counters.prove(7, ["account:7"], seconds=5)
    counters.mark(["account:8"], until=now() + 9)
    keys = list(client.scan_iter("guahao:scalping:*"))
    assert len(keys) >= 8
    assert all(0 < client.ttl(key) <= 4 * 3600 for key in keys), [(k, client.ttl(k)) for k in keys]
    client.close()


def test_two_processes_count_together(redis_url: str) -> None:
    one, other = RedisScalping(redis_url), RedisScalping(redis_url)
    at = now()
    one.count(tries(Kind.REFUSED, 2, at=at), WATCH)
    assert other.count(tries(Kind.REFUSED, 2, at=at), WATCH)[7].counts.bursts == 1


def test_without_redis_nobody_waits_and_counting_goes_on_here(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    counters = RedisScalping(server.redis_url)
    try:
        counters.count(tries(Kind.REFUSED, 1), WATCH)
        server.stop()
        began = time.monotonic()
        assert counters.count(tries(Kind.REFUSED, 9), WATCH)[7].counts.bursts == 1
        counters.mark(["account:7"], until=time.time() + 60)
        assert "account:7" in counters.marked()
        assert time.monotonic() - began < 3
        server = restart(server)
        counters._silent_until = 0.0
        assert counters.marked() == {}, "asked in Redis again"
    finally:
        server.stop()
