"""Only frames that the front end sends: text, of engine.io's and socket.io's kinds that a client of ours needs."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Close, ping, pong; a message that connects, disconnects, is an event or acknowledges one. Nothing binary.
FRAME = re.compile(r"[123]|4[0-3]")
UNSUPPORTED = 1003


class WholeFrames:
    """ASGI middleware: at any other frame a socket is over, as if its client had hung up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        async def receive_whole() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not FRAME.match(message.get("text") or ""):
                return {"type": "websocket.disconnect", "code": UNSUPPORTED}
            return message

        await self.app(scope, receive_whole, send)
