"""What a socket may send: frames of the front end's kinds, and no flood of them."""

import asyncio
from typing import Any

from hospital_app.api.frames import WholeFrames

HUNG_UP = {"type": "websocket.disconnect", "code": 1000}


def heard(frames: list[str | None], *, per_minute: int) -> list[Any]:
    """What the app behind the middleware is given, until it is told that its client has hung up."""
    said: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            said.append(message["text"])
        said.append(message["code"])

    coming = iter([*({"type": "websocket.receive", "text": text} for text in frames), HUNG_UP])

    async def receive() -> Any:
        return next(coming)

    async def send(_: Any) -> None:
        raise AssertionError("nothing is said")

    asyncio.run(WholeFrames(app, per_minute=per_minute)({"type": "websocket"}, receive, send))
    return said


def test_the_front_ends_frames_come_through() -> None:
    frames = ["40/_event,", '42/_event,["event",{}]', "3", "2", "1"]
    assert heard(list(frames), per_minute=5) == [*frames, 1000]


def test_any_other_frame_ends_the_socket() -> None:
    for odd in ("0{}", "5", "6", "44", "45", "b4AAA", "", None):
        assert heard(["40/_event,", odd, "3"], per_minute=5) == ["40/_event,", 1003]


def test_a_flood_of_pongs_ends_the_socket_too() -> None:
    assert heard(["3"] * 100, per_minute=20) == [*["3"] * 20, 1008]
