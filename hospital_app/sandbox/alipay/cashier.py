"""沙箱收银台 of Alipay: a trade is there once its payer has come."""

import sqlite3
from collections.abc import Callable
from functools import partial

from hospital_app.sandbox.alipay import trades
from hospital_app.sandbox.alipay.books import Trade, latest_trades, trade_by_no
from hospital_app.sandbox.cashier import Till


def till(books: sqlite3.Connection, *, wake: Callable[[], None]) -> Till[Trade]:
    return Till(
        books=books,
        look="alipay",
        find=partial(trade_by_no, books),
        latest=partial(latest_trades, books),
        state=trades.state_of,
        described=trades.DESCRIBED,
        payable=frozenset({"WAIT_BUYER_PAY"}),
        pay=partial(trades.pay, books),
        opened=partial(trades.mark_opened, books),
        wake=wake,
    )
