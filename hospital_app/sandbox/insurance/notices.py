"""6302: the mobile payment platform tells the hospital of an order that is through, at the address it has on record."""

import json
import sqlite3
import time

import httpx

from hospital_app.adapters.insurance_sm import NationalEnvelope
from hospital_app.sandbox import chaos, courier
from hospital_app.sandbox.courier import Notice
from hospital_app.sandbox.insurance import mobile

#: Seconds until the next try after each failed one. The platform's own are not published.
RHYTHM_SECONDS = (15, 60, 300, 1800)
HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def owe(books: sqlite3.Connection, *, pay_order_id: str, url: str) -> None:
    """Within the caller's transaction; without an address nobody is told."""
    if url:
        delays = chaos.delays(books, [0.0])
        courier.owe(books, kind="6302", number=pay_order_id, url=url, delays=delays, now=time.time())


def message(books: sqlite3.Connection, envelope: NationalEnvelope, notice: Notice) -> tuple[bytes, dict[str, str]]:
    order = books.execute("SELECT * FROM mobile_orders WHERE pay_order_id = ?", (notice.number,)).fetchone()
    return json.dumps(envelope.seal(mobile.callback(order))).encode(), HEADERS


def accepted(answer: httpx.Response) -> bool:
    return answer.status_code == 200
