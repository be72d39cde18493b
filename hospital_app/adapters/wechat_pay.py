"""微信支付 API v3 (H5) through the vendor-compatible SDK `wechatpayv3`, in public-key mode.

The SDK keeps no state between calls in this mode (each call is its own `requests` call), so one
instance serves all threads. It neither checks how old a notification is nor whom it is for, and an
unknown key serial would make it fetch certificates: those checks stand here, before it is asked.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests
import wechatpayv3

from hospital_app import clock
from hospital_app.adapters.wechat_reading import payment_notice, refund_notice
from hospital_app.domain.calendar import local
from hospital_app.ports import (
    Forged,
    PaymentNotice,
    PaymentOrder,
    Prepay,
    RefundNotice,
    RefundOrder,
    Rejected,
    Silent,
    TradeState,
    Unreachable,
)

log = logging.getLogger(__name__)

CALLBACK_WINDOW_SECONDS = 300
# The vendor spells its codes with underscores or without, by service and year: compared without.
UNKNOWN_NUMBER = {"ORDERNOTEXIST", "RESOURCENOTEXISTS"}
ALREADY_PAID = {"ORDERPAID"}
ALREADY_CLOSED = {"ORDERCLOSED"}
# Refusals that end without us changing the request: our account is topped up, our key is mended.
PASSING = {"NOTENOUGH", "FREQUENCYLIMITED", "RATELIMITED", "RATELIMITEXCEEDED", "SIGNERROR", "SYSTEMERROR"}
SIGNED_HEADERS = ("timestamp", "nonce", "serial", "signature", "signature-type")
FAILED = json.dumps({"code": "FAIL", "message": "失败"}).encode()


class WeChatPay:
    """PaymentGateway over WeChat Pay v3."""

    channel = "wechat"

    def __init__(
        self,
        *,
        appid: str,
        mchid: str,
        serial_no: str,
        private_key: str,
        public_key: str,
        public_key_id: str,
        apiv3_key: str,
        notify_url: str,
        return_url: str,
        seen: Callable[[str], bool],
        gateway_url: str = "",
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
    ) -> None:
        """Keys are PEM texts. `seen(nonce)` says whether a verified notification's nonce came before.

        `gateway_url` replaces the vendor's host (sandbox); then no proxy of the environment is used.
        """
        self._appid = appid
        self._mchid = mchid
        self._public_key_id = public_key_id
        self._return_url = return_url
        self._seen = seen
        self._sdk = wechatpayv3.WeChatPay(
            wechatpay_type=wechatpayv3.WeChatPayType.H5,
            mchid=mchid,
            private_key=private_key,
            cert_serial_no=serial_no,
            appid=appid,
            apiv3_key=apiv3_key,
            notify_url=notify_url,
            timeout=(connect_timeout_seconds, read_timeout_seconds),
            public_key=public_key,
            public_key_id=public_key_id,
            proxy={"http": "", "https": ""} if gateway_url else None,
        )
        if gateway_url:
            self._sdk._core._gate_way = gateway_url.rstrip("/")

    def create(self, order: PaymentOrder) -> Prepay:
        answer = self._call(
            self._sdk.pay,
            description=order.description[:127],
            out_trade_no=order.payment_no,
            amount={"total": order.amount_fen, "currency": "CNY"},
            time_expire=local(order.expires_at).isoformat(timespec="seconds"),
            scene_info={"payer_client_ip": order.payer_ip, "h5_info": {"type": "Wap"}},
        )
        url = str(answer["h5_url"])
        if order.appointment_no:
            back = f"{self._return_url}/{order.appointment_no}"
            url += f"{'&' if '?' in url else '?'}redirect_url={quote(back, safe='')}"
        return Prepay(cashier_url=url)

    def query(self, payment_no: str) -> PaymentNotice | None:
        try:
            answer = self._call(self._sdk.query, out_trade_no=payment_no)
        except Rejected as refusal:
            if _plain(refusal.code) in UNKNOWN_NUMBER:
                return None
            raise
        if (answer.get("mchid"), answer.get("out_trade_no")) != (self._mchid, payment_no):
            raise Unreachable("WeChat answered for another order")
        return payment_notice(answer)

    def close(self, payment_no: str) -> TradeState:
        """An order that the vendor never heard of counts as closed: it can take no money."""
        try:
            self._call(self._sdk.close, out_trade_no=payment_no)
        except Rejected as refusal:
            if _plain(refusal.code) in ALREADY_PAID:
                return "captured"
            if _plain(refusal.code) not in ALREADY_CLOSED | UNKNOWN_NUMBER:
                raise
        return "closed"

    def refund(self, order: RefundOrder) -> RefundNotice:
        answer = self._call(
            self._sdk.refund,
            out_refund_no=order.refund_no,
            out_trade_no=order.payment_no,
            amount={"refund": order.amount_fen, "total": order.total_fen, "currency": "CNY"},
            reason=order.reason[:80],
        )
        return refund_notice(answer, answer["status"])

    def query_refund(self, refund_no: str) -> RefundNotice | None:
        try:
            answer = self._call(self._sdk.query_refund, out_refund_no=refund_no)
        except Rejected as refusal:
            if _plain(refusal.code) in UNKNOWN_NUMBER:
                return None
            raise
        return refund_notice(answer, answer["status"])

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | RefundNotice:
        lowered = {name.lower(): value for name, value in headers.items()}
        signed = {name: lowered.get(f"wechatpay-{name}", "") for name in SIGNED_HEADERS}
        _require_recent(signed["timestamp"])
        if signed["serial"] != self._public_key_id:
            raise Forged("signed with a key that is not the vendor's")
        try:
            message = self._sdk.callback({f"wechatpay-{name}": text for name, text in signed.items()}, body)
        except Exception as failure:  # the SDK raises bare Exception beside what the parsers raise
            raise Forged("unreadable") from failure
        if not message:
            raise Forged("wrong signature or key")
        if self._seen(signed["nonce"]):
            raise Forged("this nonce was seen before")
        return self._notice(message)

    def acknowledgement(self, accepted: bool) -> tuple[int, bytes, str]:
        return (200, b"", "application/json") if accepted else (500, FAILED, "application/json")

    def _notice(self, message: Mapping[str, Any]) -> PaymentNotice | RefundNotice:
        kind, resource = str(message.get("event_type")), message["resource"]
        try:
            if resource["mchid"] != self._mchid:
                raise Forged("meant for another merchant")
            if kind.startswith("REFUND."):
                return refund_notice(resource, resource["refund_status"])
            if kind.startswith("TRANSACTION.") and resource["appid"] == self._appid:
                return payment_notice(resource)
        except (KeyError, TypeError, ValueError) as failure:
            raise Forged("not of the agreed form") from failure
        raise Forged(f"not an event of ours: {kind}")

    def _call(self, function: Callable[..., tuple[int, Any]], **arguments: Any) -> dict[str, Any]:
        """The JSON answer ({} for 204). Raises Unreachable or Rejected."""
        try:
            status, text = function(**arguments)
        except requests.Timeout as failure:
            raise Silent(f"WeChat: {type(failure).__name__}") from failure
        except requests.RequestException as failure:
            raise Unreachable(f"WeChat: {type(failure).__name__}") from failure
        except Exception as failure:  # the SDK raises bare Exception for an answer signed wrongly
            log.exception("WeChat's answer to %s could not be trusted", function.__name__)
            raise Unreachable("WeChat's answer could not be verified") from failure
        if 200 <= status < 300:
            return _json_object(text)
        refusal = _json_object(text)
        code = str(refusal.get("code", status))
        if status >= 500 or status in (401, 429) or _plain(code) in PASSING:
            log.warning("WeChat refused %s for now: %s %s", function.__name__, status, code)
            raise Unreachable(f"WeChat: {status} {code}")
        raise Rejected(code, str(refusal.get("message", "")))


def _require_recent(timestamp: str) -> None:
    if not timestamp.isdecimal() or len(timestamp) > 12:
        raise Forged("no timestamp")
    if abs(clock.now().timestamp() - int(timestamp)) > CALLBACK_WINDOW_SECONDS:
        raise Forged("too old, or from the future")


def _plain(code: str) -> str:
    return code.replace("_", "")


def _json_object(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}
