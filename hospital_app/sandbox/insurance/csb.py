"""The CSB gateway's door: one signed envelope in, one answer out, the same answer to the same message."""

import asyncio
import hashlib
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from hospital_app.domain.insurance_amounts import fen
from hospital_app.domain.money import yuan
from hospital_app.sandbox.insurance import person_info, settling, sign_in, statements, visits
from hospital_app.sandbox.insurance.books import is_up
from hospital_app.sandbox.insurance.envelope import Refused, check_envelope, check_signature, framed
from hospital_app.sandbox.insurance.keys import InsuranceKeys
from hospital_app.sandbox.insurance.troubles import Trouble, strike
from hospital_app.sandbox.intake import fields_of

Answerer = Callable[[sqlite3.Connection, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
#: 交易编号 → who answers it; the newer builds' letter A behind it changes nothing.
TRANSACTIONS: Mapping[str, Answerer] = {
    "1101": person_info.answer,
    "2201": visits.register,
    "2202": visits.drop,
    "2203": visits.describe,
    "2204": visits.charge,
    "2205": visits.forget_charges,
    "2206": settling.quote,
    "2207": settling.settle,
    "2208": settling.reverse,
    "2601": settling.correct,
    "3201": statements.totals,
    "3202": statements.details,
    "9001": sign_in.sign_in,
    "9002": sign_in.sign_out,
    "9101": statements.upload,
}
DOWNLOAD, SIGN_IN = "9102", "9001"
LOOK_SECONDS = 0.1


def csb_door(books: sqlite3.Connection, keys: InsuranceKeys) -> Callable[[Request], Awaitable[Response]]:
    async def csb(request: Request) -> Response:
        if not is_up(books):
            return PlainTextResponse("maintenance", 503)
        envelope = await fields_of(request)
        region, msgid = str(envelope.get("mdtrtarea_admvs", "")), str(envelope.get("msgid", ""))[:30]
        infno = str(envelope.get("infno", ""))[:5]
        trouble: Trouble | None = None
        try:
            check_signature(request.headers, access_key=keys.access_key, secret_key=keys.secret_key)
            check_envelope(envelope, request.headers, institution=keys.institution_code)
            trouble = strike(books, infno[:4])
            if trouble is not None and trouble.kind == "silent-before":
                return await hang(request, trouble.seconds)
            if trouble is not None and trouble.kind == "refuse":
                raise Refused("医保系统繁忙，请稍后再试")
            answer = _answer(books, infno, envelope)
        except Refused as refusal:
            return JSONResponse(framed(region, _note(books, infno, msgid, -1), error=str(refusal)))
        if isinstance(answer, bytes):
            return Response(answer, media_type="application/octet-stream")
        if trouble is not None and trouble.kind == "wrong-split":
            answer = _spoilt(answer)
        said = JSONResponse(framed(region, _note(books, infno, msgid, 0), output=answer))
        if trouble is not None and trouble.kind in ("silent-after", "late"):
            lost = await hang(request, trouble.seconds)
            return lost if trouble.kind == "silent-after" else said
        return said

    return csb


def _answer(books: sqlite3.Connection, infno: str, envelope: Mapping[str, Any]) -> dict[str, Any] | bytes:
    """In one transaction with the books. Raises Refused, and then nothing has happened."""
    given = envelope.get("input")
    given = given if isinstance(given, dict) else {}
    name = infno[:4] if infno[4:] in ("", "A") else infno
    if name not in TRANSACTIONS and name != DOWNLOAD:
        raise Refused(f"不支持的交易编号{infno}")
    with books:
        if name != SIGN_IN:
            sign_in.check_signed_in(books, envelope)
        if name == DOWNLOAD:
            return statements.download(books, given)
        digest = hashlib.sha256(json.dumps([infno, given], sort_keys=True).encode()).hexdigest()
        known = books.execute("SELECT * FROM answers WHERE msgid = ?", (envelope["msgid"],)).fetchone()
        if known is not None:
            if known["digest"] != digest:
                raise Refused("报文编号重复")
            kept: dict[str, Any] = json.loads(known["answer"])
            return kept
        output = TRANSACTIONS[name](books, envelope, given)
        books.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?)",
            (envelope["msgid"], infno, digest, json.dumps(output, ensure_ascii=False)),
        )
    return output


async def hang(request: Request, seconds: float) -> Response:
    """Until the time is over or nobody waits any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not await request.is_disconnected():
        await asyncio.sleep(LOOK_SECONDS)
    return PlainTextResponse("gateway timeout", 504)


def _spoilt(output: dict[str, Any]) -> dict[str, Any]:
    """The fund pays one fen more than its parts and the rest allow."""
    info = output.get("setlinfo")
    if not isinstance(info, dict) or "fund_pay_sumamt" not in info:
        return output
    return {**output, "setlinfo": {**info, "fund_pay_sumamt": yuan(fen(info["fund_pay_sumamt"]) + 1)}}


def _note(books: sqlite3.Connection, infno: str, msgid: str, infcode: int) -> int:
    """Every message on record, by its id; its serial number."""
    with books:
        noted = books.execute(
            "INSERT OR IGNORE INTO calls (infno, msgid, infcode, at) VALUES (?, ?, ?, ?)",
            (infno, msgid, infcode, time.time()),
        )
    return noted.lastrowid or 0
