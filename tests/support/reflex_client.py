"""Speaks to a Reflex app as its own front end does, and says whatever it likes."""

import json
from collections.abc import Callable
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any
from uuid import uuid4

import socketio

from tests.support.waiting import wait_until

NAMESPACE = "/_event"
SETTLED_WITHIN_SECONDS = 240  # hundreds of events, on a machine that others use as well
ECHO = "reflex___state____state.state___notice____notice_state.show"


class ReflexClient:
    """One browser's socket. `heard`: the text of every answer, in order."""

    def __init__(self, url: str, *, cookie: str = "", token: str = "", origin: str | None = None) -> None:
        self.token = token or str(uuid4())
        self.heard: list[str] = []
        self._serials = count(1)
        options = {"websocket_extra_options": {"origin": url if origin is None else origin}}
        self._socket = socketio.Client(reconnection=False, **options)
        self._socket.on("*", self._hear, namespace=NAMESPACE)
        try:
            self._socket.connect(
                f"{url}/?token={self.token}",
                headers={"Cookie": cookie} if cookie else {},
                transports=["websocket"],
                namespaces=[NAMESPACE],
                socketio_path="_event",
                wait_timeout=20,
            )
        except socketio.exceptions.ConnectionError:
            self.close()
            raise

    def __enter__(self) -> "ReflexClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.disconnect()
        left = self._socket.eio.ws
        if left is not None:  # when the other side ended it
            left.shutdown()

    def send(self, name: str, payload: Any = None, *, path: str = "/", **parameters: str) -> None:
        """One event, as if from the page at `path`; `parameters` are those in its route."""
        route, _, query = path.partition("?")
        asked = dict(pair.split("=", 1) for pair in query.split("&")) if query else {}
        router = {"pathname": route, "asPath": path, "query": {**asked, **parameters}}
        self._socket.emit(
            "event", {"name": name, "payload": {} if payload is None else payload, "router_data": router}, NAMESPACE
        )

    @property
    def connected(self) -> bool:
        return bool(self._socket.connected)

    def wait(self, seconds: float) -> None:
        """Listen for so long."""
        self._socket.sleep(seconds)

    def settle(self) -> None:
        """Return when everything sent so far has been dealt with: a client's events queue behind each other.

        Asked twice, since an event may leave another one behind: a refusal is shown by an event of its own.
        """
        for _ in range(2):
            mark = f"mark-{self.token}-{next(self._serials)}"
            self.send(ECHO, {"text": mark, "values": {}})
            wait_until(partial(self._answered, mark), seconds=SETTLED_WITHIN_SECONDS, what="an answer to everything")

    def _answered(self, mark: str) -> bool:
        assert self.connected, "the server has ended this socket"
        return any(mark in text for text in self.heard[-50:])

    def _hear(self, _: str, *answers: Any) -> None:
        self.heard += [
            answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False) for answer in answers
        ]


def handlers(root: Any) -> dict[str, Callable[..., Any]]:
    """Every event handler that a client may name: full name → function. `root` is rx.State."""
    found = {}
    ahead = [root]
    while ahead:
        state = ahead.pop()
        ahead += state.get_substates()
        found |= {f"{state.get_full_name()}.{name}": handler.fn for name, handler in state.event_handlers.items()}
    return found
