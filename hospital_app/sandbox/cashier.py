"""沙箱收银台: what the payer of any channel sees, and the same choices as JSON for tests."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox import cashier_page
from hospital_app.sandbox.cashier_page import Bill
from hospital_app.sandbox.courier import notices_of
from hospital_app.sandbox.intake import fields_of, is_form, own_path
from hospital_app.sandbox.page import page, wall_time
from hospital_app.sandbox.payer import LATE_SECONDS, Wish, wish_of
from hospital_app.sandbox.trouble import Trouble

LISTED = 50
Order = TypeVar("Order", bound=Bill)
UNKNOWN = "没有这笔订单，请回到挂号页面重新支付。"


@dataclass(frozen=True, slots=True)
class Till(Generic[Order]):
    """What a channel's cashier works with. `state` takes an order and the time, `pay` raises Trouble."""

    books: sqlite3.Connection
    look: str
    find: Callable[[str], Order | None]
    latest: Callable[[int], Sequence[Order]]
    state: Callable[[Order, float], str]
    described: Mapping[str, str]
    payable: frozenset[str]
    pay: Callable[[Order, Wish, float], None]
    opened: Callable[[Order], None]
    wake: Callable[[], None]  # sends the courier on its way

    def listing(self) -> Markup:
        """The latest orders."""
        now = time.time()
        return cashier_page.listing(
            [
                (order, self.described[self.state(order, now)], notices_of(self.books, order.out_trade_no))
                for order in self.latest(LISTED)
            ]
        )

    def drawn(self, order: Order, *, back: str, refusal: str = "", status: int = 200) -> Response:
        now = time.time()
        state = self.state(order, now)
        body = cashier_page.cashier(
            order,
            said=self.described[state],
            payable=state in self.payable,
            now=now,
            back=back,
            refusal=refusal,
            notices=notices_of(self.books, order.out_trade_no),
            late_seconds=LATE_SECONDS,
            expires=wall_time(order.expires_at),
        )
        return page("沙箱收银台", body, look=self.look, script="cashier.js", status=status)

    def unknown(self, said: str = UNKNOWN, status: int = 404) -> Response:
        body = Markup('<section class="card"><p>{}</p></section>').format(said)
        return page("沙箱收银台", body, look=self.look, status=status)


def cashier_routes(till: Till[Order]) -> list[Route]:
    """GET one cashier, POST an outcome."""

    async def show(request: Request) -> Response:
        order = till.find(request.path_params["no"])
        if order is None:
            return till.unknown()
        till.opened(order)  # a scanned code leads here, too
        return till.drawn(order, back=own_path(request.query_params.get("redirect_url", "")))

    async def choose(request: Request) -> Response:
        fields = await fields_of(request)
        # Read after the last await: from here on nothing else moves the order.
        order = till.find(request.path_params["no"])
        if order is None:
            return till.unknown() if is_form(request) else _refused(404, "not_found", "没有这笔订单。")
        back = own_path(str(fields.get("redirect_url", "")))
        try:
            till.pay(order, wish_of(fields), time.time())
        except Trouble as trouble:
            if is_form(request):
                return till.drawn(order, back=back, refusal=trouble.message, status=trouble.status)
            return _refused(trouble.status, trouble.code, trouble.message)
        till.wake()
        if not is_form(request):
            return JSONResponse({"payment_no": order.out_trade_no, "outcome": fields["outcome"]}, 202)
        stay = f"/sandbox/cashier/{order.out_trade_no}"
        if back and fields["outcome"] != "failure":
            return RedirectResponse(back, 303)
        return RedirectResponse(f"{stay}?redirect_url={quote(back, safe='')}" if back else stay, 303)

    return [
        Route("/sandbox/cashier/{no}", show, methods=["GET"]),
        Route("/sandbox/cashier/{no}", choose, methods=["POST"]),
    ]


def _refused(status: int, code: str, detail: str) -> Response:
    return JSONResponse({"error": code, "detail": detail}, status)
