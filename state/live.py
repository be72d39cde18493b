"""One listener for hints in each backend worker; every screen takes from it what concerns it.

A screen reads again when one of its topics is named, and every few seconds anyway, so that a lost hint costs
nothing but those seconds. A screen's loop runs as a background event of its page's load: Reflex ends it when the
page is left, loaded again, or its socket closes. But a client may call any handler at any time, so the hub itself
sees to it that a client has one loop, and none when it is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from hospital_app.flows import live

READ_AGAIN_SECONDS = 5.0
#: A rush of hints (07:00) is answered by one reading.
GATHER_SECONDS = 0.1


class Hub:
    """topic → the screens that look at it."""

    def __init__(self) -> None:
        self._screens: dict[str, set[asyncio.Event]] = {}
        self._latest: dict[str, asyncio.Event] = {}  # client token → its one screen

    def wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for screen in self._screens.get(topic, ()):
                screen.set()

    async def changes(self, *topics: str, every: float = READ_AGAIN_SECONDS) -> AsyncIterator[None]:
        """Yields whenever it is time to read again; ends when the client has gone or looks at something else."""
        screen = self._enter(client := _client(), topics)
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(screen.wait(), every)
                    await asyncio.sleep(GATHER_SECONDS)
                screen.clear()
                if self._latest.get(client, screen) is not screen or not _is_connected(client):
                    return
                yield
        finally:
            if self._latest.get(client) is screen:
                del self._latest[client]
            for topic in topics:
                self._leave(topic, screen)

    def _enter(self, client: str, topics: Iterable[str]) -> asyncio.Event:
        screen = asyncio.Event()
        if client:
            if (earlier := self._latest.get(client)) is not None:
                earlier.set()
            self._latest[client] = screen
        for topic in topics:
            self._screens.setdefault(topic, set()).add(screen)
        return screen

    def _leave(self, topic: str, screen: asyncio.Event) -> None:
        others = self._screens.get(topic, set())
        others.discard(screen)
        if not others:
            self._screens.pop(topic, None)

    @property
    def topics(self) -> int:
        """How many topics are looked at; 0 when nobody is there."""
        return len(self._screens)


def _client() -> str:
    """The token of the client whose event is running; empty outside of Reflex."""
    try:
        return EventContext.get().token
    except LookupError:
        return ""


def _is_connected(client: str) -> bool:
    """Whether this worker still has the client's socket."""
    if not client:
        return True
    namespace = RegistrationContext.get().app.event_namespace
    if namespace is None:
        return False
    tokens = namespace._token_manager  # its public mapping is built anew at every call
    record = tokens.token_to_socket.get(client)
    return record is not None and record.instance_id == tokens.instance_id


hub = Hub()


async def listen() -> None:
    """The lifespan task of a backend worker."""
    async for topics in live.hints():
        hub.wake(topics)
