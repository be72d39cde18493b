"""沙箱收银台：what the payer sees, and the same choices as JSON for tests."""

import sqlite3
import time
from collections.abc import Callable
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.channel_page import control_route
from hospital_app.sandbox.courier import notices_of
from hospital_app.sandbox.intake import fields_of, is_form, own_path
from hospital_app.sandbox.page import page, wall_time
from hospital_app.sandbox.payer import LATE_SECONDS, wish_of
from hospital_app.sandbox.wechat import cashier_page, orders
from hospital_app.sandbox.wechat.ledger import Order, Trouble, latest_orders, order_by_no

LISTED = 50


def cashier_routes(ledger: sqlite3.Connection, *, wake: Callable[[], None]) -> list[Route]:
    """GET the list and one cashier, POST an outcome. `wake` sends the courier on its way."""

    def listed() -> Markup:
        now = time.time()
        rows = [
            (order, orders.DESCRIBED[orders.state_of(order, now)], notices_of(ledger, order.out_trade_no))
            for order in latest_orders(ledger, LISTED)
        ]
        return cashier_page.listing(rows)

    async def listing(_: Request) -> Response:
        return page("微信支付沙箱", listed(), script="refresh.js")

    async def show(request: Request) -> Response:
        order = order_by_no(ledger, request.path_params["no"])
        if order is None:
            return _unknown()
        back = own_path(request.query_params.get("redirect_url", ""))
        return _cashier(ledger, order, back=back, refusal="")

    async def choose(request: Request) -> Response:
        fields = await fields_of(request)
        # Read after the last await: from here on nothing else moves the order.
        order = order_by_no(ledger, request.path_params["no"])
        if order is None:
            return _unknown() if is_form(request) else _refused(404, "not_found", "没有这笔支付单。")
        back = own_path(str(fields.get("redirect_url", "")))
        try:
            orders.pay(ledger, order, wish_of(fields), time.time())
        except Trouble as trouble:
            if is_form(request):
                return _cashier(ledger, order, back=back, refusal=trouble.message, status=trouble.status)
            return _refused(trouble.status, trouble.code, trouble.message)
        wake()
        if not is_form(request):
            return JSONResponse({"payment_no": order.out_trade_no, "outcome": fields["outcome"]}, 202)
        stay = f"/sandbox/cashier/{order.out_trade_no}"
        if back and fields["outcome"] != "failure":
            return RedirectResponse(back, 303)
        return RedirectResponse(f"{stay}?redirect_url={quote(back, safe='')}" if back else stay, 303)

    return [
        Route("/sandbox/cashier", listing, methods=["GET"]),
        Route("/sandbox/cashier/{no}", show, methods=["GET"]),
        Route("/sandbox/cashier/{no}", choose, methods=["POST"]),
        control_route("/sandbox/wechat", "微信支付沙箱", ledger, listing=listed, look="wechat"),
    ]


def _cashier(ledger: sqlite3.Connection, order: Order, *, back: str, refusal: str, status: int = 200) -> Response:
    now = time.time()
    state = orders.state_of(order, now)
    body = cashier_page.cashier(
        order,
        said=orders.DESCRIBED[state],
        payable=state in ("NOTPAY", "PAYERROR"),
        now=now,
        back=back,
        refusal=refusal,
        notices=notices_of(ledger, order.out_trade_no),
        late_seconds=LATE_SECONDS,
        expires=wall_time(order.expires_at),
    )
    return page("沙箱收银台", body, look="wechat", script="cashier.js", status=status)


def _unknown() -> Response:
    body = Markup('<section class="card"><p>没有这笔支付单，请回到挂号页面重新支付。</p></section>')
    return page("沙箱收银台", body, look="wechat", status=404)


def _refused(status: int, code: str, detail: str) -> Response:
    return JSONResponse({"error": code, "detail": detail}, status)
