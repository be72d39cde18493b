"""微信支付 API v3 (H5, JSAPI, Native) through the vendor-compatible SDK `wechatpayv3`, in public-key mode.

The SDK keeps no state between calls in this mode (each call is its own `requests` call), so one
instance serves all threads. It neither checks how old a notification is nor whom it is for, and an
unknown key serial would make it fetch certificates: those checks stand here, before it is asked.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import wechatpayv3

from hospital_app import clock
from hospital_app.adapters.bill_time import made_by
from hospital_app.adapters.strict_base64 import strict_base64
from hospital_app.adapters.wechat_answers import ask, ask_for_bytes, plain
from hospital_app.adapters.wechat_bill import movements, trade_lines
from hospital_app.adapters.wechat_reading import payment_notice, refund_notice
from hospital_app.domain.calendar import local
from hospital_app.ports import (
    BillLine,
    Forged,
    Method,
    Movement,
    PaymentNotice,
    PaymentOrder,
    Prepay,
    RefundNotice,
    RefundOrder,
    Rejected,
    TradeState,
    Unreachable,
)

CALLBACK_WINDOW_SECONDS = 300
UNKNOWN_NUMBER = {"ORDERNOTEXIST", "RESOURCENOTEXISTS"}
ALREADY_PAID = {"ORDERPAID"}
ALREADY_CLOSED = {"ORDERCLOSED"}
# Not made yet, or nothing to make one of; the vendor says the latter of a day that is not over, too.
NO_BILL = {"STATEMENTCREATING", "NOSTATEMENTEXIST"}
EMPTY_DAY = {"NOSTATEMENTEXIST"}
PAY_TYPES = {
    Method.H5: wechatpayv3.WeChatPayType.H5,
    Method.JSAPI: wechatpayv3.WeChatPayType.JSAPI,
    Method.NATIVE: wechatpayv3.WeChatPayType.NATIVE,
}
H5_SCENE: Mapping[Method, Mapping[str, Any]] = {Method.H5: {"h5_info": {"type": "Wap"}}}
SIGNED_HEADERS = ("timestamp", "nonce", "serial", "signature", "signature-type")
FAILED = json.dumps({"code": "FAIL", "message": "失败"}).encode()


class WeChatPay:
    """PaymentGateway over WeChat Pay v3."""

    channel = "wechat"
    methods: tuple[Method, ...] = (Method.H5, Method.JSAPI, Method.NATIVE)

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
        mark: Callable[[str], None],
        gateway_url: str = "",
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
    ) -> None:
        """Keys are PEM texts. `seen(nonce)` says whether a notification's nonce was taken before, `mark` that it was.

        `gateway_url` replaces the vendor's host (sandbox); then no proxy of the environment is used.
        """
        self._appid = appid
        self._mchid = mchid
        self._public_key_id = public_key_id
        self._return_url = return_url
        self._seen, self._mark = seen, mark
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
        method = order.method or Method.H5
        answer = ask(
            self._sdk.pay,
            description=order.description[:127],
            out_trade_no=order.payment_no,
            amount={"total": order.amount_fen, "currency": "CNY"},
            time_expire=local(order.expires_at).isoformat(timespec="seconds"),
            pay_type=PAY_TYPES[method],
            payer={"openid": order.payer_id} if method is Method.JSAPI else None,
            scene_info={"payer_client_ip": order.payer_ip, **H5_SCENE.get(method, {})},
        )
        if method is Method.JSAPI:
            prepay_id = str(answer["prepay_id"])
            return Prepay(prepay_id=prepay_id, parameters=self._signed_for_page(prepay_id))
        if method is Method.NATIVE:
            return Prepay(code_url=str(answer["code_url"]))
        url = str(answer["h5_url"])
        if order.appointment_no:
            back = f"{self._return_url}/{order.appointment_no}"
            url += f"{'&' if '?' in url else '?'}redirect_url={quote(back, safe='')}"
        return Prepay(cashier_url=url)

    def query(self, payment_no: str) -> PaymentNotice | None:
        try:
            answer = ask(self._sdk.query, out_trade_no=payment_no)
        except Rejected as refusal:
            if plain(refusal.code) in UNKNOWN_NUMBER:
                return None
            raise
        if (answer.get("mchid"), answer.get("out_trade_no")) != (self._mchid, payment_no):
            raise Unreachable("WeChat answered for another order")
        return payment_notice(answer)

    def close(self, payment_no: str) -> TradeState:
        """An order that the vendor never heard of counts as closed: it can take no money."""
        try:
            ask(self._sdk.close, out_trade_no=payment_no)
        except Rejected as refusal:
            if plain(refusal.code) in ALREADY_PAID:
                return "captured"
            if plain(refusal.code) not in ALREADY_CLOSED | UNKNOWN_NUMBER:
                raise
        return "closed"

    def refund(self, order: RefundOrder) -> RefundNotice:
        answer = ask(
            self._sdk.refund,
            out_refund_no=order.refund_no,
            out_trade_no=order.payment_no,
            amount={"refund": order.amount_fen, "total": order.total_fen, "currency": "CNY"},
            reason=order.reason[:80],
        )
        return refund_notice(answer, answer["status"])

    def query_refund(self, refund_no: str, payment_no: str) -> RefundNotice | None:
        try:
            answer = ask(self._sdk.query_refund, out_refund_no=refund_no)
        except Rejected as refusal:
            if plain(refusal.code) in UNKNOWN_NUMBER:
                return None
            raise
        return refund_notice(answer, answer["status"])

    def bill(self, on: date) -> Sequence[BillLine]:
        packed, digest = self._file(on, self._sdk.trade_bill, bill_type="ALL")
        return trade_lines(packed, digest=digest) if packed else []

    def fund_flow(self, on: date) -> Sequence[Movement]:
        """资金账单 of the basic account (基本账户)."""
        packed, digest = self._file(on, self._sdk.fundflow_bill, account_type="BASIC")
        return movements(packed, digest=digest) if packed else []

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | RefundNotice:
        lowered = {name.lower(): value for name, value in headers.items()}
        signed = {name: lowered.get(f"wechatpay-{name}", "") for name in SIGNED_HEADERS}
        if not strict_base64(signed["signature"]):
            raise Forged("no signature")
        _require_recent(signed["timestamp"])
        if signed["serial"] != self._public_key_id:
            raise Forged("signed with a key that is not the vendor's")
        try:
            message = self._sdk.callback({f"wechatpay-{name}": text for name, text in signed.items()}, body)
        except Exception as failure:  # the SDK raises bare Exception beside what the parsers raise
            raise Forged("unreadable") from failure
        if not message:
            raise Forged("wrong signature or key")
        notice = self._notice(message)
        if self._seen(signed["nonce"]):
            raise Forged("this nonce was seen before")
        return notice

    def remember(self, headers: Mapping[str, str], body: bytes) -> None:
        self._mark({name.lower(): value for name, value in headers.items()}["wechatpay-nonce"])

    def acknowledgement(self, accepted: bool) -> tuple[int, bytes, str]:
        return (200, b"", "application/json") if accepted else (500, FAILED, "application/json")

    def _file(self, on: date, function: Callable[..., tuple[int, Any]], **kind: str) -> tuple[bytes, str]:
        """A bill as it lies there, and its SHA1; empty for a day on which nothing moved."""
        try:
            answer = ask(function, bill_date=on.isoformat(), tar_type="GZIP", **kind)
        except Rejected as refusal:
            if plain(refusal.code) not in NO_BILL:
                raise
            if plain(refusal.code) in EMPTY_DAY and clock.now() >= made_by(on):
                return b"", ""
            raise Unreachable(f"WeChat's bill of {on} is not ready: {refusal.code}") from refusal
        if answer.get("hash_type") != "SHA1" or not answer.get("hash_value") or not answer.get("download_url"):
            raise Unreachable("WeChat's answer for the bill is not of the agreed form")
        packed = ask_for_bytes(self._sdk.download_bill, url=str(answer["download_url"]))
        return packed.encode() if isinstance(packed, str) else packed, str(answer["hash_value"])

    def _signed_for_page(self, prepay_id: str) -> dict[str, str]:
        """What a page inside WeChat hands to WeixinJSBridge (paySign)."""
        timestamp, nonce, package = str(int(clock.now().timestamp())), token_hex(16), f"prepay_id={prepay_id}"
        return {
            "appId": self._appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._sdk.sign([self._appid, timestamp, nonce, package]),
        }

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


def _require_recent(timestamp: str) -> None:
    if not timestamp.isdecimal() or len(timestamp) > 12:
        raise Forged("no timestamp")
    if abs(clock.now().timestamp() - int(timestamp)) > CALLBACK_WINDOW_SECONDS:
        raise Forged("too old, or from the future")
