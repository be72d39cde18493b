"""The bureau's process: takes signed transactions from the product, and shows people what it knows."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.domain.masking import mask_id_number, mask_name
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.insurance import person_info
from hospital_app.sandbox.insurance.books import is_up, switch
from hospital_app.sandbox.insurance.envelope import Refused, check_envelope, check_signature, framed
from hospital_app.sandbox.insurance.keys import InsuranceKeys
from hospital_app.sandbox.intake import fields_of, is_form
from hospital_app.sandbox.page import page

#: 交易编号 → who answers it.
TRANSACTIONS: Mapping[str, Callable[[sqlite3.Connection, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "1101": person_info.answer,
}
SHOWN = 50
STATUS_WORDS = {"1": "正常参保", "2": "暂停参保", "4": "终止参保"}
BODY = Markup("""<p><a href="/sandbox">全部沙箱</a></p>
<form class="card" method="post" action="/sandbox/insurance">
<p class="state {look}" role="status">{state}</p>
<p>停机时，新填的医保号先保存为未核验；恢复后，医院系统会自行补上核验。</p>
<button class="primary" name="up" value="{wanted}">{offer}</button></form>
<section class="card" data-live><h2>查询过的参保人</h2>
<p>第一次被查询的人自动参保，统筹区按身份证所属的市。号码以 99 开头：查无此人；以 98 开头：暂停参保。</p>
<ul class="messages">{rows}</ul></section>
""")
ROW = Markup('<li><p class="meta">{status} · 统筹区 {region}</p><p>{name} {certno} · 人员编号 {psn_no}</p></li>\n')
NONE_YET = Markup("<li><p>还没有查询过任何人。在“我的”里填写医保号，就会出现在这里。</p></li>")


def insurance_app(books: sqlite3.Connection, keys: InsuranceKeys) -> Starlette:
    """`POST /csb` with the national envelope; pages under /sandbox/insurance."""

    async def csb(request: Request) -> Response:
        if not is_up(books):
            return PlainTextResponse("maintenance", 503)
        envelope = await fields_of(request)
        region, msgid = str(envelope.get("mdtrtarea_admvs", "")), str(envelope.get("msgid", ""))[:30]
        infno = str(envelope.get("infno", ""))[:5]
        try:
            check_signature(request.headers, access_key=keys.access_key, secret_key=keys.secret_key)
            check_envelope(envelope, request.headers, institution=keys.institution_code)
            if infno not in TRANSACTIONS:
                raise Refused(f"不支持的交易编号{infno}")
            given = envelope.get("input")
            output = TRANSACTIONS[infno](books, envelope, given if isinstance(given, dict) else {})
        except Refused as refusal:
            return JSONResponse(framed(region, _note(books, infno, msgid, -1), error=str(refusal)))
        return JSONResponse(framed(region, _note(books, infno, msgid, 0), output=output))

    async def show(_: Request) -> Response:
        up = is_up(books)
        rows = books.execute("SELECT * FROM persons ORDER BY rowid DESC LIMIT ?", (SHOWN,)).fetchall()
        drawn = Markup("").join(
            ROW.format(
                status=STATUS_WORDS.get(row["status"], row["status"]),
                region=row["region"],
                name=mask_name(row["name"]),
                certno=mask_id_number(row["certno"]),
                psn_no=row["psn_no"],
            )
            for row in rows
        )
        body = BODY.format(
            look="" if up else "down",
            state="运行中" if up else "已停机",
            wanted="false" if up else "true",
            offer="停机" if up else "恢复",
            rows=drawn or NONE_YET,
        )
        return page("医保局沙箱", body, script="refresh.js")

    async def turn(request: Request) -> Response:
        up = (await fields_of(request)).get("up")
        wanted = {"true": True, "false": False}.get(str(up).lower())
        if wanted is None:
            return JSONResponse({"error": "malformed", "detail": "up 须为 true 或 false。"}, 422)
        switch(books, up=wanted)
        return RedirectResponse("/sandbox/insurance", 303) if is_form(request) else JSONResponse({"up": wanted})

    return Starlette(
        routes=[
            Route("/csb", csb, methods=["POST"]),
            Route("/sandbox/insurance", show, methods=["GET"]),
            Route("/sandbox/insurance", turn, methods=["POST"]),
            *common_routes(),
        ]
    )


def _note(books: sqlite3.Connection, infno: str, msgid: str, infcode: int) -> int:
    """Every message on record, by its id; its serial number."""
    with books:
        noted = books.execute(
            "INSERT OR IGNORE INTO calls (infno, msgid, infcode, at) VALUES (?, ?, ?, ?)",
            (infno, msgid, infcode, time.time()),
        )
    return noted.lastrowid or 0
