"""What a sandbox takes in: bounded bodies, as JSON from machines or as a form from a person's browser."""

import json
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from hospital_app.sandbox.trouble import Trouble

MAX_BODY_BYTES = 1 << 20


async def body_of(request: Request) -> bytes:
    """The whole body. Raises HTTPException 413 if it is larger than MAX_BODY_BYTES."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise HTTPException(413, "body too large")
        parts.append(part)
    return b"".join(parts)


async def fields_of(request: Request) -> dict[str, Any]:
    """The body's fields. Raises HTTPException 400 if it is neither a JSON object nor a form."""
    body = await body_of(request)
    try:
        if not is_form(request):
            fields = json.loads(body or b"{}")
        else:
            fields = dict(parse_qsl(body.decode()))
    except ValueError as failure:
        raise HTTPException(400, "the body is neither JSON nor a form") from failure
    if not isinstance(fields, dict):
        raise HTTPException(400, "the body must be an object")
    return fields


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def own_path(url: str) -> str:
    """Path and query of a return address: people go back to our own origin, never elsewhere."""
    parts = urlsplit(url.replace("\\", "/"))
    path = "/" + parts.path.lstrip("/") if parts.path.strip("/") else ""
    return f"{path}?{parts.query}" if path and parts.query else path


def callback_url(text: object) -> str:
    """A notify_url: http(s), without a query, and on this very machine, since this is a sandbox. Raises Trouble 400."""
    parts = urlsplit(str(text))
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme not in ("http", "https") or parts.query or not loopback:
        raise Trouble(400, "PARAM_ERROR", "参数错误：notify_url")
    return str(text)
