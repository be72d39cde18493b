"""Budgets over a real Redis: one count for all processes, and a count of one's own while Redis is away."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hospital_app.adapters.rate_budgets import RateBudgets
from tests.support.servers import restart, start_redis


def granted(budgets: list[RateBudgets], tries: int, who: str) -> int:
    """How many of `tries` at once, spread over these processes' counters, were let through."""
    with ThreadPoolExecutor(16) as threads:
        taken = threads.map(lambda n: budgets[n % len(budgets)].take("session", who, per_minute=20), range(tries))
        return list(taken).count(0)


def in_one_minute(act: Callable[[], int], tries: int = 3) -> int:
    """A fixed window may end between two calls; then once more."""
    for _ in range(tries):
        minute = int(time.time() // 60)
        count = act()
        if int(time.time() // 60) == minute:
            return count
    raise AssertionError("the minute always ended")


def test_all_processes_count_together(redis_url: str) -> None:
    both = [RateBudgets(redis_url), RateBudgets(redis_url)]
    names = iter("abc")
    assert in_one_minute(lambda: granted(both, 100, next(names))) == 20


def test_without_redis_each_counts_for_itself_and_nobody_waits_for_it(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    both = [RateBudgets(server.redis_url), RateBudgets(server.redis_url)]
    try:
        assert both[0].take("session", "before", per_minute=5) == 0
        server.stop()
        names = iter("abc")
        assert in_one_minute(lambda: granted(both, 100, next(names))) == 40
        server = restart(server)
        both[0]._ask_again_at = 0.0
        assert both[0].take("session", "after", per_minute=1) == 0
        assert RateBudgets(server.redis_url).take("session", "after", per_minute=1) > 0, "counted in Redis again"
    finally:
        server.stop()


def test_the_wait_that_is_told_ends_with_the_minute(redis_url: str) -> None:
    budgets = RateBudgets(redis_url)
    waits = [budgets.take("session", "one", per_minute=1) for _ in range(5)]
    assert all(0 <= wait <= 61 for wait in waits) and max(waits) > 0


def test_each_budget_and_each_holder_has_its_own(redis_url: str) -> None:
    budgets = RateBudgets(redis_url)
    assert budgets.take("session", "one", per_minute=1) == 0
    assert budgets.take("session", "other", per_minute=1) == 0
    assert budgets.take("address", "one", per_minute=1) == 0


def test_of_several_callers_each_is_counted_for_itself_in_one_question(redis_url: str) -> None:
    budgets = RateBudgets(redis_url)
    names = iter("abc")

    def waiting() -> int:
        name = next(names)
        frequent, rare = ("holder", f"frequent-{name}", 2), ("holder", f"rare-{name}", 2)
        waits = budgets.take_all([[("address", name, 100), frequent]] * 4 + [[rare], []])
        assert waits[:2] == [0, 0] and waits[4:] == [0, 0]
        return sum(wait > 0 for wait in waits)

    assert in_one_minute(waiting) == 2
