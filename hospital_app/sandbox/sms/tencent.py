"""The sandbox as 腾讯云短信: `POST /` with X-TC-Action: SendSms, signed by TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hospital_app import clock
from hospital_app.domain.text_messages import parameters
from hospital_app.sandbox.intake import body_of
from hospital_app.sandbox.sms.templates import template_of
from hospital_app.sandbox.sms.vendors import APP_ID, KEY_ID, OLDEST_SECONDS, Wrong, deliver

ALGORITHM = "TC3-HMAC-SHA256"
AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^/]+)/([0-9-]+)/sms/tc3_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{{64}})"
)
#: Sentences of what is wrong with the call itself; the status is 200 all the same.
FAULTS: Mapping[str, str] = {
    "AuthFailure.SecretIdNotFound": "The SecretId is not found, please ensure that your SecretId is correct.",
    "AuthFailure.SignatureFailure": "The provided credentials could not be validated.",
    "AuthFailure.SignatureExpire": "The request timestamp is expired.",
    "InvalidAction": "The action is not found.",
    "InvalidParameter": "The request body is not what this action takes.",
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": "SmsSdkAppId 校验失败",
}
REFUSALS: Mapping[str, tuple[str, str]] = {
    "phone": ("InvalidParameterValue.IncorrectPhoneNumber", "incorrect phone number"),
    "sign": ("FailedOperation.SignatureIncorrectOrUnapproved", "signature is incorrect or unapproved"),
    "template": ("FailedOperation.TemplateIncorrectOrUnapproved", "template is incorrect or unapproved"),
    "parameters": ("InvalidParameterValue.TemplateParameterFormatError", "template parameter format error"),
    "limit-60": ("LimitExceeded.PhoneNumberThirtySecondLimit", "the number of SMS in 30 seconds exceeds the limit"),
    "limit-3600": ("LimitExceeded.PhoneNumberOneHourLimit", "the number of SMS in one hour exceeds the limit"),
    "limit-86400": ("LimitExceeded.PhoneNumberDailyLimit", "the number of SMS in one day exceeds the limit"),
}


def tencent_answer(books: sqlite3.Connection, *, secret: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that takes what the vendor's SDK sends."""

    async def answer(request: Request) -> Response:
        request_id = str(uuid4())
        body = await body_of(request)
        fault, asked = _fault(request, body, secret), _object(body)
        if fault is None and asked.get("SmsSdkAppId") != APP_ID:
            fault = "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if fault is not None:
            error = {"Code": fault, "Message": FAULTS[fault]}
            return JSONResponse({"Response": {"Error": error, "RequestId": request_id}})
        statuses = [_status(books, str(phone), asked) for phone in asked["PhoneNumberSet"]]
        return JSONResponse({"Response": {"SendStatusSet": statuses, "RequestId": request_id}})

    return answer


def _fault(request: Request, body: bytes, secret: str) -> str | None:
    signed = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if signed is None:
        return "AuthFailure.SignatureFailure"
    key_id, date, names, signature = signed[1], signed[2], signed[3].split(";"), signed[4]
    if key_id != KEY_ID:
        return "AuthFailure.SecretIdNotFound"
    right = _signature(request, date, names, body, secret)
    if not (set(names) >= {"content-type", "host"} and hmac.compare_digest(signature, right)):
        return "AuthFailure.SignatureFailure"
    if not _is_fresh(request.headers["x-tc-timestamp"], date):
        return "AuthFailure.SignatureExpire"
    if (request.headers.get("x-tc-action"), request.headers.get("x-tc-version")) != ("SendSms", "2021-01-11"):
        return "InvalidAction"
    if not isinstance(_object(body).get("PhoneNumberSet"), list):
        return "InvalidParameter"
    return None


def _signature(request: Request, date: str, names: list[str], body: bytes, secret: str) -> str:
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    digest = hashlib.sha256(body).hexdigest()
    canonical = "\n".join([request.method, request.url.path, request.url.query, headers, ";".join(names), digest])
    scope = f"{date}/sms/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join([ALGORITHM, request.headers.get("x-tc-timestamp", ""), scope, hashed])
    key = f"TC3{secret}".encode()
    for part in (date, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _is_fresh(timestamp: str, date: str) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    at = datetime.fromtimestamp(int(timestamp), UTC)
    return at.date().isoformat() == date and abs((clock.now() - at).total_seconds()) <= OLDEST_SECONDS


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _status(books: sqlite3.Connection, phone: str, asked: Mapping[str, Any]) -> dict[str, object]:
    template = template_of(str(asked.get("TemplateId", "")))
    values = [str(value) for value in asked.get("TemplateParamSet") or []]
    names = parameters(template) if template else ()
    params = dict(zip(names, values, strict=False)) if len(names) == len(values) else {}
    sent = deliver(
        books, phone=phone.removeprefix("+86"), sign_name=asked.get("SignName"), template=template, params=params
    )
    if isinstance(sent, Wrong):
        code, message = REFUSALS[sent.what]
        return {"SerialNo": "", "PhoneNumber": phone, "Fee": 0, "Code": code, "Message": message, "IsoCode": "CN"}
    return {"SerialNo": sent, "PhoneNumber": phone, "Fee": 1, "Code": "Ok", "Message": "send success", "IsoCode": "CN"}
