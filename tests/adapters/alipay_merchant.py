"""A merchant at the Alipay sandbox: the real adapter, a payer at the cashier, an ear for callbacks."""

import time
from datetime import timedelta
from itertools import count
from typing import Any

from hospital_app import clock
from hospital_app.adapters.alipay_pay import AlipayPay
from hospital_app.ports import Method, PaymentNotice, PaymentOrder, RefundNotice, RefundOrder
from hospital_app.sandbox.alipay.books import wall
from hospital_app.sandbox.alipay.signing import platform_of, signed_form
from tests.adapters.world import Ear
from tests.support.outside import AlipaySandbox

RETURN_URL = "https://hospital.example/pay"
_serial = count(1)


class AlipayMerchant:
    def __init__(self, world: AlipaySandbox, ear: Ear) -> None:
        self.world = world
        self.ear = ear
        ear.says = b"success"
        self.taken: set[str] = set()
        self.gateway = self.gateway_with()

    def gateway_with(self, **changed: Any) -> AlipayPay:
        """The adapter, with some of its arguments changed."""
        known = self.world.merchant
        arguments: dict[str, Any] = {
            "app_id": known.app_id,
            "seller_id": known.seller_id,
            "private_key": known.application_key,
            "public_key": known.platform_public,
            "notify_url": self.ear.url,
            "return_url": RETURN_URL,
            "gateway_url": f"{self.world.url}/gateway.do",
            "cashier_url": "/sandbox/alipay/gateway.do",
            "seen": self.taken.__contains__,
            "mark": self.taken.add,
        }
        return AlipayPay(**{**arguments, **changed})

    def an_order(self, *, amount_fen: int = 5000, seconds: float = 900, **changed: Any) -> PaymentOrder:
        order = PaymentOrder(
            payment_no=f"P{clock.now():%Y%m%d%H%M%S}{next(_serial):06d}",
            amount_fen=amount_fen,
            description="挂号诊查费",
            expires_at=clock.now() + timedelta(seconds=seconds),
        )
        return PaymentOrder(**{**{name: getattr(order, name) for name in order.__slots__}, **changed})

    def placed(self, **order: Any) -> str:
        """A new order whose payer has come to the cashier; its payment_no."""
        wanted = self.an_order(**order)
        self.world.come(self.gateway.create(wanted).cashier_url)
        return wanted.payment_no

    def scanned(self, **order: Any) -> str:
        """A code made, and not scanned by anybody; its payment_no."""
        wanted = self.an_order(method=Method.QR, **order)
        self.gateway.create(wanted)
        return wanted.payment_no

    def paid(self, **order: Any) -> str:
        number = self.placed(**order)
        assert self.world.choose(number, "timeout") == 202
        return number

    def notices(self) -> list[PaymentNotice | RefundNotice]:
        """Everything heard so far, read by the adapter."""
        return [self.gateway.read_callback(headers, body) for headers, body in self.ear.heard]

    def a_refund(self, payment_no: str, refund_no: str, *, fen: int, total_fen: int = 5000) -> RefundOrder:
        return RefundOrder(refund_no, payment_no, amount_fen=fen, total_fen=total_fen, reason="退号")

    def notification(self, *, at: float | None = None, **changed: str) -> bytes:
        """As Alipay itself would sign it, with some of its content changed."""
        known = self.world.merchant
        now = wall(time.time() if at is None else at)
        said = {
            "app_id": known.app_id,
            "seller_id": known.seller_id,
            "out_trade_no": "P20261126000000000001",
            "trade_no": "2026112622001",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "50.00",
            "notify_id": "n-1",
            "notify_time": now,
            "gmt_payment": now,
        }
        return signed_form(platform_of(known), {**said, **changed})
