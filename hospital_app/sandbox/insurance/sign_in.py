"""9001 签到, 9002 签退. A sign-in is good for its day; several of one operator live side by side."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.sandbox.insurance.envelope import Refused, node
from hospital_app.sandbox.keys import DIGITS, random_text


def sign_in(books: sqlite3.Connection, envelope: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    asked = node(given, "signIn", "opter_no", "mac", "ip")
    now = datetime.now(HOSPITAL_ZONE)
    sign_no = f"{envelope['mdtrtarea_admvs']}{now:%Y%m%d%H%M%S}{random_text(DIGITS, 10)}"
    books.execute("INSERT INTO sign_ins VALUES (?, ?, ?)", (sign_no, asked["opter_no"], f"{now:%Y%m%d}"))
    return {"signinoutb": {"sign_time": f"{now:%Y-%m-%d %H:%M:%S}", "sign_no": sign_no}}


def sign_out(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    asked = node(given, "signOut", "sign_no", "opter_no")
    books.execute("DELETE FROM sign_ins WHERE sign_no = ?", (asked["sign_no"],))
    return {"signoutoutb": {"sign_time": f"{datetime.now(HOSPITAL_ZONE):%Y-%m-%d %H:%M:%S}"}}


def check_signed_in(books: sqlite3.Connection, envelope: Mapping[str, Any]) -> None:
    """Raises Refused."""
    today = f"{datetime.now(HOSPITAL_ZONE):%Y%m%d}"
    known = books.execute(
        "SELECT 1 FROM sign_ins WHERE sign_no = ? AND day = ?", (str(envelope.get("sign_no", "")), today)
    )
    if known.fetchone() is None:
        raise Refused("签到编号无效，请先签到")
