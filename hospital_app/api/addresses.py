"""A page answers at its own address. Static files alone would send `/queue` on to `/queue/`, and to http behind TLS."""

from functools import cache
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send


class PagesAtTheirAddress:
    """ASGI middleware. `built`: the directory of the compiled front end, one `<page>/index.html` for each page."""

    def __init__(self, app: ASGIApp, *, built: Path) -> None:
        self.app = app
        self.pages = cache(lambda: frozenset(_pages(built)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in self.pages():
            scope = {**scope, "path": f"{scope['path']}/"}
        await self.app(scope, receive, send)


def _pages(built: Path) -> list[str]:
    return [f"/{file.parent.relative_to(built).as_posix()}" for file in built.glob("*/**/index.html")]
