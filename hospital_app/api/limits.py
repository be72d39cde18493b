"""No request body larger than a form of ours could be; two uploads may be larger (uploads.py)."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hospital_app.api.errors import HTTP_FAULTS, refused
from hospital_app.api.uploads import largest_body
from hospital_app.domain.errors import Refusal

MAX_BODY_BYTES = 64 * 1024
TOO_LARGE = Refusal(*HTTP_FAULTS[413], 413)


class BodyLimit:
    """ASGI middleware: answers 413 at the announced length, or as soon as more than that has come."""

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced, most = Headers(scope=scope).get("content-length", "0"), largest_body(scope["path"], self.max_bytes)
        if not announced.isdigit() or int(announced) > most:
            await refused(Request(scope), TOO_LARGE)(scope, receive, send)
            return
        came = 0
        answered = False

        async def receive_counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            # Whoever reads on sees the caller gone; whatever it answers to that is replaced below.
            return {"type": "http.disconnect"} if came > most else message

        async def send_refusal_instead(message: Message) -> None:
            nonlocal answered
            if came <= most:
                await send(message)
            elif not answered:
                answered = True
                await refused(Request(scope), TOO_LARGE)(scope, receive, send)

        try:
            await self.app(scope, receive_counted, send_refusal_instead)
        except ClientDisconnect:
            if came <= most:
                raise
            await send_refusal_instead({"type": "http.response.start"})
