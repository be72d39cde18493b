"""The authenticator sandbox's process: keeps keys, shows their codes of this half minute."""

import binascii
import sqlite3
import time
from pathlib import Path

import pyotp
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.books import open_books
from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.intake import fields_of, is_form
from hospital_app.sandbox.page import page

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, secret TEXT NOT NULL);
"""
KEPT = 50
STEP_SECONDS = 30
LABEL_MAX, SECRET_MAX = 40, 128

CODES = Markup("""<section data-live>
<p><a href="/sandbox">全部沙箱</a> · <a href="/staff">员工登录</a></p>
<h2>动态码</h2>
<ul class="messages">{rows}</ul></section>
""")
CODE = Markup('<li><p class="meta">{label}</p><p class="code">{code}</p><p>还有 {left} 秒</p></li>\n')
NONE_YET = Markup("<li><p>还没有密钥。在“第二因素”页面绑定时，把密钥填到下面。</p></li>")
ADDING = Markup("""<section class="card"><h2>添加密钥</h2>
{complaint}<form method="post" action="/sandbox/authenticator">
<p><label for="label">名称（如工号）</label><br><input type="text" id="label" name="label" maxlength="40" required></p>
<p><label for="secret">密钥</label><br>
<input type="text" id="secret" name="secret" maxlength="128" autocomplete="off" required></p>
<button type="submit">添加</button></form></section>
""")
COMPLAINT = Markup('<p class="refusal">{text}</p>')
NO_KEY = "密钥应是页面上显示的一串字母和数字，请重新复制。"


def open_authenticator_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA)


def authenticator_app(books: sqlite3.Connection) -> Starlette:
    """`GET /sandbox/authenticator` shows the codes, `POST` {label, secret} adds a key; JSON for machines."""

    async def show(_: Request) -> Response:
        return _page(books)

    async def add(request: Request) -> Response:
        fields = await fields_of(request)
        label = " ".join(str(fields.get("label", "")).split())[:LABEL_MAX]
        secret = "".join(str(fields.get("secret", "")).split()).upper()
        if not label or not _is_key(secret):
            if is_form(request):
                return _page(books, complaint=NO_KEY, status=422)
            return JSONResponse({"error": "bad_key", "detail": NO_KEY}, 422)
        _keep(books, label, secret)
        if is_form(request):
            return RedirectResponse("/sandbox/authenticator", 303)
        return JSONResponse({"label": label, "code": pyotp.TOTP(secret).now()}, 201)

    return Starlette(
        routes=[
            Route("/sandbox/authenticator", show, methods=["GET"]),
            Route("/sandbox/authenticator", add, methods=["POST"]),
            *common_routes(),
        ]
    )


def _is_key(secret: str) -> bool:
    if not 16 <= len(secret) <= SECRET_MAX:
        return False
    try:
        pyotp.TOTP(secret).byte_secret()
    except (binascii.Error, ValueError):
        return False
    return True


def _keep(books: sqlite3.Connection, label: str, secret: str) -> None:
    """A key of the same name takes the old one's place."""
    with books:
        books.execute("DELETE FROM keys WHERE label = ?", (label,))
        kept = books.execute("INSERT INTO keys (label, secret) VALUES (?, ?)", (label, secret))
        books.execute("DELETE FROM keys WHERE id <= ?", ((kept.lastrowid or 0) - KEPT,))


def _page(books: sqlite3.Connection, *, complaint: str = "", status: int = 200) -> Response:
    left = STEP_SECONDS - int(time.time()) % STEP_SECONDS
    rows = [
        CODE.format(label=row["label"], code=pyotp.TOTP(row["secret"]).now(), left=left)
        for row in books.execute("SELECT label, secret FROM keys ORDER BY id")
    ]
    body = CODES.format(rows=Markup("").join(rows) if rows else NONE_YET)
    body += ADDING.format(complaint=COMPLAINT.format(text=complaint) if complaint else "")
    return page("验证器", body, script="refresh.js", status=status)
