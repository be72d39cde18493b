"""号源日历 kept ready in Redis for all processes: who changes a clinic says so, and who reads next builds it anew.

Each provider has a version that every change raises. A kept calendar carries the version that was read before it was
built, so that one that was built while something changed is known to be old. Losing a change (Redis away for a moment)
costs at most KEPT_SECONDS: older ones are gone.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import cast

import redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff

from hospital_app.adapters.quick_redis import quick
from hospital_app.ports import KeptCalendar, SeenCalendar

log = logging.getLogger(__name__)

PREFIX = "guahao:calendar"
HOT = f"{PREFIX}:hot"
KEPT_SECONDS = 2.0
LEASE_SECONDS = 2.0
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer.
LEAVE_ALONE_SECONDS = 1.0
MARK_EVERY_SECONDS = 1.0
#: In a rush a calendar changes with every hold. After so many in a row, one process builds it so often a second, and
#: what is shown in between is that much old.
BUILDS_IN_A_ROW, BUILDS_A_SECOND = 20, 5.0
ALL_BUILDS_IN_A_ROW, ALL_BUILDS_A_SECOND = 100, 40.0

#: ARGV: ids of schedules. Whose calendar shows them is not known before one was built: then they are marked.
CHANGED = """
for _, id in ipairs(ARGV) do
  local provider = redis.call('GET', 'guahao:calendar:of:' .. id)
  if provider then
    redis.call('INCR', 'guahao:calendar:version:' .. provider)
    redis.call('EXPIRE', 'guahao:calendar:version:' .. provider, 86400)
  else
    redis.call('SET', 'guahao:calendar:touched:' .. id, 1, 'EX', 10)
  end
end
"""

#: ARGV: days, provider, version, the rest of the entry, milliseconds, ids of its schedules.
KEEP = """
local days, provider, version = ARGV[1], ARGV[2], ARGV[3]
for i = 6, #ARGV do
  redis.call('SET', 'guahao:calendar:of:' .. ARGV[i], provider, 'EX', 86400)
  if redis.call('DEL', 'guahao:calendar:touched:' .. ARGV[i]) == 1 then version = '-1' end
end
redis.call('SET', 'guahao:calendar:' .. days .. ':' .. provider, version .. ' ' .. ARGV[4], 'PX', ARGV[5])
redis.call('DEL', 'guahao:calendar:lease:' .. days .. ':' .. provider)
"""


class Marks:
    """Which calendars this process was asked for, so that hot ones can be built before somebody asks again."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}

    def due(self, names: Iterable[str]) -> dict[str, float]:
        """Those that Redis should be told now, as a sorted set's scores."""
        now = time.monotonic()
        due = [name for name in names if now - self._told_at.get(name, -MARK_EVERY_SECONDS) >= MARK_EVERY_SECONDS]
        if len(self._told_at) > 5000:
            self._told_at.clear()
        self._told_at.update(dict.fromkeys(due, now))
        return dict.fromkeys(due, time.time())


