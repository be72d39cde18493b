"""One listener for hints in each backend worker; every screen takes from it what concerns it.

A screen reads again when one of its topics is named, and every few seconds anyway, so that a lost hint costs
nothing but those seconds. A screen's loop runs as a background event of its page's load: Reflex ends it when the
page is left, loaded again, or its socket closes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from hospital_app.flows import live

READ_AGAIN_SECONDS = 5.0
#: A rush of hints (07:00) is answered by one reading.
GATHER_SECONDS = 0.1


class Hub:
    """topic → the screens that look at it."""

    def __init__(self) -> None:
        self._screens: dict[str, set[asyncio.Event]] = {}

    def wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for screen in self._screens.get(topic, ()):
                screen.set()

    async def changes(self, *topics: str, every: float = READ_AGAIN_SECONDS) -> AsyncIterator[None]:
        """Yields whenever it is time to read again; close it (or be cancelled) to leave."""
        screen = asyncio.Event()
        for topic in topics:
            self._screens.setdefault(topic, set()).add(screen)
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(screen.wait(), every)
                    await asyncio.sleep(GATHER_SECONDS)
                screen.clear()
                yield
        finally:
            for topic in topics:
                self._leave(topic, screen)

    def _leave(self, topic: str, screen: asyncio.Event) -> None:
        others = self._screens.get(topic, set())
        others.discard(screen)
        if not others:
            self._screens.pop(topic, None)

    @property
    def topics(self) -> int:
        """How many topics are looked at; 0 when nobody is there."""
        return len(self._screens)


hub = Hub()


async def listen() -> None:
    """The lifespan task of a backend worker."""
    async for topics in live.hints():
        hub.wake(topics)
