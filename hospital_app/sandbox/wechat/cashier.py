"""沙箱收银台 of WeChat Pay, and its list of the latest orders."""

import sqlite3
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hospital_app.sandbox.cashier import Till
from hospital_app.sandbox.page import page
from hospital_app.sandbox.wechat import orders
from hospital_app.sandbox.wechat.ledger import Order, latest_orders, order_by_no


def till(ledger: sqlite3.Connection, *, wake: Callable[[], None]) -> Till[Order]:
    return Till(
        books=ledger,
        look="wechat",
        find=partial(order_by_no, ledger),
        latest=partial(latest_orders, ledger),
        state=orders.state_of,
        described=orders.DESCRIBED,
        payable=frozenset({"NOTPAY", "PAYERROR"}),
        pay=partial(orders.pay, ledger),
        opened=lambda _: None,  # an order is there before its payer comes
        wake=wake,
    )


def listing_route(till: Till[Order]) -> Route:
    async def listing(_: Request) -> Response:
        return page("微信支付沙箱", till.listing(), script="refresh.js")

    return Route("/sandbox/cashier", listing, methods=["GET"])
