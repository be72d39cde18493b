"""The SMS sandbox's process: takes messages from the product, shows the latest, answers tests."""

import json
import sqlite3
from datetime import datetime
from hmac import compare_digest

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.text_messages import TEMPLATES, NotFilled, fill
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.intake import fields_of
from hospital_app.sandbox.page import page, wall_time
from hospital_app.sandbox.sms.aliyun import aliyun_answer
from hospital_app.sandbox.sms.books import keep
from hospital_app.sandbox.sms.tencent import tencent_answer

SHOWN = 50

MESSAGES = Markup("""<section data-live>
<p><a href="/sandbox">全部沙箱</a></p>
<h2>最近的短信</h2>
<ul class="messages">{rows}</ul></section>
""")
MESSAGE = Markup('<li><p class="meta">{when} · {phone}</p>{code}<p>{text}</p></li>\n')
CODE = Markup('<p class="code">{code}</p>')
NONE_YET = Markup("<li><p>还没有短信。登录时获取验证码，就会出现在这里。</p></li>")


def sms_app(books: sqlite3.Connection, *, token: str) -> Starlette:
    """`POST /v1/messages` {phone, template, params} with the token; pages under /sandbox/sms without.

    `POST /` speaks as Aliyun or Tencent Cloud do, to their SDKs; the token is their key's secret.
    """
    as_aliyun, as_tencent = aliyun_answer(books, secret=token), tencent_answer(books, secret=token)

    async def vendor(request: Request) -> Response:
        return await (as_aliyun if "x-acs-action" in request.headers else as_tencent)(request)

    async def send(request: Request) -> Response:
        if not compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()):
            return _refused(401, "unauthorized", "令牌不正确")
        fields = await fields_of(request)
        phone, template, params = (fields.get(name) for name in ("phone", "template", "params"))
        if not isinstance(phone, str) or not (phone.isascii() and phone.isdecimal() and len(phone) == 11):
            return _refused(400, "bad_phone", "手机号须为 11 位数字")
        if not isinstance(params, dict) or template not in TEMPLATES:
            return _refused(400, "unknown_template", f"没有这个模板：{template}")
        try:
            text = fill(str(template), {str(name): str(value) for name, value in params.items()})
        except NotFilled as failure:
            return _refused(400, "missing_parameter", f"模板缺少参数：{failure}")
        return JSONResponse({"message_id": keep(books, phone, str(template), params, text)}, 201)

    async def last(request: Request) -> Response:
        """The last message, of one template if that is named, and the last code that was sent."""
        fields = await fields_of(request)
        phone, template = str(fields.get("phone", "")), str(fields.get("template", ""))
        rows = books.execute(
            "SELECT * FROM messages WHERE phone = ? AND ? IN ('', template) ORDER BY id DESC LIMIT ?",
            (phone, template, SHOWN),
        ).fetchall()
        if not rows:
            return _refused(404, "not_found", "这个号码没有收到过短信。")
        sent_at = datetime.fromtimestamp(rows[0]["sent_at"], HOSPITAL_ZONE).isoformat(timespec="milliseconds")
        code = next((found for found in map(_code, rows) if found), "")
        return JSONResponse({"code": code, "text": rows[0]["text"], "sent_at": sent_at})

    async def show(_: Request) -> Response:
        rows = books.execute("SELECT * FROM messages ORDER BY id DESC LIMIT ?", (SHOWN,))
        return page("短信沙箱", MESSAGES.format(rows=_drawn(rows.fetchall())), script="refresh.js")

    return Starlette(
        routes=[
            Route("/v1/messages", send, methods=["POST"]),
            Route("/", vendor, methods=["POST"]),
            Route("/sandbox/sms", last, methods=["POST"]),
            Route("/sandbox/sms", show, methods=["GET"]),
            *common_routes(),
        ]
    )


def _code(row: sqlite3.Row) -> str:
    return str(json.loads(row["params"]).get("code", ""))


def _drawn(rows: list[sqlite3.Row]) -> Markup:
    drawn = [
        MESSAGE.format(
            when=wall_time(row["sent_at"]),
            phone=row["phone"],
            text=row["text"],
            code=CODE.format(code=_code(row)) if _code(row) else "",
        )
        for row in rows
    ]
    return Markup("").join(drawn) if drawn else NONE_YET


def _refused(status: int, code: str, detail: str) -> Response:
    return JSONResponse({"error": code, "detail": detail}, status)
