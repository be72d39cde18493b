"""What stands around every answer: body limit, origin check, headers, errors in one shape."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

from hospital_app.api.access import allows
from hospital_app.api.app import make_api
from hospital_app.api.headers import Headers
from hospital_app.api.limits import BodyLimit
from hospital_app.api.origin import SameOriginOnly
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal


async def count(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())), headers={"x-frame-options": "SAMEORIGIN"})


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def plain_app() -> Starlette:
    return Starlette(
        routes=[
            Route("/count", count, methods=["GET", "POST"]),
            Route("/assets/{name}", count),
            Route("/api/count", count),
            WebSocketRoute("/_event", greet),
        ]
    )


def ask(app: ASGIApp, method: str, path: str, *, caller: str = "127.0.0.1", **request: Any) -> httpx.Response:
    """One request to an ASGI app, as a server would hand it in."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(caller, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://clinic.test") as client:
            return await client.request(method, path, **request)

    return asyncio.run(send())


def knock(app: ASGIApp, origin: str) -> list[str]:
    """What a websocket from a page of `origin` is answered, by the types of the messages."""
    answers: list[str] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        answers.append(message["type"])

    headers = [(b"host", b"clinic.test"), (b"origin", origin.encode())]
    asyncio.run(app({"type": "websocket", "path": "/_event", "headers": headers}, receive, send))
    return answers


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """A body whose length nobody announces."""
    for _ in range(size // 10):
        yield b"0123456789"


@pytest.mark.parametrize(("size", "status"), [(100, 200), (110, 413)])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_in_the_shape_of_the_api(size: int, status: int, announced: bool) -> None:
    body = b"x" * size if announced else in_pieces(size)
    answer = ask(BodyLimit(plain_app(), max_bytes=100), "POST", "/count", content=body)
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["error"] == "too_large"
    else:
        assert answer.text == "100"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://clinic.test", 200),
        ("https://guahao.example", 200),
        ("https://evil.example", 403),
        ("http://clinic.test.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_only_our_own_pages_may_write(origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"origin": origin}

    app = SameOriginOnly(plain_app(), public_url="https://guahao.example", cookie="guahao_session")
    write, read = (ask(app, method, "/count", headers=headers) for method in ("POST", "GET"))
    assert (write.status_code, read.status_code) == (status, 200)
    if status == 403:
        assert write.json()["error"] == "foreign_origin"


def test_a_cookie_that_does_not_say_from_which_page_it_comes_writes_nothing() -> None:
    app = SameOriginOnly(plain_app(), public_url="https://guahao.example", cookie="guahao_session")
    for cookies, status in (("guahao_session=abc", 403), ("guahao_lang=zh", 200)):
        assert ask(app, "POST", "/count", headers={"cookie": cookies}).status_code == status
    assert ask(app, "GET", "/count", headers={"cookie": "guahao_session=abc"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "answers"),
    [
        ("http://clinic.test", ["websocket.accept", "websocket.send", "websocket.close"]),
        ("http://evil.example", ["websocket.close"]),
    ],
)
def test_only_our_own_pages_may_open_a_socket(origin: str, answers: list[str]) -> None:
    app = SameOriginOnly(plain_app(), public_url="https://guahao.example", cookie="guahao_session")
    assert knock(app, origin) == answers


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/assets/root-CK8ISGao.js", "public, max-age=31536000, immutable"),
        ("/assets/logo.svg", "no-cache"),
        ("/count", "no-cache"),
        ("/api/count", "no-store"),
    ],
)
def test_how_long_an_answer_may_be_kept(path: str, kept: str, tmp_path: Path) -> None:
    assert ask(Headers(plain_app(), over_tls=False, built=tmp_path), "GET", path).headers["cache-control"] == kept


def test_every_answer_says_what_a_page_may_do_and_the_endpoint_has_the_last_word(tmp_path: Path) -> None:
    plain, over_tls = (
        ask(Headers(plain_app(), over_tls=tls, built=tmp_path), "GET", "/count").headers for tls in (False, True)
    )
    assert "default-src 'self'" in plain["content-security-policy"]
    assert plain["x-content-type-options"] == "nosniff"
    assert plain["x-frame-options"] == "SAMEORIGIN"
    assert "strict-transport-security" not in plain
    assert "strict-transport-security" in over_tls


def test_only_the_inline_scripts_of_the_compiled_pages_may_run(tmp_path: Path) -> None:
    """Their hashes as a browser counts them; nobody else's script, and none at all beside the pages."""
    (tmp_path / "queue").mkdir()
    (tmp_path / "index.html").write_text('<script>a("挂号")</script><script src="/x.js"></script>')
    (tmp_path / "queue" / "index.html").write_text('<script type="module" async="">\nb()\n</script>')
    app = Headers(plain_app(), over_tls=False, built=tmp_path)

    def scripts(path: str) -> list[str]:
        policy = ask(app, "GET", path).headers["content-security-policy"]
        return next(part.split()[1:] for part in policy.split("; ") if part.startswith("script-src"))

    wanted = [b64encode(sha256(text.encode()).digest()).decode() for text in ('a("挂号")', "\nb()\n")]
    assert sorted(scripts("/queue")) == sorted(["'self'", *(f"'sha256-{each}'" for each in wanted)])
    assert scripts("/api/count") == scripts("/assets/root-CK8ISGao.js") == ["'self'"]


class Form(BaseModel):
    amount_fen: int


def api_with_faults() -> ASGIApp:
    api = make_api()

    @api.post("/refuse")
    @allows(Right.LOOK)
    def refuse() -> None:
        raise Refusal("slot_taken", "{name}的号已被约走", 409, params={"name": "张医生"}, extra={"near": [7]})

    @api.post("/form")
    @allows(Right.LOOK)
    def form(form: Form) -> None:
        pass

    @api.get("/bug")
    @allows(Right.LOOK)
    def bug() -> None:
        raise ZeroDivisionError

    return api


def test_a_refusal_becomes_code_sentence_and_extra() -> None:
    answer = ask(api_with_faults(), "POST", "/refuse")
    assert answer.status_code == 409
    assert answer.json() == {"error": "slot_taken", "detail": "张医生的号已被约走", "near": [7]}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/no-such-thing", 404, "not_found"),
        ("DELETE", "/api/openapi.json", 405, "method_not_allowed"),
        ("POST", "/form", 422, "invalid_request"),
        ("GET", "/bug", 500, "internal_error"),
    ],
)
def test_every_fault_has_the_same_shape(method: str, path: str, status: int, code: str) -> None:
    answer = ask(api_with_faults(), method, path)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert set(answer.json()) == {"error", "detail"}


def test_the_documentation_loads_nothing_from_elsewhere() -> None:
    api = make_api()
    page = ask(api, "GET", "/api/docs").text
    assert "://" not in page.replace("http://www.w3.org", "")
    for file in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/api/docs/files/{file}" in page
        assert ask(api, "GET", f"/api/docs/files/{file}").status_code == 200
    assert ask(api, "GET", "/api/openapi.json").json()["info"]["title"]


def test_metrics_are_for_callers_inside_the_house() -> None:
    api = make_api()
    proxied = {"x-forwarded-for": "8.8.4.4"}
    assert ask(api, "GET", "/metrics", caller="8.8.4.4").status_code == 404
    assert ask(api, "GET", "/metrics", headers=proxied).status_code == 404
