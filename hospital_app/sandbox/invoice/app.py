"""The issuing platform's process: takes signed orders, keeps each number once, shows what it has issued."""

import base64
import binascii
import hashlib
import json
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.books import open_books
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.intake import fields_of, is_form
from hospital_app.sandbox.invoice.keys import InvoiceKeys
from hospital_app.sandbox.page import page, wall_time

SCHEMA = """
CREATE TABLE IF NOT EXISTS bills (
  seq INTEGER PRIMARY KEY, bus_no TEXT NOT NULL UNIQUE, batch_code TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
  check_code TEXT NOT NULL, payer TEXT NOT NULL, amount TEXT NOT NULL, department TEXT NOT NULL,
  issued_at REAL NOT NULL, voided_at REAL);
CREATE TABLE IF NOT EXISTS switch (one INTEGER PRIMARY KEY CHECK (one = 1), up INTEGER NOT NULL);
INSERT OR IGNORE INTO switch VALUES (1, 1);
"""
BATCH = "00060126"
SHOWN = 50

OVERVIEW = Markup("""<p><a href="/sandbox">全部沙箱</a></p>
<form class="card" method="post" action="/sandbox/invoice">
<p class="state {look}" role="status">{state}</p><p>停机时，票据稍后自动补开。</p>
<button class="primary" name="up" value="{wanted}">{offer}</button></form>
<div data-live><section class="card table" role="region" aria-label="票据" tabindex="0"><table>
<caption>票据</caption><thead><tr><th scope="col">时间</th><th scope="col">号码</th><th scope="col">交款人</th>
<th scope="col">金额</th><th scope="col">状态</th></tr></thead><tbody>{rows}</tbody></table></section></div>
""")
ROW = Markup("""<tr><td class="when">{at}</td><td><a href="/sandbox/invoice/{code}">{number}</a></td><td>{payer}</td>
<td>{amount}</td><td class="word">{state}</td></tr>
""")
NONE = Markup('<tr><td colspan="5">还没有开过票据。在“我的账单”里开具，就会出现在这里。</td></tr>')
BILL = Markup("""<section class="card"><h2>医疗门诊收费票据（电子）</h2>{stamp}<dl>
<div><dt>票据代码</dt><dd>{batch_code}</dd></div><div><dt>票据号码</dt><dd>{number}</dd></div>
<div><dt>校验码</dt><dd>{check_code}</dd></div><div><dt>交款人</dt><dd>{payer}</dd></div>
<div><dt>科室</dt><dd>{department}</dd></div><div><dt>项目</dt><dd>挂号诊查费</dd></div>
<div><dt>金额合计</dt><dd>¥{amount}</dd></div><div><dt>开票时间</dt><dd>{at}</dd></div></dl>
<p>演示票据，不作报销凭证。</p></section>
<p><a href="/bills">回到我的账单</a></p>
""")


class Unfit(Exception):
    """Answered with a code of the platform."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def open_invoice_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA)


def invoice_app(books: sqlite3.Connection, keys: InvoiceKeys) -> Starlette:
    """`POST /api/medical/<call>` with the platform's envelope; pages under /sandbox/invoice."""

    async def call(request: Request) -> Response:
        if not books.execute("SELECT up FROM switch").fetchone()["up"]:
            raise HTTPException(503, "down")
        try:
            told = _opened(await fields_of(request), keys)
            action = {"invEBillRegistration": _issue, "writeOffEBill": _void}.get(request.path_params["call"])
            if action is None:
                raise Unfit("E0001", "没有这个接口")
            with books:
                return _answer(keys, "S0000", json.dumps(action(books, told), ensure_ascii=False))
        except Unfit as fault:
            return _answer(keys, fault.code, str(fault))

    async def show(_: Request) -> Response:
        up = bool(books.execute("SELECT up FROM switch").fetchone()["up"])
        rows = books.execute("SELECT * FROM bills ORDER BY seq DESC LIMIT ?", (SHOWN,)).fetchall()
        body = OVERVIEW.format(
            look="" if up else "down",
            state="运行中" if up else "已停机",
            wanted="false" if up else "true",
            offer="停机" if up else "恢复",
            rows=Markup("").join(_row(row) for row in rows) or NONE,
        )
        return page("电子票据沙箱", body, script="refresh.js")

    async def switch(request: Request) -> Response:
        wanted = {"true": True, "false": False}.get(str((await fields_of(request)).get("up")).lower())
        if wanted is None:
            return JSONResponse({"error": "malformed", "detail": "up 须为 true 或 false。"}, 422)
        with books:
            books.execute("UPDATE switch SET up = ?", (wanted,))
        return RedirectResponse("/sandbox/invoice", 303) if is_form(request) else JSONResponse({"up": wanted})

    async def bill(request: Request) -> Response:
        number, _, code = request.path_params["code"].partition("-")
        found = books.execute("SELECT * FROM bills WHERE number = ? AND check_code = ?", (number, code)).fetchone()
        if found is None:
            raise HTTPException(404, "没有这张票据")
        stamp = Markup('<p class="state down" role="status">已冲红作废</p>') if found["voided_at"] else ""
        told = {name: found[name] for name in ("batch_code", "number", "check_code", "payer", "department", "amount")}
        return page("电子票据", BILL.format(stamp=stamp, at=wall_time(found["issued_at"]), **told))

    return Starlette(
        routes=[
            Route("/api/medical/{call}", call, methods=["POST"]),
            Route("/sandbox/invoice", show, methods=["GET"]),
            Route("/sandbox/invoice", switch, methods=["POST"]),
            Route("/sandbox/invoice/{code}", bill, methods=["GET"]),
            *common_routes(),
        ]
    )


