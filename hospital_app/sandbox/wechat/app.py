"""The WeChat sandbox's process: API v3 for the merchant, a cashier for the payer, callbacks by courier."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hospital_app import clock
from hospital_app.sandbox import chaos
from hospital_app.sandbox.cashier import cashier_routes
from hospital_app.sandbox.channel_page import control_route
from hospital_app.sandbox.courier import Courier, Notice, on_duty
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.intake import body_of
from hospital_app.sandbox.wechat import notices, orders, refunds
from hospital_app.sandbox.wechat.bills import Counter
from hospital_app.sandbox.wechat.cashier import listing_route
from hospital_app.sandbox.wechat.cashier import till as wechat_till
from hospital_app.sandbox.wechat.flows import flow_route
from hospital_app.sandbox.wechat.ledger import (
    Order,
    Trouble,
    order_by_no,
    order_by_transaction,
    refund_by_no,
)
from hospital_app.sandbox.wechat.past import past_routes
from hospital_app.sandbox.wechat.signing import BadSignature, Platform, check_request, signed_headers

#: (HTTP status, JSON answer or None for an empty one)
Answer = tuple[int, dict[str, Any] | None]
Handler = Callable[[Request, dict[str, Any]], Awaitable[Answer]]


def wechat_app(
    ledger: sqlite3.Connection, platform: Platform, *, retry_scale: float = 1, refund_seconds: float = 1
) -> Starlette:
    """`retry_scale` shortens the vendor's retry rhythm; `refund_seconds` is how long a refund takes."""

    def resource(notice: Notice) -> dict[str, object]:
        if notice.kind == "refund":
            refund = refund_by_no(ledger, notice.number)
            assert refund is not None, notice
            return refunds.resource(ledger, platform.mchid, refund)
        order = order_by_no(ledger, notice.number)
        assert order is not None, notice
        return orders.transaction(ledger, platform, order, time.time())

    def move_money(now: float) -> None:
        orders.capture_due(ledger, now)
        refunds.settle_due(ledger, now)

    courier = Courier(
        ledger,
        message=lambda notice: notices.message(platform, notice, resource(notice)),
        accepted=notices.accepted,
        rhythm_seconds=notices.RHYTHM_SECONDS,
        before_round=move_money,
        retry_scale=retry_scale,
    )
    till = wechat_till(ledger, wake=courier.wake)

    counter = Counter(ledger, platform)

    async def create(request: Request, asked: dict[str, Any]) -> Answer:
        kind = request.path_params["kind"]
        if kind not in orders.TRADE_TYPES:
            raise Trouble(404, "RESOURCE_NOT_EXISTS", "没有这个接口")
        order = orders.create(ledger, platform, kind=kind, asked=asked, now=time.time())
        if kind == "jsapi":
            return 200, {"prepay_id": order.prepay_id}
        url = f"/sandbox/cashier/{order.out_trade_no}?prepay_id={order.prepay_id}"
        return 200, {"h5_url" if kind == "h5" else "code_url": url}

    async def query(request: Request, _: dict[str, Any]) -> Answer:
        _require_merchant(platform, request.query_params.get("mchid"))
        order = _known(order_by_no(ledger, request.path_params["no"]))
        return 200, orders.transaction(ledger, platform, order, time.time())

    async def query_by_id(request: Request, _: dict[str, Any]) -> Answer:
        _require_merchant(platform, request.query_params.get("mchid"))
        order = _known(order_by_transaction(ledger, request.path_params["id"]))
        return 200, orders.transaction(ledger, platform, order, time.time())

    async def close(request: Request, asked: dict[str, Any]) -> Answer:
        _require_merchant(platform, asked.get("mchid"))
        orders.close(ledger, _known(order_by_no(ledger, request.path_params["no"])), time.time())
        return 204, None

    async def refund(_: Request, asked: dict[str, Any]) -> Answer:
        made = refunds.refund(ledger, asked=asked, settle_seconds=refund_seconds, now=time.time())
        courier.wake()
        return 200, refunds.answer(ledger, made)

    async def bill(request: Request, _: dict[str, Any]) -> Answer:
        here = f"{request.url.scheme}://{request.url.netloc}/v3/billdownload/file"
        kind = request.path_params["kind"]
        if kind not in ("tradebill", "fundflowbill") or request.query_params.get("tar_type") != "GZIP":
            raise Trouble(400, "PARAM_ERROR", "参数错误：tar_type")
        return 200, counter.order(kind, request.query_params.get("bill_date", ""), here=here)

    async def download(request: Request) -> Response:
        _authentic(platform, request, b"")
        packed = counter.fetch(request.query_params.get("token", ""))
        return Response(packed or b"", 200 if packed else 404, media_type="application/octet-stream")

    async def query_refund(request: Request, _: dict[str, Any]) -> Answer:
        found = refund_by_no(ledger, request.path_params["no"])
        if found is None:
            raise Trouble(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return 200, refunds.answer(ledger, found)

    def v3(path: str, method: str, handler: Handler) -> Route:
        return Route(f"/v3/{path}", _signed(ledger, platform, handler), methods=[method])

    return Starlette(
        lifespan=partial(on_duty, courier, ledger),
        routes=[
            v3("pay/transactions/out-trade-no/{no}/close", "POST", close),
            v3("pay/transactions/out-trade-no/{no}", "GET", query),
            v3("pay/transactions/id/{id}", "GET", query_by_id),
            v3("pay/transactions/{kind}", "POST", create),
            v3("refund/domestic/refunds", "POST", refund),
            v3("refund/domestic/refunds/{no}", "GET", query_refund),
            Route("/v3/billdownload/file", download, methods=["GET"]),
            v3("bill/{kind}", "GET", bill),
            *cashier_routes(till),
            listing_route(till),
            control_route("/sandbox/wechat", "微信支付沙箱", ledger, listing=till.listing, look=till.look),
            *past_routes(ledger),
            flow_route(ledger),
            *common_routes(),
        ],
    )


def _signed(
    ledger: sqlite3.Connection, platform: Platform, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    """Check the merchant's signature, answer in the vendor's form, sign what is answered; or go wrong, if asked to."""
    broken: Answer = (500, {"code": "SYSTEM_ERROR", "message": "系统繁忙"})

    async def endpoint(request: Request) -> Response:
        body = await body_of(request)
        fate = chaos.answer(ledger)
        try:
            asked = _authentic(platform, request, body)
            status, answer = broken if fate == "error before" else await handler(request, asked)
        except Trouble as trouble:
            status, answer = trouble.status, {"code": trouble.code, "message": trouble.message}
        if fate == "timeout":
            await asyncio.sleep(chaos.settings(ledger)["timeout_seconds"])
        if fate == "error after":
            status, answer = broken
        content = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
        headers = signed_headers(platform, content, clock.now())
        return Response(content, status, headers, media_type="application/json" if content else None)

    return endpoint


def _authentic(platform: Platform, request: Request, body: bytes) -> dict[str, Any]:
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    authorization = request.headers.get("authorization", "")
    try:
        check_request(
            platform,
            authorization=authorization,
            method=request.method,
            target=target,
            body=body,
            now=clock.now(),
        )
        asked = json.loads(body or b"{}")
    except BadSignature as failure:
        raise Trouble(401, "SIGN_ERROR", str(failure)) from failure
    except ValueError as failure:
        raise Trouble(400, "PARAM_ERROR", "报文不是 JSON") from failure
    if not isinstance(asked, dict):
        raise Trouble(400, "PARAM_ERROR", "报文不是 JSON 对象")
    return asked


def _require_merchant(platform: Platform, mchid: object) -> None:
    if mchid != platform.mchid:
        raise Trouble(400, "PARAM_ERROR", "参数错误：mchid")


def _known(order: Order | None) -> Order:
    if order is None:
        raise Trouble(404, "ORDER_NOT_EXIST", "订单不存在")
    return order
