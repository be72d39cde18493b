"""The door of the pages on which people book: whose turn has not come is shown to the lobby."""

import time
from collections import OrderedDict
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hospital_app.api.lobby import new_place, place_cookie, place_of
from hospital_app.api.visitor import address_of, device_of
from hospital_app.container import container
from hospital_app.flows import lobby, scalping

BOOKING_PAGES = frozenset({"/", "/find", "/departments", "/confirm", "/waitlist"})
BELOW = "/doctor/"
OF_STAFF = frozenset({"/doctor/schedule", "/doctor/referrals"})  # a doctor's own pages
#: Whoever was inside a moment ago is not asked about again.
REMEMBERED_SECONDS = 60.0
REMEMBERED = 10_000


class LobbyDoor:
    """ASGI middleware. Other pages (slips, the queue, the desks, the screens) have no door."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.inside: OrderedDict[str, float] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _leads_to_booking(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        scalping.looked(address=address_of(request), device=device_of(request))
        if container().rules_known().lobby_per_second == 0:
            await self.app(scope, receive, send)
            return
        place = place_of(request)
        if self.inside.get(place, 0.0) > time.monotonic():
            await self.app(scope, receive, send)
            return
        cookie = place_cookie(place or (place := new_place()))
        if (await run_in_threadpool(lobby.enter, place)).inside:
            self._remember(place)
            await self.app(scope, receive, _with(send, cookie))
            return
        here = scope["path"] + (f"?{query.decode()}" if (query := scope["query_string"]) else "")
        shown = RedirectResponse(f"/lobby?next={quote(here, safe='')}", 303, {"cache-control": "no-store"})
        await shown(scope, receive, _with(send, cookie))

    def _remember(self, place: str) -> None:
        self.inside[place] = time.monotonic() + REMEMBERED_SECONDS
        self.inside.move_to_end(place)
        if len(self.inside) > REMEMBERED:
            self.inside.popitem(last=False)


def _leads_to_booking(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = scope["path"].rstrip("/") or "/"
    booking = path in BOOKING_PAGES or (path.startswith(BELOW) and path not in OF_STAFF)
    return booking and "text/html" in Request(scope).headers.get("accept", "")


def _with(send: Send, cookie: str) -> Send:
    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return send_with_cookie
