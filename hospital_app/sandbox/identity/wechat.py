"""微信网页授权 as the vendor speaks it: an authorise page that is picky about its address, answers always HTTP 200,
in text/plain, without token_type, and errors as errcode in the same clothes."""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hospital_app.sandbox.identity import pages
from hospital_app.sandbox.identity.books import Spoilt, give_token, holder_of, open_id, redeem
from hospital_app.sandbox.identity.keys import IdentityKeys

#: In this order and no other; the fragment #wechat_redirect never reaches a server.
AUTHORISE = re.compile(
    r"appid=(?P<appid>[0-9A-Za-z]+)&redirect_uri=(?P<back>[^&]+)&response_type=code"
    r"&scope=(?P<scope>snsapi_base|snsapi_userinfo)&state=(?P<state>[0-9A-Za-z]{0,128})"
)
PATH = "/sandbox/identity/wechat/connect/oauth2/authorize"
CODE_SECONDS = 300
TOKEN_SECONDS = 7200
SPOILT = {
    "unknown": (40029, "invalid code"),
    "used": (40163, "code been used"),
    "expired": (42003, "oauth_code timeout"),
}


Ask = Callable[[sqlite3.Connection, IdentityKeys, Request], dict[str, Any]]


class Fault(Exception):
    """An errcode in place of an answer."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.content = {"errcode": errcode, "errmsg": errmsg}


def wechat_routes(books: sqlite3.Connection, keys: IdentityKeys) -> list[Route]:
    def read(query: str) -> tuple[str, str, str] | str:
        found = AUTHORISE.fullmatch(query)
        if found is None:
            return "链接有误：参数缺失或顺序不正确"
        if found["appid"] != keys.wechat_appid:
            return "AppID 参数错误"
        return unquote(found["back"]), found["state"], found["scope"]

    def answer(code: str | None, state: str, _: str) -> dict[str, str]:
        return {"code": code, "state": state} if code is not None else {"state": state}

    async def access_token(request: Request) -> Response:
        return _said(_exchange, books, keys, request)

    async def userinfo(request: Request) -> Response:
        return _said(_userinfo, books, keys, request)

    return [
        pages.authorise_route(
            books,
            "wechat",
            PATH,
            read=read,
            answer=answer,
            valid_seconds=CODE_SECONDS,
            silent_scopes=("snsapi_base",),
        ),
        Route("/sns/oauth2/access_token", access_token, methods=["GET"]),
        Route("/sns/userinfo", userinfo, methods=["GET"]),
    ]


def _exchange(books: sqlite3.Connection, keys: IdentityKeys, request: Request) -> dict[str, Any]:
    asked = request.query_params
    if asked.get("appid") != keys.wechat_appid:
        raise Fault(40013, "invalid appid")
    if not compare_digest(asked.get("secret", "").encode(), keys.wechat_secret.encode()):
        raise Fault(40125, "invalid appsecret")
    if asked.get("grant_type") != "authorization_code":
        raise Fault(40002, "invalid grant_type")
    if not asked.get("code"):
        raise Fault(41008, "missing code")
    now = time.time()
    given = redeem(books, "wechat", asked["code"], now=now)
    if isinstance(given, Spoilt):
        raise Fault(*SPOILT[given.why])
    answer: dict[str, Any] = {
        "access_token": give_token(books, "wechat", given, valid_seconds=TOKEN_SECONDS, now=now),
        "expires_in": TOKEN_SECONDS,
        "refresh_token": give_token(books, "wechat", given, valid_seconds=30 * 86400, now=now),
        "openid": _openid(keys, given.person),
        "scope": given.scope,
    }
    return answer | ({"unionid": _unionid(given.person)} if given.scope == "snsapi_userinfo" else {})


def _userinfo(books: sqlite3.Connection, keys: IdentityKeys, request: Request) -> dict[str, Any]:
    asked = request.query_params
    holder = holder_of(books, "wechat", asked.get("access_token", ""), now=time.time())
    if holder is None:
        raise Fault(40001, "invalid credential, access_token is invalid or not latest")
    if holder.scope != "snsapi_userinfo":
        raise Fault(48001, "api unauthorized")
    if asked.get("openid") != _openid(keys, holder.person):
        raise Fault(40003, "invalid openid")
    return {
        "openid": _openid(keys, holder.person),
        "nickname": holder.person,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        "unionid": _unionid(holder.person),
    }


def _openid(keys: IdentityKeys, person: str) -> str:
    return f"o{open_id(keys.wechat_appid, person)}"


def _unionid(person: str) -> str:
    """The id by which all applications of one owner know a person."""
    return f"o{open_id('union', person)}"


def _said(ask: Ask, books: sqlite3.Connection, keys: IdentityKeys, request: Request) -> Response:
    try:
        content = ask(books, keys, request)
    except Fault as fault:
        content = fault.content
    # Without a charset, as the vendor does it.
    return Response(json.dumps(content, ensure_ascii=False), 200, {"Content-Type": "text/plain"})
