"""号源日历 for the event loop of a web worker: no thread, no database, one round trip for all who ask at once.

Who asks alone gets the newest there is. A crowd gets at once what was the newest a moment ago, out of this worker's
memory, while it is asked for anew: nobody in a rush waits for Redis, or for a calendar that changes with every hold.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from hospital_app.adapters.redis_calendars import GatheredCalendars
from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.ready import KeptCalendar
from hospital_app.flows import calendars

log = logging.getLogger(__name__)

#: Asked for so often within a second at one worker, a calendar has a crowd.
CROWD = 20
AGAIN_SECONDS = 0.05
#: Others' bookings show within a second; in a rush a calendar may be 0.2 s old when it comes out of Redis.
OLDEST_SECONDS = 0.4
REMEMBERED = 5000


@dataclass(slots=True)
class _Crowd:
    """Who asks for one calendar, and what was shown last."""

    since: float = field(default_factory=time.monotonic)
    asked: int = 0
    many: bool = False
    kept: KeptCalendar | None = None
    kept_at: float = 0.0
    asking: asyncio.Task[KeptCalendar | None] | None = None

    def join(self, now: float) -> None:
        if now - self.since >= 1:
            self.many = self.asked >= CROWD and now - self.since < 2
            self.since, self.asked = now, 0
        self.asked += 1
        self.many = self.many or self.asked >= CROWD

    def seen(self, now: float) -> KeptCalendar | None:
        """What may be shown without asking anybody."""
        if self.many and self.kept is not None and now - self.kept_at < OLDEST_SECONDS and calendars.holds(self.kept):
            return self.kept
        return None


_crowds: dict[tuple[str, int], _Crowd] = {}
_reads: list[GatheredCalendars] = []
_building: dict[tuple[str, int], asyncio.Task[KeptCalendar]] = {}


@asynccontextmanager
async def open_reads() -> AsyncIterator[None]:
    """While a web worker lives."""
    reads = GatheredCalendars(container().settings.redis_url)
    _reads.append(reads)
    try:
        yield
    finally:
        _reads.remove(reads)
        _crowds.clear()
        await reads.close()


async def current(provider: str, days: int) -> KeptCalendar | None:
    """The newest there is, or was a moment ago; None: ask in the ordinary way. Raises Refusal not_found."""
    if not _reads:
        return None
    if len(_crowds) > REMEMBERED:
        _crowds.clear()
    crowd, now = _crowds.setdefault((provider, days), _Crowd()), time.monotonic()
    crowd.join(now)
    kept = crowd.seen(now)
    if kept is None:
        return await _ask(crowd, provider, days)
    if crowd.asking is None and now - crowd.kept_at > AGAIN_SECONDS:
        crowd.asking = asyncio.create_task(_ask(crowd, provider, days))
        crowd.asking.add_done_callback(partial(_asked, crowd))
    return kept


async def _ask(crowd: _Crowd, provider: str, days: int) -> KeptCalendar | None:
    began = time.monotonic()
    kept = await _newest(provider, days)
    if kept is not None and began > crowd.kept_at:
        crowd.kept, crowd.kept_at = kept, began
    return kept


def _asked(crowd: _Crowd, task: asyncio.Task[KeptCalendar | None]) -> None:
    crowd.asking = None
    if not task.cancelled() and task.exception() is not None:
        crowd.kept = None  # whoever asks next is told why


async def _newest(provider: str, days: int) -> KeptCalendar | None:
    if not _reads:
        return None
    seen = await _reads[-1].look(provider, days)
    if seen is None:
        return None
    rush = container().calendars.in_a_rush(provider, days)
    kept = calendars.usable(seen, provider, days)
    if kept is not None:
        return kept
    if rush and seen.kept is not None and calendars.holds(seen.kept):
        _start(provider, days, seen.version)  # for those who come next
        return seen.kept
    built = await _build_once(provider, days, seen.version)
    # Who built it may have begun before that change.
    return built if built.version >= seen.version else await _build_once(provider, days, seen.version)


async def _build_once(provider: str, days: int, version: int) -> KeptCalendar:
    """One thread of this worker builds it, for all who wait."""
    return await asyncio.shield(_start(provider, days, version))


def _start(provider: str, days: int, version: int) -> asyncio.Task[KeptCalendar]:
    task = _building.get((provider, days))
    if task is None:
        task = asyncio.create_task(asyncio.to_thread(calendars.build, provider, days, version=version))
        _building[provider, days] = task
        task.add_done_callback(partial(_built, provider, days))
    return task


def _built(provider: str, days: int, task: asyncio.Task[KeptCalendar]) -> None:
    _building.pop((provider, days), None)
    if not task.cancelled() and (fault := task.exception()) is not None and not isinstance(fault, Refusal):
        log.warning("a calendar could not be built: %s", type(fault).__name__)
