"""沙箱收银台 of Alipay: as WeChat's, for trades."""

import sqlite3
import time
from collections.abc import Callable
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.alipay import trades
from hospital_app.sandbox.alipay.books import Trade, latest_trades, trade_by_no
from hospital_app.sandbox.channel_page import control_route
from hospital_app.sandbox.courier import notices_of
from hospital_app.sandbox.intake import fields_of, is_form, own_path
from hospital_app.sandbox.page import page, wall_time
from hospital_app.sandbox.payer import LATE_SECONDS, wish_of
from hospital_app.sandbox.trouble import Trouble
from hospital_app.sandbox.wechat import cashier_page

LISTED = 50


def cashier_routes(books: sqlite3.Connection, *, wake: Callable[[], None]) -> list[Route]:
    """GET one cashier, POST an outcome; the control page with the latest trades."""

    def listing() -> Markup:
        now = time.time()
        return cashier_page.listing(
            [
                (trade, trades.DESCRIBED[trades.state_of(trade, now)], notices_of(books, trade.out_trade_no))
                for trade in latest_trades(books, LISTED)
            ]
        )

    async def show(request: Request) -> Response:
        trade = trade_by_no(books, request.path_params["no"])
        if trade is None:
            return unknown()
        trades.mark_opened(books, trade)  # a scanned code leads here, too
        return _cashier(books, trade, back=own_path(request.query_params.get("redirect_url", "")))

    async def choose(request: Request) -> Response:
        fields = await fields_of(request)
        # Read after the last await: from here on nothing else moves the trade.
        trade = trade_by_no(books, request.path_params["no"])
        if trade is None:
            return unknown() if is_form(request) else _refused(404, "not_found", "没有这笔交易。")
        back = own_path(str(fields.get("redirect_url", "")))
        try:
            trades.pay(books, trade, wish_of(fields), time.time())
        except Trouble as trouble:
            if is_form(request):
                return _cashier(books, trade, back=back, refusal=trouble.message, status=trouble.status)
            return _refused(trouble.status, trouble.code, trouble.message)
        wake()
        if not is_form(request):
            return JSONResponse({"payment_no": trade.out_trade_no, "outcome": fields["outcome"]}, 202)
        stay = f"/sandbox/cashier/{trade.out_trade_no}"
        if back and fields["outcome"] != "failure":
            return RedirectResponse(back, 303)
        return RedirectResponse(f"{stay}?redirect_url={quote(back, safe='')}" if back else stay, 303)

    return [
        Route("/sandbox/cashier/{no}", show, methods=["GET"]),
        Route("/sandbox/cashier/{no}", choose, methods=["POST"]),
        control_route("/sandbox/alipay", "支付宝沙箱", books, listing=listing, look="alipay"),
    ]


def unknown(said: str = "没有这笔交易，请回到挂号页面重新支付。", status: int = 404) -> Response:
    body = Markup('<section class="card"><p>{}</p></section>').format(said)
    return page("沙箱收银台", body, look="alipay", status=status)


def _cashier(books: sqlite3.Connection, trade: Trade, *, back: str, refusal: str = "", status: int = 200) -> Response:
    now = time.time()
    state = trades.state_of(trade, now)
    body = cashier_page.cashier(
        trade,
        said=trades.DESCRIBED[state],
        payable=state == "WAIT_BUYER_PAY",
        now=now,
        back=back,
        refusal=refusal,
        notices=notices_of(books, trade.out_trade_no),
        late_seconds=LATE_SECONDS,
        expires=wall_time(trade.expires_at),
    )
    return page("沙箱收银台", body, look="alipay", script="cashier.js", status=status)


def _refused(status: int, code: str, detail: str) -> Response:
    return JSONResponse({"error": code, "detail": detail}, status)
