"""Only frames that the front end sends: text, of engine.io's and socket.io's kinds that a client of ours needs; and no
more of them in a minute than a page can have to send."""

import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Close, ping, pong; a message that connects, disconnects, is an event or acknowledges one. Nothing binary.
FRAME = re.compile(r"[123]|4[0-3]")
UNSUPPORTED = 1003
TOO_MANY = 1008
MINUTE_SECONDS = 60.0


class WholeFrames:
    """ASGI middleware: at any other frame, or one too many, a socket is over, as if its client had hung up.

    Events have a budget of their own that tells their sender to wait (state/floods.py); this one counts whatever comes,
    so that pings and noise have an end too. `per_minute`: of one socket.
    """

    def __init__(self, app: ASGIApp, *, per_minute: int) -> None:
        self.app = app
        self.per_minute = per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        began, came = time.monotonic(), 0

        async def receive_whole() -> Message:
            nonlocal began, came
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            if time.monotonic() - began >= MINUTE_SECONDS:
                began, came = time.monotonic(), 0
            came += 1
            if not FRAME.match(message.get("text") or ""):
                return {"type": "websocket.disconnect", "code": UNSUPPORTED}
            if came > self.per_minute:
                return {"type": "websocket.disconnect", "code": TOO_MANY}
            return message

        await self.app(scope, receive_whole, send)
