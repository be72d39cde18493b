"""The sandbox as 阿里云短信服务: `POST /` with x-acs-action: SendSms, signed by ACS3-HMAC-SHA256."""

import hashlib
import hmac
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hospital_app import clock
from hospital_app.sandbox.intake import body_of
from hospital_app.sandbox.sms.templates import template_of
from hospital_app.sandbox.sms.vendors import KEY_ID, OLDEST_SECONDS, Wrong, deliver

ALGORITHM = "ACS3-HMAC-SHA256"
AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{{64}})")
#: Without these a signature would be good for another call.
MUST_BE_SIGNED = frozenset({"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"})
#: HTTP status and sentence of what is wrong with the call itself.
FAULTS: Mapping[str, tuple[int, str]] = {
    "MissingParameter": (400, "Authorization is mandatory for this action."),
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "SignatureDoesNotMatch": (400, "Specified signature does not match our calculation."),
    "InvalidTimeStamp.Expired": (400, "Specified time stamp or date value is expired."),
    "SignatureNonceUsed": (400, "Specified signature nonce was used already."),
    "InvalidAction.NotFound": (404, "Specified api is not found, please check your url and method."),
}
REFUSALS: Mapping[str, tuple[str, str]] = {
    "phone": ("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号"),
    "sign": ("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名"),
    "template": ("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板"),
    "parameters": ("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值"),
    "json": ("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值"),
    "limit-60": ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"),
    "limit-3600": ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"),
    "limit-86400": ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"),
}


def aliyun_answer(books: sqlite3.Connection, *, secret: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that takes what the vendor's SDK sends."""
    nonces: set[str] = set()

    async def answer(request: Request) -> Response:
        request_id = str(uuid4()).upper()
        fault = _fault(request, await body_of(request), secret, nonces)
        if fault is not None:
            status, message = FAULTS[fault]
            return JSONResponse({"RequestId": request_id, "Code": fault, "Message": message}, status)
        sent = _send(books, request.query_params)
        if isinstance(sent, Wrong):
            code, message = REFUSALS[sent.what]
            return JSONResponse({"RequestId": request_id, "Code": code, "Message": message})
        return JSONResponse({"RequestId": request_id, "Code": "OK", "Message": "OK", "BizId": sent})

    return answer


def _fault(request: Request, body: bytes, secret: str, nonces: set[str]) -> str | None:
    signed = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if signed is None:
        return "MissingParameter"
    key_id, names, signature = signed[1], signed[2].split(";"), signed[3]
    if key_id != KEY_ID:
        return "InvalidAccessKeyId.NotFound"
    right = _signature(request, names, body, secret)
    if not (set(names) >= MUST_BE_SIGNED and hmac.compare_digest(signature, right)):
        return "SignatureDoesNotMatch"
    if not _is_fresh(request.headers["x-acs-date"]):
        return "InvalidTimeStamp.Expired"
    nonce = request.headers["x-acs-signature-nonce"]
    if nonce in nonces:
        return "SignatureNonceUsed"
    nonces.add(nonce)
    if (request.headers["x-acs-action"], request.headers.get("x-acs-version")) != ("SendSms", "2017-05-25"):
        return "InvalidAction.NotFound"
    return None


def _signature(request: Request, names: list[str], body: bytes, secret: str) -> str:
    digest = hashlib.sha256(body).hexdigest()
    query = "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(request.query_params.items())
    )
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    canonical = "\n".join([request.method, request.url.path, query, headers, ";".join(names), digest])
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _is_fresh(written: str) -> bool:
    try:
        at = datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs((clock.now() - at).total_seconds()) <= OLDEST_SECONDS


def _send(books: sqlite3.Connection, query: Mapping[str, str]) -> str | Wrong:
    try:
        params = json.loads(query.get("TemplateParam") or "{}")
    except ValueError:
        return Wrong("json")
    if not isinstance(params, dict) or not all(isinstance(value, str) for value in params.values()):
        return Wrong("json")
    return deliver(
        books,
        phone=query.get("PhoneNumbers", ""),
        sign_name=query.get("SignName"),
        template=template_of(query.get("TemplateCode", "")),
        params=params,
    )
