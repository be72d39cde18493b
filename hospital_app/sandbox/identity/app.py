"""The identity sandbox's process: WeChat's and Alipay's authorise pages, and both vendors' interfaces behind them."""

import sqlite3

from starlette.applications import Starlette

from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.identity.alipay import alipay_routes
from hospital_app.sandbox.identity.keys import IdentityKeys
from hospital_app.sandbox.identity.pages import listing_route
from hospital_app.sandbox.identity.wechat import wechat_routes


def identity_app(books: sqlite3.Connection, keys: IdentityKeys) -> Starlette:
    routes = [*wechat_routes(books, keys), *alipay_routes(books, keys), listing_route(books), *common_routes()]
    return Starlette(routes=routes)
