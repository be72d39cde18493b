"""授权页: what somebody sees who is asked by WeChat or Alipay whether the hospital may know them."""

import sqlite3
import time
from collections.abc import Callable, Container
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.identity.books import Vendor, grant, latest
from hospital_app.sandbox.intake import fields_of, own_path
from hospital_app.sandbox.page import page, wall_time

WORDS: dict[Vendor, str] = {"wechat": "微信", "alipay": "支付宝"}
PEOPLE: dict[Vendor, tuple[str, ...]] = {
    "wechat": ("小满的妈妈", "老陈头", "Alex 🏃"),
    "alipay": ("林小满", "陈建国", "Alex Wong"),
}
PERSON_MAX = 20
SHOWN = 50

ASK = Markup("""<section class="card"><p>挂号系统想知道您是谁：昵称，以及只对它有效的编号。</p>
<form method="post"><h2>选择用哪个{word}账号</h2>{people}</form>
<form method="post"><label for="person">另一个{word}账号（随便起个昵称，同名即同一人）</label>
<input id="person" name="person" type="text" maxlength="{longest}" autocomplete="off" required>
<button>用这个账号</button></form>
<form method="post"><button name="refuse" value="yes">拒绝</button></form></section>
""")
PERSON = Markup('<button class="primary" name="person" value="{person}">{person}</button>\n')
BROKEN = Markup("""<section class="card"><p class="refusal" role="alert">{why}</p>
<p>请回到挂号页面重新开始。</p><p><a class="button" href="/signin">回到登录页</a></p></section>
""")
LISTING = Markup("""<p><a href="/sandbox">全部沙箱</a></p>
<p>在登录页点“微信登录”或“支付宝登录”，就会来到这里的授权页，任选一个假想的账号。</p>
<section data-live><h2>最近的授权</h2><ul class="messages">{rows}</ul></section>
""")
GRANT = Markup('<li><p class="meta">{when} · {word}</p><p>{person}，{state}</p></li>\n')
NONE_YET = Markup("<li><p>还没有人授权过。</p></li>")

#: Looks at the raw query of an authorise page: (return address, state, scope), or why it is refused.
Reading = Callable[[str], "tuple[str, str, str] | str"]
#: The parameters that a vendor adds to the return address, for a code or for a refusal (None).
Answering = Callable[[str | None, str, str], dict[str, str]]


def authorise_route(
    books: sqlite3.Connection,
    vendor: Vendor,
    path: str,
    *,
    read: Reading,
    answer: Answering,
    valid_seconds: float,
    silent_scopes: Container[str] = (),
) -> Route:
    """One vendor's page: GET asks, POST sends the browser back with a code, or without one.

    With one of `silent_scopes` nobody is asked: the browser comes back at once, as the first of the people.
    """

    async def endpoint(request: Request) -> Response:
        asked = read(request.url.query)
        if isinstance(asked, str):
            return page(f"{WORDS[vendor]}登录沙箱", BROKEN.format(why=asked), look=vendor, status=400)
        back, state, scope = asked
        silent = scope in silent_scopes
        if request.method == "GET" and not silent:
            return _ask(vendor)
        fields = await fields_of(request) if request.method == "POST" else {"person": PEOPLE[vendor][0]}
        person = str(fields.get("person", "")).strip()[:PERSON_MAX]
        if not person and "refuse" not in fields:
            return _ask(vendor)
        code = (
            grant(books, vendor, person, scope, valid_seconds=valid_seconds, now=time.time())
            if "refuse" not in fields
            else None
        )
        target, _, query = own_path(back).partition("?")
        return RedirectResponse(f"{target}?{urlencode([*parse_qsl(query), *answer(code, state, scope).items()])}", 303)

    return Route(path, endpoint, methods=["GET", "POST"])


def listing_route(books: sqlite3.Connection) -> Route:
    async def show(_: Request) -> Response:
        now = time.time()
        rows = [
            GRANT.format(
                when=wall_time(row["issued_at"]),
                word=WORDS[row["vendor"]],
                person=row["person"],
                state=_state(row, now),
            )
            for row in latest(books, SHOWN)
        ]
        drawn = Markup("").join(rows) if rows else NONE_YET
        return page("微信、支付宝登录沙箱", LISTING.format(rows=drawn), script="refresh.js")

    return Route("/sandbox/identity", show, methods=["GET"])


def _ask(vendor: Vendor) -> Response:
    people = Markup("").join(PERSON.format(person=person) for person in PEOPLE[vendor])
    body = ASK.format(word=WORDS[vendor], people=people, longest=PERSON_MAX)
    return page(f"{WORDS[vendor]}授权", body, look=vendor)


def _state(row: sqlite3.Row, now: float) -> str:
    if row["used_at"] is not None:
        return "授权码已使用"
    return "授权码未使用" if row["expires_at"] > now else "授权码已过期"
