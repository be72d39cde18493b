"""How many calls a minute somebody has left: counted in Redis for all processes, here while Redis is away."""

import logging
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool

log = logging.getLogger(__name__)
PREFIX = "guahao:budget"
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer.
LEAVE_ALONE_SECONDS = 5.0


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

    def take_here(self, budget: str, who: str, *, per_minute: int) -> int:
        """The same, counted in this process only: for what is too frequent to ask Redis about."""
        return _take(self._here, budget, who, per_minute, 1)

    def _all_processes(self) -> FixedWindowRateLimiter:
        if self._shared is None:
            patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
            pool = ConnectionPool.from_url(self._redis_url, **patience)
            self._shared = FixedWindowRateLimiter(RedisStorage(self._redis_url, pool, key_prefix=PREFIX))
        return self._shared


def _take(limiter: FixedWindowRateLimiter, budget: str, who: str, per_minute: int, calls: int) -> int:
    item = RateLimitItemPerMinute(per_minute)
    if limiter.hit(item, budget, who, cost=calls):
        return 0
    return max(1, int(limiter.get_window_stats(item, budget, who).reset_time - time.time()) + 1)
