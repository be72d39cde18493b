"""The one place where a refusal becomes an answer of the API: `{"error": code, "detail": sentence}`."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from hospital_app.catalogue import say
from hospital_app.domain.errors import Refusal

logger = logging.getLogger(__name__)

#: What plain HTTP faults are called here, and what to do about them.
HTTP_FAULTS = {
    404: ("not_found", "没有这个地址，请检查后重试。"),
    405: ("method_not_allowed", "这个地址不支持该操作，请查阅接口文档。"),
    413: ("too_large", "提交的内容过大，请缩减后重试。"),
}
#: FHIR's code for what went wrong, by status.
FHIR_ISSUES = {400: "invalid", 401: "login", 404: "not-found", 405: "not-supported", 422: "invalid", 500: "exception"}
BUG = ("internal_error", "系统出了点问题，请稍后再试；若仍不行，请联系医院服务台。")
INVALID = ("invalid_request", "提交的内容不完整或格式不对：{fields}，请改正后重试。")


class Problem(BaseModel):
    """Why not, and what to do about it. Some codes say more: `retry_after_seconds`, `missing`, `again`."""

    model_config = ConfigDict(extra="allow")

    error: str
    detail: str


#: For the documentation: every refusal of every call.
REFUSALS: dict[int | str, dict[str, Any]] = {"4XX": {"model": Problem, "description": "Refused"}}
#: The same in FHIR's words, and in a vendor's own.
OUTCOMES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Refused",
        "content": {
            "application/fhir+json": {
                "schema": {
                    "type": "object",
                    "properties": {"resourceType": {"const": "OperationOutcome"}, "issue": {"type": "array"}},
                    "required": ["resourceType", "issue"],
                }
            }
        },
    }
}


def language_of(request: Request) -> str:
    """`en` for callers who ask for English before anything else, else `zh`."""
    return "en" if request.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"


def refused(request: Request, refusal: Refusal) -> JSONResponse:
    detail = say(refusal.template, language_of(request), **refusal.params)
    if request.url.path.startswith("/fhir/"):
        return _outcome(refusal, detail)
    wait = refusal.extra.get("retry_after_seconds")
    headers = None if wait is None else {"retry-after": str(wait)}
    return JSONResponse({"error": refusal.code, "detail": detail, **refusal.extra}, refusal.status, headers)


def _outcome(refusal: Refusal, detail: str) -> JSONResponse:
    """The same in FHIR's words."""
    issue = {
        "severity": "error",
        "code": FHIR_ISSUES.get(refusal.status, "processing"),
        "details": {"text": refusal.code},
        "diagnostics": detail,
    }
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    return JSONResponse(outcome, refusal.status, media_type="application/fhir+json")


def add_error_handlers(api: FastAPI) -> None:
    @api.exception_handler(Refusal)
    async def _refusal(request: Request, refusal: Refusal) -> JSONResponse:
        return refused(request, refusal)

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, fault: RequestValidationError) -> JSONResponse:
        fields = sorted({".".join(str(part) for part in error["loc"][1:]) or "body" for error in fault.errors()})
        return refused(request, Refusal(*INVALID, 422, params={"fields": ", ".join(fields)}))

    @api.exception_handler(HTTPException)
    async def _http(request: Request, fault: HTTPException) -> JSONResponse:
        code, message = HTTP_FAULTS.get(fault.status_code, ("http_error", str(fault.detail)))
        answer = refused(request, Refusal(code, message, fault.status_code))
        answer.headers.update(fault.headers or {})
        return answer

    @api.exception_handler(Exception)
    async def _bug(request: Request, fault: Exception) -> JSONResponse:
        # Starlette raises it again after the answer, and the server logs its trace.
        return refused(request, Refusal(*BUG, 500))
