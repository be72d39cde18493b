"""One listener for hints in each backend worker; every screen takes from it what concerns it.

A screen reads again when one of its topics is named, and every few seconds anyway, so that a lost hint costs
nothing but those seconds. A screen's loop runs as a background event of its page's load: Reflex ends it when the
page is left, loaded again, or its socket closes. But a client may call any handler at any time, so the hub itself
sees to it that a client has one loop, and none when it is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar

from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from hospital_app.domain.errors import signed_out
from hospital_app.flows import live
from hospital_app.services.sessions import SESSION_TOPIC, fingerprint, topic

READ_AGAIN_SECONDS = 5.0
#: A rush of hints (07:00) is answered by one reading.
GATHER_SECONDS = 0.1


#: Whose screen is being followed: what its session is called in hints; empty for who has none.
_session: ContextVar[str] = ContextVar("session", default="")


def read_as(token: str) -> None:
    """The loop that is about to begin ends with this session."""
    _session.set(topic(fingerprint(token)) if token else "")


class Screen(asyncio.Event):
    """Set when something that it shows has changed; `over` when its reader's session has ended."""

    over = False


class Hub:
    """topic → the screens that look at it."""

    def __init__(self) -> None:
        self._screens: dict[str, set[Screen]] = {}
        self._latest: dict[str, Screen] = {}  # client token → its one screen

    def wake(self, topics: Iterable[str]) -> None:
        for each in topics:
            for screen in self._screens.get(each, ()):
                screen.over = screen.over or each.startswith(SESSION_TOPIC)
                screen.set()

    async def changes(
        self, *topics: str, every: Callable[[], float] | float = READ_AGAIN_SECONDS
    ) -> AsyncIterator[None]:
        """Yields whenever it is time to read again; ends when the client has gone or looks at something else.

        Raises Refusal `signed_out` as soon as the session ends with which the screen was read.
        """
        topics = (*topics, *filter(None, [_session.get()]))
        screen = self._enter(client := _client(), topics)
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(screen.wait(), every() if callable(every) else every)
                    await asyncio.sleep(GATHER_SECONDS)
                screen.clear()
                if screen.over:
                    raise signed_out()
                if self._latest.get(client, screen) is not screen or not _is_connected(client):
                    return
                yield
        finally:
            if self._latest.get(client) is screen:
                del self._latest[client]
            for each in topics:
                self._leave(each, screen)

    def _enter(self, client: str, topics: Iterable[str]) -> Screen:
        screen = Screen()
        if client:
            if (earlier := self._latest.get(client)) is not None:
                earlier.set()
            self._latest[client] = screen
        for each in topics:
            self._screens.setdefault(each, set()).add(screen)
        return screen

    def _leave(self, looked_at: str, screen: Screen) -> None:
        others = self._screens.get(looked_at, set())
        others.discard(screen)
        if not others:
            self._screens.pop(looked_at, None)

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
