"""The frame of every sandbox page: Chinese, one stylesheet, no inline script or style, no outside request."""

from datetime import datetime
from pathlib import Path

from markupsafe import Markup
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from hospital_app.domain.calendar import HOSPITAL_ZONE

STATIC = Path(__file__).parent / "static"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

FRAME = Markup("""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/sandbox/static/sandbox.css">
<link rel="icon" href="data:,">
</head>
<body class="{look}">
<header><p class="badge">沙箱 · 不产生真实交易</p><h1>{title}</h1></header>
<main>{body}</main>
{script}
</body>
</html>
""")
SCRIPT = Markup('<script src="/sandbox/static/{name}" defer></script>')


def page(title: str, body: Markup, *, look: str = "plain", script: str = "", status: int = 200) -> HTMLResponse:
    """A whole page. `look` is a class of sandbox.css, `script` a file in static/."""
    tag = SCRIPT.format(name=script) if script else ""
    return HTMLResponse(
        FRAME.format(title=title, body=body, look=look, script=tag), status_code=status, headers=HEADERS
    )


def static_files() -> Mount:
    return Mount("/sandbox/static", StaticFiles(directory=STATIC))


def wall_time(instant: float) -> str:
    """An instant (seconds since the epoch) for a person in China."""
    return datetime.fromtimestamp(instant, HOSPITAL_ZONE).strftime("%m-%d %H:%M:%S")
