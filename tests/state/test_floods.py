"""One socket's flood: told once, then not listened to, then closed; its neighbour is heard all along."""

import asyncio
from typing import Any

from hospital_app import container as containers
from state.floods import SHOW, guard_socket
from tests.support.house import House


class Listener:
    """What Reflex's namespace does for this purpose: it takes events and closes sockets."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.closed: list[str] = []

    async def on_event(self, sid: str, data: Any) -> None:
        self.heard.append((sid, data["name"]))

    async def disconnect(self, sid: str) -> None:
        self.closed.append(sid)


def flood(listener: Listener, sid: str, times: int) -> None:
    async def send() -> None:
        for _ in range(times):
            await listener.on_event(sid, {"name": "an.event", "router_data": {"pathname": "/"}})

    asyncio.run(send())


def test_a_flood_ends_by_itself(sqlite_house: House) -> None:
    containers.use(sqlite_house.container)
    listener = Listener()
    guard_socket(listener, per_minute=10)  # type: ignore[arg-type]
    flood(listener, "greedy", 40)
    names = [name for _, name in listener.heard]
    assert 10 <= names.count("an.event") <= 20, "a minute's budget, two if the minute ended meanwhile"
    assert names.count(SHOW) in (1, 2) and listener.closed == []
    flood(listener, "greedy", 200)
    assert "greedy" in listener.closed
    flood(listener, "modest", 5)
    assert listener.heard[-5:] == [("modest", "an.event")] * 5


def test_what_is_not_even_an_event_is_counted_too(sqlite_house: House) -> None:
    listener = Listener()
    guard_socket(listener, per_minute=1)  # type: ignore[arg-type]

    async def send() -> None:
        await listener.on_event("odd", {"name": "an.event"})
        for nonsense in (None, 7, [], "x", {"router_data": []}):
            await listener.on_event("odd", nonsense)

    asyncio.run(send())
    assert listener.heard[0] == ("odd", "an.event") and {name for _, name in listener.heard[1:]} <= {SHOW}
