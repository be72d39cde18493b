"""医保移动支付授权: the platform's page where somebody agrees, and userQuery, where the hospital learns who it was."""

import sqlite3
import time
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from urllib.parse import parse_qs, parse_qsl, urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.adapters.insurance_authority import sign
from hospital_app.domain.masking import mask_id_number, mask_name
from hospital_app.sandbox.insurance.books import is_up
from hospital_app.sandbox.insurance.envelope import Refused
from hospital_app.sandbox.insurance.keys import AuthorityKeys
from hospital_app.sandbox.intake import fields_of, own_path
from hospital_app.sandbox.keys import DIGITS, HEX, random_text
from hospital_app.sandbox.page import page

PATH = "/sandbox/insurance/authorise"
MOBILE_PAYMENT = "04107"  # bizType: 医保移动支付
CODE_SECONDS, NUMBER_SECONDS, FRESH_SECONDS = 300, 1800, 900
OFFERED = 8
FOR_FAMILY = "FAMILY"  # how such a number begins; no transaction takes it

ASK = Markup("""<section class="card"><p>医院请求用您的医保支付挂号费。
同意后，医院凭授权码结算一次，金额以医院页面为准。</p>
<form method="post"><h2>您是哪一位参保人</h2>{people}
<label class="radio"><input type="checkbox" name="family" value="yes"> 用亲情账户，为家人授权</label>
<button class="secondary" name="refuse" value="yes">不同意</button></form></section>
<section class="card"><p>真实环境里，这一页由医保移动支付平台提供：
登录微信或支付宝的人就是参保人，并要刷脸或输入密码。</p></section>
""")
PERSON = Markup('<button class="primary" name="psn_no" value="{psn_no}">{name} {certno}，同意</button>\n')
NOBODY = Markup("<p>医保局还没有查询过任何人：请先在挂号页面填写医保号。</p>")
BROKEN = Markup("""<section class="card"><p class="refusal" role="alert">{why}</p>
<p>请回到挂号页面重新开始。</p></section>""")


def authorising_routes(books: sqlite3.Connection, keys: AuthorityKeys, *, institution: str) -> list[Route]:
    async def authorise(request: Request) -> Response:
        asked = {name: values[-1] for name, values in parse_qs(request.url.query, keep_blank_values=True).items()}
        why = _misplaced(asked, keys, institution)
        if why:
            return page("医保移动支付授权", BROKEN.format(why=why), status=400)
        if request.method == "GET":
            return page("医保移动支付授权", _ask(books))
        fields = await fields_of(request)
        said = {"retCode": "1", "retMsg": "用户取消授权"}
        if "refuse" not in fields:
            code = _agree(books, str(fields.get("psn_no", "")), family="family" in fields)
            if not code:
                return page("医保移动支付授权", _ask(books))
            said = {"retCode": "0", "retMsg": "成功", "authCode": code}
        target, _, query = own_path(asked["redirectUrl"]).partition("?")
        return RedirectResponse(f"{target}?{urlencode([*parse_qsl(query), *said.items()])}", 303)

    return [
        Route(PATH, authorise, methods=["GET", "POST"]),
        Route("/api/mipuserquery/userQuery/{partner}", _user_query(books, keys), methods=["POST"]),
    ]


def check_number(books: sqlite3.Connection, number: str, certno: str, *, fresh: bool) -> None:
    """payAuthNo of 6202 and 6203. Raises Refused unless this person agreed, lately where `fresh`."""
    row = books.execute("SELECT * FROM authorisations WHERE pay_auth_no = ?", (number,)).fetchone()
    if row is None or row["certno"] != certno or _is_of_family(row):
        raise Refused("支付授权码无效")
    if fresh and time.time() - row["issued_at"] > NUMBER_SECONDS:
        raise Refused("支付授权码已过期，请重新授权")


def _user_query(books: sqlite3.Connection, keys: AuthorityKeys) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if not is_up(books):
            return PlainTextResponse("maintenance", 503)
        given = request.headers
        at = given.get("god-portal-timestamp", "")
        right = sign(keys.partner_secret, keys.partner_id, at)
        fresh = at.isascii() and at.isdecimal() and abs(time.time() - int(at[:16]) / 1000) < FRESH_SECONDS
        if request.path_params["partner"] != keys.partner_id or not fresh:
            return JSONResponse({"code": 401, "message": "渠道或时间戳错误"})
        if not compare_digest(right.encode(), given.get("god-portal-signature", "").encode()):
            return JSONResponse({"code": 401, "message": "签名错误"})
        row = _redeem(books, str((await fields_of(request)).get("qrcode", "")))
        if row is None:
            return JSONResponse({"code": 1001, "message": "授权码无效、已使用或已过期"})
        return JSONResponse(
            {
                "code": 0,
                "message": "成功",
                "pay_auth_no": "" if _is_of_family(row) else row["pay_auth_no"],
                "family_pay_auth_no": row["pay_auth_no"] if _is_of_family(row) else "",
                "user_name": row["name"],
                "user_card_no": row["certno"],
            }
        )

    return answer


def _misplaced(asked: dict[str, str], keys: AuthorityKeys, institution: str) -> str:
    if asked.get("bizType") != MOBILE_PAYMENT:
        return "业务类型错误"
    if asked.get("orgCodg") != institution or asked.get("orgChnlCrtfCodg") != keys.credential:
        return "机构或机构渠道认证编码错误"
    if asked.get("orgAppId") != keys.org_app_id or asked.get("channel") != keys.channel or not asked.get("cityCode"):
        return "渠道号、城市编码或应用 ID 错误"
    return "" if asked.get("redirectUrl") else "缺少回跳地址"


def _ask(books: sqlite3.Connection) -> Markup:
    rows = books.execute("SELECT * FROM persons ORDER BY rowid DESC LIMIT ?", (OFFERED,)).fetchall()
    people = Markup("").join(
        PERSON.format(psn_no=row["psn_no"], name=mask_name(row["name"]), certno=mask_id_number(row["certno"]))
        for row in rows
    )
    return ASK.format(people=people or NOBODY)


def _is_of_family(row: sqlite3.Row) -> bool:
    return str(row["pay_auth_no"]).startswith(FOR_FAMILY)


def _agree(books: sqlite3.Connection, psn_no: str, *, family: bool) -> str:
    """The code; empty: nobody is known by this number."""
    person = books.execute("SELECT * FROM persons WHERE psn_no = ?", (psn_no,)).fetchone()
    if person is None:
        return ""
    code, number = random_text(HEX.lower(), 32), f"{FOR_FAMILY if family else 'AUTH'}{random_text(DIGITS, 26)}"
    with books:
        books.execute(
            "INSERT INTO authorisations VALUES (?, ?, ?, ?, ?, NULL)",
            (code, number, person["certno"], person["name"], time.time()),
        )
    return code


def _redeem(books: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    now = time.time()
    with books:
        taken = books.execute(
            "UPDATE authorisations SET used_at = ? WHERE auth_code = ? AND used_at IS NULL AND issued_at > ?",
            (now, code, now - CODE_SECONDS),
        ).rowcount
    row: sqlite3.Row | None = books.execute("SELECT * FROM authorisations WHERE auth_code = ?", (code,)).fetchone()
    return row if taken else None
