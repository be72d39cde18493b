"""The bureau's process: takes signed transactions from the product, and shows people what it knows."""

import sqlite3
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox import chaos
from hospital_app.sandbox.courier import Courier, on_duty
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.insurance import notices, troubles
from hospital_app.sandbox.insurance.authorising import authorising_routes
from hospital_app.sandbox.insurance.books import is_up, set_means, switch
from hospital_app.sandbox.insurance.csb import csb_door
from hospital_app.sandbox.insurance.keys import AuthorityKeys, InsuranceKeys, MobileKeys
from hospital_app.sandbox.insurance.mobile import mobile_routes, platform_envelope
from hospital_app.sandbox.insurance.page import overview
from hospital_app.sandbox.insurance.past import past_routes
from hospital_app.sandbox.insurance.policy import Means
from hospital_app.sandbox.intake import fields_of, is_form
from hospital_app.sandbox.page import page
from hospital_app.sandbox.trouble import Trouble


def insurance_app(
    books: sqlite3.Connection,
    keys: InsuranceKeys,
    mobile_keys: MobileKeys,
    authority: AuthorityKeys,
    *,
    notify_url: str = "",
    retry_scale: float = 1,
) -> Starlette:
    """`POST /csb` with the national envelope, mobile payment's paths with its own; pages under /sandbox/insurance.

    `notify_url`: where the hospital hears 6302; empty: nowhere.
    """
    courier = Courier(
        books,
        message=partial(notices.message, books, platform_envelope(mobile_keys)),
        accepted=notices.accepted,
        rhythm_seconds=notices.RHYTHM_SECONDS,
        before_round=lambda _: None,
        retry_scale=retry_scale,
    )

    def paid(pay_order_id: str) -> None:
        notices.owe(books, pay_order_id=pay_order_id, url=notify_url)
        courier.wake()

    async def show(_: Request) -> Response:
        return page("医保局沙箱", overview(books), script="refresh.js")

    async def control(request: Request) -> Response:
        given = await fields_of(request)
        try:
            _control(books, given)
        except (troubles.Malformed, Trouble) as fault:
            return JSONResponse({"error": "malformed", "detail": str(fault)}, 422)
        if is_form(request):
            return RedirectResponse("/sandbox/insurance", 303)
        return JSONResponse({"up": is_up(books), "chaos": troubles.chaos(books), "callbacks": chaos.settings(books)})

    return Starlette(
        routes=[
            Route("/csb", csb_door(books, keys), methods=["POST"]),
            Route("/sandbox/insurance", show, methods=["GET"]),
            Route("/sandbox/insurance", control, methods=["POST"]),
            *mobile_routes(books, mobile_keys, paid=paid),
            *authorising_routes(books, authority, institution=keys.institution_code),
            *past_routes(books),
            *common_routes(),
        ],
        lifespan=partial(on_duty, courier, books),
    )


def _control(books: sqlite3.Connection, given: dict[str, Any]) -> None:
    """One of: up; infno + trouble (+ seconds, times); seed + rates (+ seconds); what becomes of callbacks; calm;
    certno + means. Raises Malformed or Trouble.
    """
    if "trouble" in given:
        troubles.order(
            books,
            infno=str(given.get("infno", "")),
            kind=str(given["trouble"]),
            seconds=given.get("seconds", 130),
            times=given.get("times", 1),
        )
    elif "rates" in given:
        troubles.set_chaos(books, seed=given.get("seed", 1), rates=given["rates"], seconds=given.get("seconds", 130))
    elif "calm" in given:
        troubles.calm(books)
        chaos.configure(books, dict.fromkeys(chaos.NOTICES, 0))
    elif any(name in given for name in chaos.NOTICES):
        chaos.configure(books, given)
    elif "certno" in given:
        names = Means.__slots__
        if not all(isinstance(given.get(name), int) and 0 <= given[name] < 1 << 40 for name in names):
            raise troubles.Malformed(f"{'、'.join(names)} 须为非负整数（分）。")
        if not set_means(books, str(given["certno"]), Means(*(given[name] for name in names))):
            raise troubles.Malformed("医保局没有这位参保人。")
    else:
        wanted = {"true": True, "false": False}.get(str(given.get("up")).lower())
        if wanted is None:
            raise troubles.Malformed("up 须为 true 或 false。")
        switch(books, up=wanted)
