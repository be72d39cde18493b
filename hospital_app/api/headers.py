"""What every answer carries: how long it may be kept, and what a page may do."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Vite names a bundled file after its content.
HASHED = re.compile(r"^/assets/.+-[\w-]{8}\.\w+$")
YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NEVER = "no-store"

POLICY = "; ".join(
    [
        "default-src 'self'",
        # Reflex writes its hydration data and the colour scheme as inline scripts whose content differs by page.
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
SECURITY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # WeChat's H5 cashier checks the origin of the page that sends the payer.
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


class Headers:
    """ASGI middleware; what an answer already says stays."""

    def __init__(self, app: ASGIApp, *, over_tls: bool) -> None:
        self.app = app
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
                if b"cache-control" not in names:
                    said.append((b"cache-control", keep_for(scope["path"], message["status"]).encode()))
                message = {**message, "headers": said}
            await send(message)

        await self.app(scope, receive, send_with_headers)


def keep_for(path: str, status: int) -> str:
    """Cache-Control of an answer that says nothing about it itself."""
    if path.startswith(("/api/", "/fhir/", "/callbacks/", "/sandbox")):
        return NEVER
    if HASHED.match(path) and status in (200, 304):
        return YEAR
    return ASK_AGAIN
