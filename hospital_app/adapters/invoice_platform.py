"""医疗电子票据平台: the envelope that the provinces' platforms share (appid, base64 data, noise, version, MD5 sign)."""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

import httpx

from hospital_app import clock
from hospital_app.adapters.authorities import authorities
from hospital_app.domain.calendar import local
from hospital_app.domain.invoicing import InvoiceOrder, IssuedInvoice
from hospital_app.domain.money import yuan
from hospital_app.ports import Rejected, Silent, Unreachable

VERSION = "1.0"
DONE = "S0000"
REGISTRATION = "06"  # busType: 挂号
#: The platform's word for a bill that is red-lettered already: voiding is done.
ALREADY_VOID = "E0098"


def sign(fields: Mapping[str, str], key: str) -> str:
    """MD5 of the named fields and the key, in this order, in capitals; TLS guards the rest."""
    named = {**fields, "key": key}
    text = "&".join(f"{name}={named[name]}" for name in ("appid", "data", "noise", "key", "version"))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


class InvoicePlatform:
    """InvoiceIssuer over HTTP; one instance serves all threads."""

    def __init__(self, url: str, appid: str, key: str, *, place_code: str, timeout_seconds: float = 10) -> None:
        self._appid, self._key, self._place = appid, key, place_code
        self._http = httpx.Client(
            base_url=url,
            timeout=timeout_seconds,
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=authorities(),
            trust_env=False,
        )

    def issue(self, order: InvoiceOrder) -> IssuedInvoice:
        answer = self._call(
            "invEBillRegistration",
            {
                "busNo": order.no,
                "busType": REGISTRATION,
                "payer": order.payer,
                "busDateTime": _stamp(),
                "placeCode": self._place,
                "payee": "挂号系统",
                "author": "挂号系统",
                "totalAmt": yuan(order.amount_fen),
                "patientNo": order.appointment_no,
                "category": order.department,
                "consultationDate": f"{local(order.paid_at):%Y-%m-%d}",
                "chargeDetail": [{"sortNo": 1, "chargeName": "挂号诊查费", "amt": yuan(order.amount_fen)}],
            },
        )
        try:
            return IssuedInvoice(
                *(str(answer[name]) for name in ("billBatchCode", "billNo", "random", "pictureUrl")),
            )
        except KeyError as failure:
            raise Unreachable("invoices: an answer without what it must have") from failure

    def void(self, no: str, invoice: IssuedInvoice, *, reason: str) -> None:
        asked = {
            "billBatchCode": invoice.batch_code,
            "billNo": invoice.number,
            "reason": reason,
            "operator": "挂号系统",
            "busDateTime": _stamp(),
            "placeCode": self._place,
            "busNo": no,
        }
        try:
            self._call("writeOffEBill", asked)
        except Rejected as refusal:
            if refusal.code != ALREADY_VOID:
                raise

    def _call(self, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
        data = base64.b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()
        fields = {"appid": self._appid, "data": data, "noise": secrets.token_hex(16), "version": VERSION}
        try:
            answer = self._http.post(f"/api/medical/{name}", json=fields | {"sign": sign(fields, self._key)})
        except httpx.TimeoutException as failure:
            raise Silent(f"invoices: {type(failure).__name__}") from failure
        except httpx.HTTPError as failure:
            raise Unreachable(f"invoices: {type(failure).__name__}") from failure
        if not answer.is_success:
            raise Unreachable(f"invoices: HTTP {answer.status_code}")
        return self._opened(answer)

    def _opened(self, answer: httpx.Response) -> dict[str, Any]:
        """Raises Rejected with the platform's code, Unreachable for what it did not sign."""
        try:
            told = answer.json()
            signed = {name: str(told[name]) for name in ("data", "noise")}
            outer = json.loads(base64.b64decode(signed["data"]))
            message = base64.b64decode(outer["message"]).decode()
            result = str(outer["result"])
        except (ValueError, KeyError, TypeError, binascii.Error) as failure:
            raise Unreachable("invoices: an answer that is none") from failure
        ours = sign({"appid": self._appid, **signed, "version": VERSION}, self._key)
        if not secrets.compare_digest(ours, str(told.get("sign", ""))):
            raise Unreachable("invoices: the answer is not signed by the platform")
        if result != DONE:
            raise Rejected(result, message[:120])
        found: dict[str, Any] = json.loads(message)
        return found


def _stamp() -> str:
    return f"{local(clock.now()):%Y%m%d%H%M%S}000"