def _sign(appid: str, data: str, noise: str, key: str) -> str:
    text = f"appid={appid}&data={data}&noise={noise}&key={key}&version=1.0"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _opened(given: dict[str, Any], keys: InvoiceKeys) -> dict[str, Any]:
    data, noise = str(given.get("data", "")), str(given.get("noise", ""))
    expected = _sign(keys.appid, data, noise, keys.key)
    if given.get("appid") != keys.appid or not secrets.compare_digest(expected, str(given.get("sign", ""))):
        raise Unfit("E0002", "签名不符")
    try:
        found = json.loads(base64.b64decode(data, validate=True))
    except (ValueError, binascii.Error) as fault:
        raise Unfit("E0003", "data 不是 JSON") from fault
    if not isinstance(found, dict):
        raise Unfit("E0003", "data 不是对象")
    return found


def _answer(keys: InvoiceKeys, result: str, message: str) -> Response:
    inner = {"result": result, "message": base64.b64encode(message.encode()).decode()}
    data, noise = base64.b64encode(json.dumps(inner).encode()).decode(), secrets.token_hex(16)
    return JSONResponse({"data": data, "noise": noise, "sign": _sign(keys.appid, data, noise, keys.key)})


def _issue(books: sqlite3.Connection, told: dict[str, Any]) -> dict[str, str]:
    """The same busNo is the same bill, if it says the same."""
    missing = [name for name in ("busNo", "payer", "totalAmt", "placeCode") if not told.get(name)]
    if missing:
        raise Unfit("E0010", f"缺少 {'、'.join(missing)}")
    found = books.execute("SELECT * FROM bills WHERE bus_no = ?", (told["busNo"],)).fetchone()
    if found is not None and found["amount"] != told["totalAmt"]:
        raise Unfit("E0011", "同一业务流水号的金额不同")
    if found is None:
        serial = books.execute("SELECT COUNT(*) AS held FROM bills").fetchone()["held"] + 1
        values = (told["busNo"], BATCH, f"{serial:010d}", secrets.token_hex(3), str(told["payer"]), told["totalAmt"])
        books.execute(
            "INSERT INTO bills (bus_no, batch_code, number, check_code, payer, amount, department, issued_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, str(told.get("category", "")), time.time()),
        )
        found = books.execute("SELECT * FROM bills WHERE bus_no = ?", (told["busNo"],)).fetchone()
    return {
        "billBatchCode": found["batch_code"],
        "billNo": found["number"],
        "random": found["check_code"],
        "pictureUrl": f"/sandbox/invoice/{found['number']}-{found['check_code']}",
    }


def _void(books: sqlite3.Connection, told: dict[str, Any]) -> dict[str, str]:
    named = (told.get("billBatchCode"), told.get("billNo"))
    found = books.execute("SELECT * FROM bills WHERE batch_code = ? AND number = ?", named).fetchone()
    if found is None:
        raise Unfit("E0097", "没有这张票据")
    if found["voided_at"] is not None:
        raise Unfit("E0098", "已冲红")
    books.execute("UPDATE bills SET voided_at = ? WHERE seq = ?", (time.time(), found["seq"]))
    return {"eScarletBillBatchCode": BATCH, "eScarletBillNo": f"9{found['number'][1:]}"}


def _row(row: sqlite3.Row) -> Markup:
    return ROW.format(
        at=wall_time(row["issued_at"]),
        code=f"{row['number']}-{row['check_code']}",
        number=row["number"],
        payer=row["payer"][:1] + "**",
        amount=f"¥{row['amount']}",
        state="已冲红" if row["voided_at"] else "已开具",
    )
