"""支付宝 (手机网站、电脑网站、扫码) through the SDK `python-alipay-sdk`, in public-key mode, RSA2 both ways.

Only what Alipay has signed is believed: an error in its gateway's words is a passing fault, whatever it says.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from alipay import AliPay
from alipay.exceptions import AliPayException

from hospital_app import clock
from hospital_app.adapters.alipay_bill import trade_lines
from hospital_app.adapters.alipay_calls import UNSEEN, AlipayCalls
from hospital_app.adapters.alipay_reading import instant, notification, payment_notice, refund_notice
from hospital_app.adapters.bill_time import made_by
from hospital_app.domain.calendar import local
from hospital_app.domain.money import yuan
from hospital_app.ports import (
    BillLine,
    Forged,
    Method,
    PaymentNotice,
    PaymentOrder,
    Prepay,
    RefundNotice,
    RefundOrder,
    Rejected,
    TradeState,
    Unreachable,
)

log = logging.getLogger(__name__)

#: Alipay repeats a notification for 25 h and does not promise to name a new time.
CALLBACK_PAST = timedelta(hours=26)
CALLBACK_FUTURE = timedelta(minutes=5)
NO_BILL = {"isp.bill_not_exist", "isp.bill-not-exist", "BILL_NOT_EXIST"}
MOVED_ON = {"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.TRADE_HAS_SUCCESS"}
PAGES = {
    Method.WAP: ("alipay.trade.wap.pay", "QUICK_WAP_PAY"),
    Method.PAGE: ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
}


class AlipayPay:
    """PaymentGateway over Alipay's open platform."""

    channel = "alipay"
    methods: tuple[Method, ...] = (Method.WAP, Method.PAGE, Method.QR)

    def __init__(
        self,
        *,
        app_id: str,
        seller_id: str,
        private_key: str,
        public_key: str,
        notify_url: str,
        return_url: str,
        seen: Callable[[str], bool],
        mark: Callable[[str], None],
        gateway_url: str = "",
        cashier_url: str = "",
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
    ) -> None:
        """Keys are PEM texts: our application's private one, Alipay's public one. `seller_id`: our 2088 number.

        `seen(message)` says whether this very notification was taken before, `mark` that it was. `gateway_url` and
        `cashier_url` (for the payer's browser) replace the vendor's host (sandbox).
        """
        self._app_id = app_id
        self._seller_id = seller_id
        self._notify_url = notify_url
        self._return_url = return_url
        self._cashier_url = cashier_url
        self._seen, self._mark = seen, mark
        self._sdk = AliPay(
            appid=app_id, app_private_key_string=private_key, alipay_public_key_string=public_key, sign_type="RSA2"
        )
        timeout = (connect_timeout_seconds, read_timeout_seconds)
        self._calls = AlipayCalls(self._sdk, gateway_url=gateway_url, timeout_seconds=timeout)

    def create(self, order: PaymentOrder) -> Prepay:
        """WAP and PAGE need no call: the payer's browser takes the signed order there, and makes the trade."""
        content = {
            "out_trade_no": order.payment_no,
            "total_amount": yuan(order.amount_fen),
            "subject": order.description[:128],
            "time_expire": local(order.expires_at).strftime("%Y-%m-%d %H:%M:%S"),
        }
        method = order.method or Method.WAP
        if method is Method.QR:
            answer = self._calls.ask("alipay.trade.precreate", content, notify_url=self._notify_url)
            return Prepay(code_url=_text(answer, "qr_code"))
        name, product = PAGES[method]
        back = f"{self._return_url}/{order.appointment_no}" if order.appointment_no else self._return_url
        content["product_code"] = product
        if method is Method.WAP:
            content["quit_url"] = back
        address = self._calls.address(self._cashier_url, name, content, notify_url=self._notify_url, return_url=back)
        return Prepay(cashier_url=address)

    def query(self, payment_no: str) -> PaymentNotice | None:
        try:
            answer = self._calls.ask("alipay.trade.query", {"out_trade_no": payment_no})
        except Rejected as refusal:
            if refusal.code == UNSEEN:
                return None
            raise
        return self._notice_of(answer, payment_no)

    def close(self, payment_no: str) -> TradeState:
        """trade.close takes only what waits for its payer; a trade that nobody has seen yet is cancelled instead.

        Cancelling ends the signed order, too: whoever opens its address or scans its code later pays nothing.
        """
        found = self.query(payment_no)
        if found is None:
            return self._cancel(payment_no)
        if found.state != "pending":
            return found.state
        try:
            self._calls.ask("alipay.trade.close", {"out_trade_no": payment_no})
        except Rejected as refusal:
            if refusal.code == UNSEEN:
                return self._cancel(payment_no)
            if refusal.code not in MOVED_ON:
                raise
            found = self.query(payment_no)
            if found is None or found.state == "pending":
                raise Unreachable("Alipay is not sure of this trade yet") from refusal
            return found.state
        return "closed"

    def refund(self, order: RefundOrder) -> RefundNotice:
        content = {
            "out_trade_no": order.payment_no,
            "out_request_no": order.refund_no,
            "refund_amount": yuan(order.amount_fen),
            "refund_reason": order.reason[:128],
        }
        answer = self._calls.ask("alipay.trade.refund", content)
        processing = RefundNotice(order.refund_no, order.payment_no, "processing", order.amount_fen)
        if answer.get("out_trade_no") != order.payment_no:
            raise Unreachable("Alipay answered for another order")
        # "N": nothing moved by this call, because it was moved before, or is still to move.
        return self.query_refund(order.refund_no, order.payment_no) or processing

    def query_refund(self, refund_no: str, payment_no: str) -> RefundNotice | None:
        content = {
            "out_trade_no": payment_no,
            "out_request_no": refund_no,
            "query_options": ["gmt_refund_pay"],
        }
        try:
            answer = self._calls.ask("alipay.trade.fastpay.refund.query", content)
        except Rejected as refusal:
            if refusal.code == UNSEEN:
                return None
            raise
        try:
            found = refund_notice(answer, refund_no=refund_no)
        except (KeyError, ValueError) as failure:
            raise Unreachable("Alipay's answer is not of the agreed form") from failure
        if found is not None and (answer.get("out_request_no"), found.payment_no) != (refund_no, payment_no):
            raise Unreachable("Alipay answered for another refund")
        return found

    def bill(self, on: date) -> Sequence[BillLine]:
        asked = {"bill_type": "trade", "bill_date": on.isoformat()}
        try:
            answer = self._calls.ask("alipay.data.dataservice.bill.downloadurl.query", asked)
        except Rejected as refusal:
            if refusal.code not in NO_BILL:
                raise
            if clock.now() >= made_by(on):
                return []
            raise Unreachable(f"Alipay's bill of {on} is not ready") from refusal
        return trade_lines(self._calls.fetch(_text(answer, "bill_download_url")))

    def fund_flow(self, on: date) -> None:
        """Its fees (服务费) are in the trade bill."""

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | RefundNotice:
        said, signature = notification(body)
        try:
            genuine = self._sdk.verify(dict(said), signature)
        except (AliPayException, ValueError, TypeError) as failure:
            raise Forged("unreadable") from failure
        if not genuine:
            raise Forged("wrong signature or key")
        if said.get("app_id") != self._app_id or said.get("seller_id") != self._seller_id:
            raise Forged("meant for another merchant")
        try:
            at, notice = instant(said["notify_time"]), payment_notice(said)
        except (KeyError, ValueError) as failure:
            raise Forged("not of the agreed form") from failure
        if at is None or not -CALLBACK_FUTURE <= clock.now() - at <= CALLBACK_PAST:
            raise Forged("too old, or from the future")
        if self._seen(_name(signature)):
            raise Forged("this message was seen before")
        return notice

    def remember(self, headers: Mapping[str, str], body: bytes) -> None:
        self._mark(_name(notification(body)[1]))

    def acknowledgement(self, accepted: bool) -> tuple[int, bytes, str]:
        return (200, b"success", "text/plain") if accepted else (500, b"fail", "text/plain")

    def _cancel(self, payment_no: str) -> TradeState:
        try:
            answer = self._calls.ask("alipay.trade.cancel", {"out_trade_no": payment_no})
        except Rejected as refusal:
            if refusal.code == UNSEEN:
                return "closed"
            raise
        if answer.get("retry_flag") == "Y":
            raise Unreachable("Alipay could not cancel this trade yet")
        if answer.get("action") == "refund":
            log.warning("payment %s was paid while it was being cancelled; Alipay has given it back", payment_no)
        return "closed"

    def _notice_of(self, answer: Mapping[str, Any], payment_no: str) -> PaymentNotice:
        try:
            notice = payment_notice(answer)
        except (KeyError, ValueError) as failure:
            raise Unreachable("Alipay's answer is not of the agreed form") from failure
        if notice.payment_no != payment_no:
            raise Unreachable("Alipay answered for another order")
        return notice


def _name(signature: str) -> str:
    """Of one very message: it carries no number of its own that is new each time."""
    return sha256(signature.encode()).hexdigest()


def _text(answer: Mapping[str, Any], name: str) -> str:
    if not answer.get(name):
        raise Unreachable("Alipay's answer is not of the agreed form")
    return str(answer[name])
