"""How many calls a minute somebody has left: counted in Redis for all processes, here while Redis is away."""

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool

log = logging.getLogger(__name__)
PREFIX = "guahao:budget"
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer.
LEAVE_ALONE_SECONDS = 5.0
SECONDS = 60
#: What `limits` does for one counter, for several. ARGV: by how much, and how long a window lasts.
TAKE_ALL = """
local counts = {}
for i, key in ipairs(KEYS) do
  counts[i] = redis.call('INCRBY', key, ARGV[1])
  if counts[i] == tonumber(ARGV[1]) then redis.call('EXPIRE', key, ARGV[2]) end
end
return counts
"""


class RateBudgets:
    """Fixed windows of a minute. Losing count (Redis flushed) only means beginning a new minute."""

    def __init__(self, redis_url: str) -> None:
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._redis_url = redis_url
        self._shared: FixedWindowRateLimiter | None = None
        self._ask_again_at = 0.0

    def take(self, budget: str, who: str, *, per_minute: int, calls: int = 1) -> int:
        """0 if these calls are within the budget of all processes together; else the seconds until the next minute."""
        if time.monotonic() >= self._ask_again_at:
            try:
                return _take(self._all_processes(), budget, who, per_minute, calls)
            except Exception as fault:  # whatever Redis or its client says: the house goes on
                log.warning("budgets are counted in this process for a while: %s", type(fault).__name__)
                self._ask_again_at = time.monotonic() + LEAVE_ALONE_SECONDS
        return _take(self._here, budget, who, per_minute, calls)

    def take_all(self, callers: Sequence[Sequence[tuple[str, str, int]]], *, calls: int = 1) -> list[int]:
        """The same of several budgets (budget, who, per minute) of several callers, in one round trip: for each caller
        the longest of the waits."""
        if time.monotonic() >= self._ask_again_at:
            try:
                return _take_together(self._all_processes(), callers, calls)
            except Exception as fault:
                log.warning("budgets are counted in this process for a while: %s", type(fault).__name__)
                self._ask_again_at = time.monotonic() + LEAVE_ALONE_SECONDS
        return [
            max((_take(self._here, budget, who, per_minute, calls) for budget, who, per_minute in mine), default=0)
            for mine in callers
        ]

    def take_here(self, budget: str, who: str, *, per_minute: int) -> int:
        """The same, counted in this process only: for what is too frequent to ask Redis about."""
        return _take(self._here, budget, who, per_minute, 1)

    def _all_processes(self) -> FixedWindowRateLimiter:
        if self._shared is None:
            patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
            pool = ConnectionPool.from_url(self._redis_url, **patience)
            self._shared = FixedWindowRateLimiter(RedisStorage(self._redis_url, pool, key_prefix=PREFIX))
        return self._shared


def _take_together(
    limiter: FixedWindowRateLimiter, callers: Sequence[Sequence[tuple[str, str, int]]], calls: int
) -> list[int]:
    storage = cast("RedisStorage", limiter.storage)
    keys = [
        storage.prefixed_key(_item(per_minute).key_for(budget, who))
        for mine in callers
        for budget, who, per_minute in mine
    ]
    if not keys:
        return [0] * len(callers)
    counts = iter(cast("Any", storage.get_connection()).eval(TAKE_ALL, len(keys), *keys, calls, SECONDS))
    return [
        max((_wait(limiter, *each) if next(counts) > each[2] else 0 for each in mine), default=0) for mine in callers
    ]


def _take(limiter: FixedWindowRateLimiter, budget: str, who: str, per_minute: int, calls: int) -> int:
    item = _item(per_minute)
    return 0 if limiter.hit(item, budget, who, cost=calls) else _wait(limiter, budget, who, per_minute)


def _wait(limiter: FixedWindowRateLimiter, budget: str, who: str, per_minute: int) -> int:
    item = _item(per_minute)
    return max(1, int(limiter.get_window_stats(item, budget, who).reset_time - time.time()) + 1)


@cache
def _item(per_minute: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(per_minute)