class Pace:
    """So many in a row, then so many a second."""

    def __init__(self, in_a_row: int, a_second: float) -> None:
        self._most, self._a_second = in_a_row, a_second
        self._left, self._at = float(in_a_row), time.monotonic()

    @property
    def hurried(self) -> bool:
        """Half of what may come in a row has come."""
        return self._left + (time.monotonic() - self._at) * self._a_second < self._most / 2

    def may(self) -> bool:
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RedisCalendars:
    """CalendarShelf: never raises; a Redis that is away is an empty shelf."""

    def __init__(self, url: str) -> None:
        self._redis = quick(url, patience_seconds=PATIENCE_SECONDS)
        self._changed = self._redis.register_script(CHANGED)
        self._keep = self._redis.register_script(KEEP)
        self._marks = Marks()
        self._paces: dict[str, Pace] = {}
        self._pace_of_all = Pace(ALL_BUILDS_IN_A_ROW, ALL_BUILDS_A_SECOND)
        self._silent_until = 0.0

    def look(self, provider: str, days: int) -> SeenCalendar | None:
        if self._silent():
            return None
        name = _name(provider, days)
        try:
            if due := self._marks.due([name]):
                self._redis.zadd(HOT, due)
            return seen(*cast("list[bytes | None]", self._redis.mget(_keys(name))))
        except redis.RedisError as fault:
            self._leave_alone(fault)
            return None

    def lease(self, provider: str, days: int) -> bool:
        if self._silent():
            return False
        try:
            key = f"{PREFIX}:lease:{_name(provider, days)}"
            return bool(self._redis.set(key, 1, nx=True, px=int(LEASE_SECONDS * 1000)))
        except redis.RedisError as fault:
            self._leave_alone(fault)
            return False

    def give_back(self, provider: str, days: int) -> None:
        if self._silent():
            return
        try:
            self._redis.delete(f"{PREFIX}:lease:{_name(provider, days)}")
        except redis.RedisError as fault:
            self._leave_alone(fault)

    def may_build(self, provider: str, days: int) -> bool:
        return self._pace(provider, days).may() and self._pace_of_all.may()

    def in_a_rush(self, provider: str, days: int) -> bool:
        return self._pace(provider, days).hurried

    def _pace(self, provider: str, days: int) -> Pace:
        if len(self._paces) > 5000:
            self._paces.clear()
        return self._paces.setdefault(_name(provider, days), Pace(BUILDS_IN_A_ROW, BUILDS_A_SECOND))

    def keep(self, provider: str, days: int, calendar: KeptCalendar, schedule_ids: Sequence[int]) -> None:
        if self._silent():
            return
        rest = b"%d %s\n%s" % (calendar.until, calendar.etag.encode(), calendar.body)
        milliseconds = int(KEPT_SECONDS * 1000)
        try:
            self._keep(args=[days, provider, calendar.version, rest, milliseconds, *schedule_ids])
        except redis.RedisError as fault:
            self._leave_alone(fault)

    def changed(self, schedule_ids: Sequence[int]) -> None:
        if not schedule_ids or self._silent():
            return
        try:
            self._changed(args=list(schedule_ids))
        except redis.RedisError as fault:
            self._leave_alone(fault)

    def hot(self, *, within_seconds: float, limit: int) -> list[tuple[str, int]]:
        if self._silent():
            return []
        since = time.time() - within_seconds
        try:
            self._redis.zremrangebyscore(HOT, "-inf", since)
            names = cast("list[bytes]", self._redis.zrevrange(HOT, 0, limit - 1))
        except redis.RedisError as fault:
            self._leave_alone(fault)
            return []
        pairs = (name.decode().partition(":") for name in names)
        return [(provider, int(days)) for days, _, provider in pairs]

    def _silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def _leave_alone(self, fault: Exception) -> None:
        self._silent_until = time.monotonic() + LEAVE_ALONE_SECONDS
        log.warning("calendars come from the database for a while: %s", type(fault).__name__)


class GatheredCalendars:
    """The same shelf for one event loop: what is asked while a question is under way goes into the next one, together.

    Nobody is answered from a question that was put before they asked.
    """

    def __init__(self, url: str) -> None:
        self._redis = AsyncRedis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=AsyncRetry(NoBackoff(), 1),
        )
        self._marks = Marks()
        self._waiting: dict[str, asyncio.Future[SeenCalendar | None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._silent_until = 0.0

    async def look(self, provider: str, days: int) -> SeenCalendar | None:
        if time.monotonic() < self._silent_until:
            return None
        name = _name(provider, days)
        answer = self._waiting.get(name)
        if answer is None:
            answer = self._waiting[name] = asyncio.get_running_loop().create_future()
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            found = await self._found(list(waiting))
            for name, answer in waiting.items():
                answer.set_result(found.get(name))
        self._asking = None

    async def _found(self, names: list[str]) -> dict[str, SeenCalendar]:
        try:
            if due := self._marks.due(names):
                await self._redis.zadd(HOT, due)
            values = await self._redis.mget([key for name in names for key in _keys(name)])
        except (redis.RedisError, OSError) as fault:
            self._silent_until = time.monotonic() + LEAVE_ALONE_SECONDS
            log.warning("calendars are not read from Redis for a while: %s", type(fault).__name__)
            return {}
        return {name: seen(*values[i * 2 : i * 2 + 2]) for i, name in enumerate(names)}

    async def close(self) -> None:
        await self._redis.aclose()


def seen(entry: bytes | None, version: bytes | None) -> SeenCalendar:
    current = int(version or 0)
    if entry is None:
        return SeenCalendar(None, current)
    head, _, body = entry.partition(b"\n")
    built, until, etag = head.split(b" ")
    return SeenCalendar(KeptCalendar(int(built), int(until), etag.decode(), body), current)


def _name(provider: str, days: int) -> str:
    return f"{days}:{provider}"


def _keys(name: str) -> tuple[str, str]:
    return f"{PREFIX}:{name}", f"{PREFIX}:version:{name.partition(':')[2]}"
