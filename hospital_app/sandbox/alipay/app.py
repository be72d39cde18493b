"""The Alipay sandbox's process: the gateway for the merchant, a cashier for the payer, callbacks by courier."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox import chaos
from hospital_app.sandbox.alipay import notices, trades
from hospital_app.sandbox.alipay.answers import answer_to
from hospital_app.sandbox.alipay.cashier import till as alipay_till
from hospital_app.sandbox.alipay.past import past_routes
from hospital_app.sandbox.alipay.signing import Fault, Platform, authentic, signed_answer
from hospital_app.sandbox.cashier import cashier_routes
from hospital_app.sandbox.channel_page import control_route
from hospital_app.sandbox.courier import Courier, on_duty
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.intake import body_of, own_path

PAGES = ("alipay.trade.wap.pay", "alipay.trade.page.pay")
BILL_URL_SECONDS = 30


def alipay_app(books: sqlite3.Connection, platform: Platform, *, retry_scale: float = 1) -> Starlette:
    """`retry_scale` shortens the vendor's retry rhythm."""
    tokens: dict[str, tuple[float, bytes]] = {}
    courier = Courier(
        books,
        message=lambda notice: notices.message(books, platform, notice),
        accepted=notices.accepted,
        rhythm_seconds=notices.RHYTHM_SECONDS,
        before_round=lambda now: trades.capture_due(books, now),
        retry_scale=retry_scale,
    )
    till = alipay_till(books, wake=courier.wake)

    async def gateway(request: Request) -> Response:
        asked = await _asked(request)
        fate = chaos.answer(books)
        if fate == "error before":
            return _signed(platform, asked, Fault("20000", "isp.unknow-error", "系统繁忙").content)
        try:
            content = authentic(platform, asked)
            said = answer_to(books, asked, content, here=_bill_url(request), tokens=tokens, seller=platform.seller_id)
            said = {"code": "10000", "msg": "Success", **said}
        except Fault as fault:
            if not fault.business:
                return _plainly(fault)
            said = fault.content
        courier.wake()
        if fate == "timeout":
            await asyncio.sleep(chaos.settings(books)["timeout_seconds"])
        if fate == "error after":
            said = Fault("20000", "isp.unknow-error", "系统繁忙").content
        return _signed(platform, asked, said)

    async def pages(request: Request) -> Response:
        """Where a payer's browser brings a signed order: to its cashier."""
        asked = await _asked(request)
        try:
            content = authentic(platform, asked)
            if asked["method"] not in PAGES:
                raise Fault("40002", "isv.invalid-method", "不存在的方法名")
            trade = trades.open_trade(books, content, notify_url=asked.get("notify_url"), opened=True, now=time.time())
        except Fault as fault:
            return till.unknown(f"{fault.content['sub_msg']}（{fault.content['sub_code']}）", 400)
        back = own_path(asked.get("return_url", ""))
        there = f"/sandbox/cashier/{trade.out_trade_no}"
        return RedirectResponse(f"{there}?redirect_url={quote(back, safe='')}" if back else there, 303)

    async def bill(request: Request) -> Response:
        made_at, packed = tokens.get(request.query_params.get("token", ""), (0.0, b""))
        if time.time() - made_at > BILL_URL_SECONDS:
            return Response("url expired", 403)
        return Response(packed, media_type="application/zip")

    return Starlette(
        lifespan=partial(on_duty, courier, books),
        routes=[
            Route("/gateway.do", gateway, methods=["GET", "POST"]),
            Route("/sandbox/alipay/gateway.do", pages, methods=["GET", "POST"]),
            Route("/bill", bill, methods=["GET"]),
            *cashier_routes(till),
            control_route("/sandbox/alipay", "支付宝沙箱", books, listing=till.listing, look=till.look),
            *past_routes(books),
            *common_routes(),
        ],
    )


async def _asked(request: Request) -> dict[str, str]:
    return dict(request.query_params) | dict(parse_qsl((await body_of(request)).decode(errors="replace")))


def _bill_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/bill"


def _signed(platform: Platform, asked: Mapping[str, str], said: Mapping[str, Any]) -> Response:
    return Response(signed_answer(platform, asked.get("method", ""), said), media_type="text/html;charset=utf-8")


def _plainly(fault: Fault) -> Response:
    return Response(
        json.dumps({"error_response": fault.content}, ensure_ascii=False), media_type="text/html;charset=utf-8"
    )
