"""排队入场：the crowd waits here, on a plain page with one quiet connection each, until it is let in to book."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hospital_app.api.access import allows
from hospital_app.api.lobby_page import drawn
from hospital_app.api.shapes import Answer, Instant
from hospital_app.api.visitor import Caller, address_of, device_of
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import local
from hospital_app.flows import lobby, scalping
from hospital_app.flows.lobby import LOOK_SECONDS, Board, View

router = APIRouter(tags=["lobby"])

#: A browser opens a new connection by itself; so that none lives for ever.
CONNECTION_SECONDS = 600.0

PLACE = re.compile(r"[\w-]{16,64}", re.ASCII)
GivenPlace = Annotated[str | None, Header(alias="X-Guahao-Place", pattern=f"^{PLACE.pattern}$")]


class Place(Answer):
    """`place`: send it as `X-Guahao-Place` from now on. `seconds` is an estimate."""

    place: str
    inside: bool
    ahead: int
    seconds: int
    release_at: Instant | None
    now: Instant


def place_of(request: Request) -> str:
    """The place that a caller already has: a client's own header, or a browser's cookie."""
    given = request.headers.get("x-guahao-place") or request.cookies.get(container().settings.place_cookie, "")
    return given if PLACE.fullmatch(given) else ""


def new_place() -> str:
    return secrets.token_urlsafe(24)


def place_cookie(place: str) -> str:
    """The whole header: the door in front of the pages has no Response to put it on."""
    settings = container().settings
    seconds = container().rules_known().lobby_pass_minutes * 60 * 4
    secure = "; Secure" if settings.secure_cookies else ""
    return f"{settings.place_cookie}={place}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


async def let_in(request: Request, caller: Caller) -> None:
    """Dependency of what books: raises Refusal wait_in_line (429)."""
    if not lobby.is_quiet():
        await run_in_threadpool(lambda: lobby.check(caller.actor(), place=place_of(request)))


LET_IN = [Depends(let_in)]


@router.get("/lobby", response_class=HTMLResponse, include_in_schema=False)
@allows(Right.LOOK)
async def page(request: Request, next: str = "/") -> Response:
    """The page of those who wait."""
    answer = HTMLResponse(drawn(next), headers={"cache-control": "no-store"})
    if not place_of(request):
        answer.headers.append("set-cookie", place_cookie(new_place()))
    return answer


@router.post("/api/v1/lobby", summary="排队入场")
@allows(Right.LOOK)
async def stand(request: Request, response: Response, given: GivenPlace = None) -> Place:
    """Takes a place in the line, or tells where the one that is given stands.

    Ask again every few seconds until `inside`, then book with the same `X-Guahao-Place`. Usually there is no line.
    """
    place = given or place_of(request) or new_place()
    scalping.looked(address=address_of(request), device=device_of(request))
    seen = await run_in_threadpool(lobby.enter, place)
    response.headers.append("set-cookie", place_cookie(place))
    return Place(
        place=place,
        inside=seen.inside,
        ahead=seen.ahead,
        seconds=seen.seconds,
        release_at=seen.release_at,
        now=seen.now,
    )


@router.get("/api/v1/lobby/events", summary="排队进度（服务器推送）", response_class=StreamingResponse)
@allows(Right.LOOK)
async def events(request: Request) -> StreamingResponse:
    """Server-sent events: `{inside, ahead, seconds, release_at, now}`; the last one says `inside`."""
    place = place_of(request) or new_place()
    seen = await run_in_threadpool(lobby.enter, place)
    answer = StreamingResponse(_told(seen), media_type="text/event-stream", headers={"x-accel-buffering": "no"})
    answer.headers.append("set-cookie", place_cookie(place))
    return answer


@dataclass(slots=True)
class _Hall:
    """Everybody who waits at this process: while there is somebody, one task looks at the line once a second."""

    board: Board
    listeners: int = 0
    watch: asyncio.Task[None] | None = None
    looked: bool = False

    def join(self) -> None:
        self.listeners += 1
        if self.watch is None:
            self.looked = False
            self.watch = asyncio.create_task(self._look())

    def leave(self) -> None:
        self.listeners -= 1

    async def _look(self) -> None:
        try:
            while self.listeners:
                await run_in_threadpool(self.board.look)
                self.looked = True
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self.watch = None


_hall = _Hall(lobby.new_board())


async def _told(seen: View) -> AsyncIterator[str]:
    """Often to those in front, seldom to those far behind: ten thousand of them must cost little."""
    turn, until = seen.turn, asyncio.get_running_loop().time() + CONNECTION_SECONDS
    _hall.join()
    try:
        while True:
            yield _event(seen)
            if seen.inside or asyncio.get_running_loop().time() > until:
                return
            await asyncio.sleep(LOOK_SECONDS if seen.ahead < 100 else 3 if seen.ahead < 1000 else 5)
            if _hall.looked:
                seen = _hall.board.view(turn)
    finally:
        _hall.leave()


def _event(seen: View) -> str:
    told = {
        "inside": seen.inside,
        "ahead": seen.ahead,
        "seconds": seen.seconds,
        "release_at": local(seen.release_at).isoformat() if seen.release_at else None,
        "now": local(seen.now).isoformat(),
    }
    return f"data: {json.dumps(told)}\n\n"
