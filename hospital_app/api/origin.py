"""Only our own pages may use a visitor's cookies: sockets and writes from another origin are refused.

Browsers send `Origin` with every socket and every write, and scripts cannot forge it. Who sends none is not a browser:
such a client has a token of its own, and whatever brings a visitor's cookie without saying from where is refused.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from hospital_app.api.errors import refused
from hospital_app.domain.errors import Refusal

READING = {"GET", "HEAD", "OPTIONS"}
FOREIGN = Refusal("foreign_origin", "请求来自其他网站，已被拒绝；请从本院页面操作。", 403)


class SameOriginOnly:
    """ASGI middleware. `public_url` is an origin of ours whatever Host a proxy puts in; `cookie` opens a session."""

    def __init__(self, app: ASGIApp, *, public_url: str, cookie: str) -> None:
        self.app = app
        self.cookie = cookie
        self.public_host = urlsplit(public_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writes = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in READING)
        if not writes or self._ours(Headers(scope=scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})
        else:
            await refused(Request(scope), FOREIGN)(scope, receive, send)

    def _ours(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return f"{self.cookie}=" not in headers.get("cookie", "")
        host = urlsplit(origin).netloc.lower()
        return bool(host) and host in (headers.get("host", "").lower(), self.public_host)
