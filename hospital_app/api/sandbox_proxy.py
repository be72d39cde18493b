"""沙箱的人用页面 on the public port: what people and tests need of the sandboxes, and nothing else.

The merchant's API, the FHIR server and the SMS protocol stay on loopback. Cookies never reach a sandbox.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from urllib.parse import quote

import httpx
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from starlette.background import BackgroundTask

from hospital_app.domain.authority import Right, marked
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.flows import sandbox

ALIPAY_DOOR = "/sandbox/alipay/gateway.do"  # where a payer's browser brings its order
#: (path, methods, the sandboxes of which one serves it; "" is any: the index and the static files are alike in all)
OPEN: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/sandbox", ("GET",), ""),
    ("/sandbox/static/{name}", ("GET",), ""),
    ("/sandbox/cashier", ("GET",), "wechat"),
    ("/sandbox/cashier/{payment_no}", ("GET", "POST"), "wechat alipay"),
    ("/sandbox/wechat", ("GET", "POST"), "wechat"),
    ("/sandbox/alipay", ("GET", "POST"), "alipay"),
    (ALIPAY_DOOR, ("GET",), "alipay"),
    ("/sandbox/sms", ("GET", "POST"), "sms"),
    ("/sandbox/identity", ("GET",), "identity"),
    ("/sandbox/identity/wechat/connect/oauth2/authorize", ("GET", "POST"), "identity"),
    ("/sandbox/identity/alipay/oauth2/publicAppAuthorize.htm", ("GET", "POST"), "identity"),
    ("/sandbox/authenticator", ("GET", "POST"), "authenticator"),
    ("/sandbox/insurance", ("GET", "POST"), "insurance"),
    ("/sandbox/insurance/authorise", ("GET", "POST"), "insurance"),
    ("/sandbox/invoice", ("GET", "POST"), "invoice"),
    ("/sandbox/invoice/{code}", ("GET",), "invoice"),
    ("/sandbox/his", ("GET", "POST"), "his"),
    ("/sandbox/his/{kind}", ("GET",), "his"),
    ("/sandbox/his/{kind}/{id}/_history", ("GET",), "his"),
)
PASSED_ON = ("accept", "accept-language", "content-type", "content-length")
HANDED_BACK = (
    "content-type",
    "content-length",
    "content-security-policy",
    "cache-control",
    "etag",
    "last-modified",
    "location",
    "referrer-policy",
    "x-content-type-options",
)
TIMEOUT_SECONDS = 10
DOWN = "沙箱没有在运行，请稍候再试；若一直如此，请重新启动演示系统。"
DOWN_PAGE = f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>沙箱没有在运行</title></head>
<body><main><h1>沙箱没有在运行</h1><p>{DOWN}</p><p><a href="/">回到首页</a></p></main></body></html>
"""


def sandbox_router(ports: Mapping[str, int]) -> APIRouter:
    """Routes for the sandboxes whose loopback port is not 0; none for the others."""
    router = APIRouter(include_in_schema=False)
    configured = {name: f"http://127.0.0.1:{port}" for name, port in ports.items() if port}
    # A connection for each request: nothing to close, nothing that belongs to one event loop.
    transport = httpx.AsyncHTTPTransport(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
    client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT_SECONDS, trust_env=False)
    alipay = configured.get("alipay", "")
    for path, methods, names in OPEN:
        targets = [configured[name] for name in names.split() or configured if name in configured]
        if targets:
            endpoint = _passing_on(client, targets, path, alipay=alipay)
            router.add_api_route(path, endpoint, methods=list(methods), response_model=None)
    return router


def _passing_on(
    client: httpx.AsyncClient, targets: list[str], path: str, *, alipay: str
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that asks the first of the targets that is alive and knows of it."""

    async def endpoint(request: Request) -> Response:
        names = request.path_params
        if {".", ".."} & set(names.values()):
            raise not_found("页面")
        there = path.format_map({name: quote(value, safe="") for name, value in names.items()})
        body = await request.body() if request.method == "POST" else None
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        for target in targets:
            url = f"{target}{there}?{request.url.query}"
            asked = client.build_request(request.method, url, headers=headers, content=body)
            try:
                answer = await client.send(asked, stream=True)
            except httpx.TransportError:
                continue
            if answer.status_code == 404 and target != targets[-1]:
                await answer.aclose()
                continue
            unknown = answer.status_code == 404 and request.method == "POST"
            if unknown and target == alipay and await _came_to_alipay(client, target, names):
                await answer.aclose()
                again = client.build_request("POST", url, headers=headers, content=body)
                answer = await client.send(again, stream=True)
            return StreamingResponse(
                _relayed(answer),
                answer.status_code,
                {name: answer.headers[name] for name in HANDED_BACK if name in answer.headers},
                background=BackgroundTask(answer.aclose),
            )
        return _down(request)

    return marked(endpoint, Right.USE_SANDBOX)


async def _came_to_alipay(client: httpx.AsyncClient, target: str, names: Mapping[str, str]) -> bool:
    """A WAP order is at Alipay only once a browser has brought it there: done for those who pay by POST alone."""
    address = await run_in_threadpool(sandbox.cashier_of, payment_no=names.get("payment_no", ""))
    return address.startswith(f"{ALIPAY_DOOR}?") and (await client.get(f"{target}{address}")).is_redirect


async def _relayed(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_raw():
        yield chunk


def _down(request: Request) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(DOWN_PAGE, 503)
    raise Refusal("sandbox_down", DOWN, 503)
