"""Calendars that are kept ready: bytes of Redis, answered by the event loop itself.

An ordinary endpoint resolves dependencies, validates, asks for a thread and encodes. What everybody looks at all the
time does without: a request of the usual form is answered here, anything else goes the ordinary way.
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from hospital_app.api.visitor import address_of, device_of
from hospital_app.domain.errors import Refusal
from hospital_app.domain.ready import KeptCalendar
from hospital_app.domain.schedule import Provider, read_provider
from hospital_app.flows import budgets, calendar_reads, scalping

DAYS = re.compile(rb"(?:days=([1-9]|1\d|2[0-8]))?\Z")
DEFAULT_DAYS = 7


class KeptReady(APIRoute):
    """The route of a calendar. Everybody may look, as `allows(Right.LOOK)` says; the budget of reading is spent."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        ordinary = super().get_route_handler()

        async def handle(request: Request) -> Response:
            kept = await _kept(request)
            if kept is None:
                return await ordinary(request)
            address = address_of(request)
            budgets.spend_reading(address)
            scalping.looked(address=address, device=device_of(request))
            return answer(request, kept)

        return handle


def answer(request: Request, kept: KeptCalendar) -> Response:
    """The calendar, or 304 for who has it already."""
    tag = f'W/"{kept.etag}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(kept.body, headers=headers, media_type="application/json")


async def _kept(request: Request) -> KeptCalendar | None:
    days = DAYS.match(request.scope["query_string"])
    provider = _provider(request.scope["path_params"])
    if days is None or provider is None:
        return None
    return await calendar_reads.current(provider, int(days[1] or DEFAULT_DAYS))


def _provider(named: dict[str, str]) -> str | None:
    if "doctor_id" in named:
        number = named["doctor_id"]
        return Provider(int(number)).key if number.isascii() and number.isdigit() and len(number) < 10 else None
    try:
        return read_provider(named["provider"]).key
    except Refusal:
        return None
