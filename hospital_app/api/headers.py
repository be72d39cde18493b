"""What every answer carries: how long it may be kept, and what a page may do."""

import re
from functools import cache
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hospital_app.api import page_scripts

#: Vite names a bundled file after its content.
HASHED = re.compile(r"^/assets/.+-[\w-]{8}\.\w+$")
YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NEVER = "no-store"

#: Swagger's page starts itself by an inline script; nothing that anybody has typed is shown there.
DOCUMENTATION = "/api/docs"
#: Answers that are no compiled page.
OF_THE_API = ("/api/", "/fhir/", "/callbacks/", "/sandbox")
_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'{scripts}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # WeChat's H5 cashier checks the origin of the page that sends the payer.
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


class Headers:
    """ASGI middleware; what an answer already says stays. `built`: the directory of the compiled front end."""

    def __init__(self, app: ASGIApp, *, over_tls: bool, built: Path) -> None:
        self.app = app
        self.hashes = cache(lambda: tuple(page_scripts.hashes(built)))
        always = SECURITY | ({"strict-transport-security": TWO_YEARS} if over_tls else {})
        self.always = [(name.encode(), value.encode()) for name, value in always.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                names = {name.lower() for name, _ in said}
                said += [header for header in self.always if header[0] not in names]
                if b"content-security-policy" not in names:
                    said.append((b"content-security-policy", self.policy(scope["path"]).encode()))
                if b"cache-control" not in names:
                    said.append((b"cache-control", keep_for(scope["path"], message["status"]).encode()))
                message = {**message, "headers": said}
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def policy(self, path: str) -> str:
        """By the address, not by what an answer is: browsers also take a 304's policy for the page that they keep."""
        if path.startswith(DOCUMENTATION):
            return _POLICY.format(scripts=" 'unsafe-inline'")
        if path.startswith(OF_THE_API) or HASHED.match(path):
            return _POLICY.format(scripts="")
        return _POLICY.format(scripts="".join(f" {each}" for each in self.hashes()))


def keep_for(path: str, status: int) -> str:
    """Cache-Control of an answer that says nothing about it itself."""
    if path.startswith(OF_THE_API):
        return NEVER
    if HASHED.match(path) and status in (200, 304):
        return YEAR
    return ASK_AGAIN
