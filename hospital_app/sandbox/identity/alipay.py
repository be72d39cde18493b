"""支付宝授权 as the vendor speaks it: a page that gives an auth_code, a gateway of signed calls and answers."""

import json
import sqlite3
import time
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hospital_app.sandbox.identity import pages
from hospital_app.sandbox.identity.books import Spoilt, give_token, holder_of, open_id, redeem
from hospital_app.sandbox.identity.keys import IdentityKeys
from hospital_app.sandbox.intake import body_of

PATH = "/sandbox/identity/alipay/oauth2/publicAppAuthorize.htm"
CODE_SECONDS = 86400
TOKEN_SECONDS = 1296000
STATE_MAX = 100
COMMON = ("app_id", "method", "charset", "sign_type", "timestamp", "version")


class Fault(Exception):
    """An error in the gateway's own words. `node`: where the vendor puts it; empty: error_response."""

    def __init__(self, code: str, sub_code: str, sub_msg: str, *, node: str = "error_response") -> None:
        super().__init__(sub_code)
        self.node = node
        words = {"20001": "Insufficient Token Permissions", "40001": "Missing Required Arguments"}
        msg = words.get(code, "Invalid Arguments")
        self.content = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg}


def alipay_routes(books: sqlite3.Connection, keys: IdentityKeys) -> list[Route]:
    public = load_pem_public_key(keys.hospital_public.encode())
    private = load_pem_private_key(keys.alipay_key.encode(), password=None)
    if not isinstance(public, RSAPublicKey) or not isinstance(private, RSAPrivateKey):
        raise TypeError("the sandbox's keys must be RSA keys")

    def read(query: str) -> tuple[str, str, str] | str:
        asked = dict(parse_qsl(query))
        if asked.get("app_id") != keys.alipay_app_id:
            return "应用不存在：app_id 不正确"
        if asked.get("scope") not in ("auth_base", "auth_user") or not asked.get("redirect_uri"):
            return "参数错误：scope 或 redirect_uri 不正确"
        if len(asked.get("state", "")) > STATE_MAX:
            return "参数错误：state 过长"
        return asked["redirect_uri"], asked.get("state", ""), asked["scope"]

    def answer(code: str | None, state: str, scope: str) -> dict[str, str]:
        known = {"app_id": keys.alipay_app_id, "source": "alipay_wallet", "scope": scope, "state": state}
        return known | ({"auth_code": code} if code is not None else {"error_scope": scope})

    async def gateway(request: Request) -> Response:
        asked = dict(request.query_params) | dict(parse_qsl((await body_of(request)).decode(errors="replace")))
        try:
            node, content = _answer(books, keys, _authentic(keys, public, asked), time.time())
        except Fault as fault:
            node, content = fault.node, fault.content
        signed = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        signature = b64encode(private.sign(signed.encode(), PKCS1v15(), SHA256())).decode()
        whole = f'{{"{node}":{signed},"sign":"{signature}"}}'
        return Response(whole, 200, media_type="text/html;charset=utf-8")

    return [
        pages.authorise_route(books, "alipay", PATH, read=read, answer=answer, valid_seconds=CODE_SECONDS),
        Route("/gateway.do", gateway, methods=["GET", "POST"]),
    ]


def _authentic(keys: IdentityKeys, public: RSAPublicKey, asked: Mapping[str, str]) -> Mapping[str, str]:
    """The call, once it has proved to come from the hospital."""
    for name in COMMON:
        if not asked.get(name):
            raise Fault("40001", f"isv.missing-{name.replace('_', '-')}", f"缺少 {name} 参数")
    if asked["app_id"] != keys.alipay_app_id:
        raise Fault("40002", "isv.invalid-app-id", "无效的AppID参数")
    if asked["sign_type"] != "RSA2":
        raise Fault("40002", "isv.invalid-signature-type", "无效签名类型")
    plain = "&".join(f"{name}={value}" for name, value in sorted(asked.items()) if name != "sign" and value)
    try:
        public.verify(b64decode(asked.get("sign", ""), validate=True), plain.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, NotBase64) as failure:
        raise Fault("40002", "isv.invalid-signature", "验签出错，请确认charset参数放在了URL查询字符串中") from failure
    return asked


def _answer(
    books: sqlite3.Connection, keys: IdentityKeys, asked: Mapping[str, str], now: float
) -> tuple[str, dict[str, Any]]:
    if asked["method"] == "alipay.system.oauth.token":
        return "alipay_system_oauth_token_response", _exchange(books, keys, asked, now)
    if asked["method"] == "alipay.user.info.share":
        return "alipay_user_info_share_response", _share(books, keys, asked, now)
    raise Fault("40002", "isv.invalid-method", "不存在的方法名")


def _exchange(books: sqlite3.Connection, keys: IdentityKeys, asked: Mapping[str, str], now: float) -> dict[str, Any]:
    if asked.get("grant_type") != "authorization_code":
        raise Fault("40002", "isv.grant-type-invalid", "grant_type参数不正确")
    given = redeem(books, "alipay", asked.get("code", ""), now=now)
    if isinstance(given, Spoilt):
        words = {"unknown": "授权码code无效", "used": "授权码code已被使用", "expired": "授权码code已过期"}
        raise Fault("40002", "isv.code-invalid", words[given.why])
    return {
        "access_token": give_token(books, "alipay", given, valid_seconds=TOKEN_SECONDS, now=now),
        "refresh_token": give_token(books, "alipay", given, valid_seconds=2 * TOKEN_SECONDS, now=now),
        "expires_in": TOKEN_SECONDS,
        "re_expires_in": 2 * TOKEN_SECONDS,
        **_ids(keys, given.person),
    }


def _share(books: sqlite3.Connection, keys: IdentityKeys, asked: Mapping[str, str], now: float) -> dict[str, Any]:
    node = "alipay_user_info_share_response"
    holder = holder_of(books, "alipay", asked.get("auth_token", ""), now=now)
    if holder is None:
        raise Fault("20001", "aop.invalid-auth-token", "无效的访问令牌", node=node)
    if holder.scope != "auth_user":
        raise Fault("20001", "aop.auth-token-no-scope", "令牌没有该权限", node=node)
    return {"code": "10000", "msg": "Success", "nick_name": holder.person, "avatar": "", **_ids(keys, holder.person)}


def _ids(keys: IdentityKeys, person: str) -> dict[str, str]:
    """user_id is 16 digits that begin with 2088; open_id is for this application alone."""
    digits = int.from_bytes(open_id("alipay", person).encode(), "big") % 10**12
    return {"user_id": f"2088{digits:012d}", "open_id": open_id(keys.alipay_app_id, person)}
