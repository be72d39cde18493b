"""号源日历 for the event loop of a web worker: no thread, no database, one round trip for all who ask at once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from hospital_app.adapters.redis_calendars import GatheredCalendars
from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.ready import KeptCalendar
from hospital_app.flows import calendars

log = logging.getLogger(__name__)

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
        await reads.close()


async def current(provider: str, days: int) -> KeptCalendar | None:
    """The newest there is; None: ask in the ordinary way. Raises Refusal not_found."""
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
