"""A socket that sends any frame at all: engine.io and socket.io by hand, one connection, no thread."""

import json
import select
from typing import Any
from uuid import uuid4

import websocket

from tests.support.reflex_client import ECHO, NAMESPACE
from tests.support.waiting import wait_until


class RawSocket:
    """`heard` keeps what the server said last. Whoever is put out may `open` again."""

    def __init__(self, url: str, *, cookie: str = "") -> None:
        self.url = url
        self.cookie = cookie
        self.opened = 0
        self.heard: list[str] = []
        self._wire: websocket.WebSocket | None = None
        self.open()

    def open(self) -> None:
        """A new connection with a new token, in the namespace of events."""
        self.close()
        self._wire = websocket.WebSocket()
        self._wire.connect(
            f"{self.url.replace('http', 'ws', 1)}/_event/?EIO=4&transport=websocket&token={uuid4()}",
            cookie=self.cookie,
            origin=self.url,
            timeout=20,
        )
        self.opened += 1
        assert self._wire.recv().startswith("0")
        self._wire.send(f"40{NAMESPACE},")
        wait_until(lambda: self.alive and f"40{NAMESPACE}" in "".join(self.heard), seconds=30, what="the namespace")

    def close(self) -> None:
        if self._wire is not None:
            self._wire.shutdown()
            self._wire = None

    @property
    def alive(self) -> bool:
        """Whether the server still listens; hears what it has said meanwhile."""
        while self._wire is not None and select.select([self._wire.sock], [], [], 0)[0]:
            try:
                said = self._wire.recv()
            except (websocket.WebSocketException, OSError):
                self.close()
                return False
            if said in ("", "1"):  # hung up, or put out: engine.io asks the client to close
                self.close()
                return False
            self._answer(said.decode(errors="replace") if isinstance(said, bytes) else said)
        return self._wire is not None

    def frame(self, frame: str | bytes) -> None:
        """Send it as it is; on a new connection if the old one is gone."""
        if not self.alive:
            self.open()
        assert self._wire is not None
        try:
            self._wire.send(frame, websocket.ABNF.OPCODE_BINARY if isinstance(frame, bytes) else 1)
        except (websocket.WebSocketException, OSError):
            self.close()

    def emit(self, *event: Any) -> None:
        """A socket.io event: its name, and its arguments."""
        self.frame(f"42{NAMESPACE},{json.dumps(event)}")

    def settle(self) -> bool:
        """Until the server has dealt with everything, or has ended the connection: whether it still listens."""
        mark = str(uuid4())
        router = {"pathname": "/", "asPath": "/", "query": {}}
        self.emit("event", {"name": ECHO, "payload": {"text": mark, "values": {}}, "router_data": router})
        wait_until(lambda: not self.alive or mark in "".join(self.heard[-50:]), seconds=60, what="an answer")
        return self.alive

    def _answer(self, said: str) -> None:
        if said == "2" and self._wire is not None:
            self._wire.send("3")
        self.heard = [*self.heard[-200:], said]
