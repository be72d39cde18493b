"""A merchant at the WeChat sandbox: the real adapter, a payer at the cashier, an ear for callbacks."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hospital_app import clock
from hospital_app.adapters.wechat_pay import WeChatPay
from hospital_app.ports import PaymentNotice, PaymentOrder, RefundNotice, RefundOrder
from hospital_app.sandbox.wechat.signing import encrypted_resource, platform_of, signed_headers
from tests.adapters.world import Ear, Sandbox

RETURN_URL = "https://hospital.example/pay"
_serial = count(1)


class Merchant:
    def __init__(self, world: Sandbox, ear: Ear) -> None:
        self.world = world
        self.ear = ear
        self.nonces: set[str] = set()
        self.gateway = self.gateway_with()

    def gateway_with(self, **changed: Any) -> WeChatPay:
        """The adapter, with some of its arguments changed."""
        keys = self.world.keys
        arguments: dict[str, Any] = {
            "appid": keys.appid,
            "mchid": keys.mchid,
            "serial_no": keys.merchant_serial_no,
            "private_key": keys.merchant_key,
            "public_key": keys.platform_public,
            "public_key_id": keys.platform_key_id,
            "apiv3_key": keys.apiv3_key,
            "notify_url": self.ear.url,
            "return_url": RETURN_URL,
            "gateway_url": self.world.url,
            "seen": self.nonces.__contains__,
            "mark": self.nonces.add,
        }
        return WeChatPay(**{**arguments, **changed})

    def an_order(self, *, amount_fen: int = 5000, seconds: float = 900, **changed: Any) -> PaymentOrder:
        order = PaymentOrder(
            payment_no=f"P{clock.now():%Y%m%d%H%M%S}{next(_serial):06d}",
            amount_fen=amount_fen,
            description="呼吸内科 张国立 挂号费",
            expires_at=clock.now() + timedelta(seconds=seconds),
        )
        return PaymentOrder(**{**{name: getattr(order, name) for name in order.__slots__}, **changed})

    def placed(self, **order: Any) -> str:
        """A new order at the channel; its payment_no."""
        wanted = self.an_order(**order)
        self.gateway.create(wanted)
        return wanted.payment_no

    def choose(self, payment_no: str, outcome: str, **options: Any) -> int:
        """What the payer does, as tests do it; the HTTP status."""
        return self.world.http.post(f"/sandbox/cashier/{payment_no}", json={"outcome": outcome, **options}).status_code

    def paid(self, **order: Any) -> str:
        """A captured order whose callback was heard; its payment_no."""
        payment_no = self.placed(**order)
        heard = len(self.ear.heard)
        assert self.choose(payment_no, "success") == 202
        self.ear.wait_for(heard + 1)
        return payment_no

    def notices(self) -> list[PaymentNotice | RefundNotice]:
        """Everything heard so far, read by the adapter."""
        return [self.gateway.read_callback(headers, body) for headers, body in self.ear.heard]

    def a_refund(self, payment_no: str, refund_no: str, *, fen: int, total_fen: int = 5000) -> RefundOrder:
        return RefundOrder(refund_no, payment_no, amount_fen=fen, total_fen=total_fen, reason="退号")

    def forged(self, *, at: datetime | None = None, **resource: Any) -> tuple[dict[str, str], bytes]:
        """A payment notice as the platform would sign it at an instant, with some of its content changed."""
        keys = self.world.keys
        platform = platform_of(keys)
        content = {
            "appid": keys.appid,
            "mchid": keys.mchid,
            "out_trade_no": "P20261124000000",
            "transaction_id": "4200000000",
            "trade_state": "SUCCESS",
            "amount": {"total": 5000, "currency": "CNY"},
            "success_time": "2026-11-24T09:00:00+08:00",
            **resource,
        }
        body = json.dumps(
            {
                "id": "e-1",
                "event_type": "TRANSACTION.SUCCESS",
                "resource_type": "encrypt-resource",
                "resource": encrypted_resource(platform, json.dumps(content).encode(), "transaction"),
            }
        ).encode()
        headers = {name.lower(): text for name, text in signed_headers(platform, body, at or clock.now()).items()}
        return headers, body
