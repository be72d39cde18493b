"""Which proofs of work were used, and how many a holder solved of late: in Redis for all processes, and here as well,
so that without Redis a proof still serves each process only once."""

import logging
import time
from threading import Lock

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)
PREFIX = "guahao:proof"
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer.
LEAVE_ALONE_SECONDS = 5.0
#: What a holder solved counts for so long.
COUNTED_SECONDS = 3600
REMEMBERED = 50_000


class RedisSpentProofs:
    """One instance serves all threads; never raises."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once more, on a fresh connection: the server may have restarted
        )
        self._lock = Lock()
        self._spent: dict[str, float] = {}
        self._solved: dict[str, list[float]] = {}
        self._ask_again_at = 0.0

    def spend(self, name: str, holder: str, *, seconds: int) -> bool:
        """Whether it is new; remembered for so long."""
        if not self._spend_here(name, holder, seconds):
            return False
        if time.monotonic() < self._ask_again_at:
            return True
        try:
            if not self._redis.set(f"{PREFIX}:spent:{name}", 1, nx=True, ex=seconds):
                return False
            pipe = self._redis.pipeline()
            pipe.incr(f"{PREFIX}:solved:{holder}")
            pipe.expire(f"{PREFIX}:solved:{holder}", COUNTED_SECONDS)
            pipe.execute()
        except redis.RedisError as fault:
            self._leave_alone(fault)
        return True

    def solved(self, holder: str) -> int:
        """How many proofs this holder spent of late."""
        if time.monotonic() >= self._ask_again_at:
            try:
                return int(self._redis.get(f"{PREFIX}:solved:{holder}") or 0)  # type: ignore[arg-type]
            except redis.RedisError as fault:
                self._leave_alone(fault)
        now = time.monotonic()
        return sum(at > now - COUNTED_SECONDS for at in self._solved.get(holder, ()))

    def _spend_here(self, name: str, holder: str, seconds: int) -> bool:
        now = time.monotonic()
        with self._lock:
            if self._spent.get(name, 0.0) > now:
                return False
            if len(self._spent) >= REMEMBERED:
                self._spent = {each: until for each, until in self._spent.items() if until > now}
                self._solved.clear()
            self._spent[name] = now + seconds
            self._solved.setdefault(holder, []).append(now)
            return True

    def _leave_alone(self, fault: redis.RedisError) -> None:
        log.warning("proofs of work are counted in this process for a while: %s", type(fault).__name__)
        self._ask_again_at = time.monotonic() + LEAVE_ALONE_SECONDS
