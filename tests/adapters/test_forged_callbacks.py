"""很多伪造的回调: of both vendors, bent in every way that we could think of, and none of them is believed."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hospital_app import clock
from hospital_app.ports import Forged, PaymentGateway
from hospital_app.sandbox.alipay import keys as alipay_keys
from hospital_app.sandbox.alipay import signing as alipay_signing
from tests.adapters.alipay_merchant import AlipayMerchant
from tests.adapters.merchant import Merchant

Message = tuple[dict[str, str], bytes]
EACH = 5_200
SIGNED = 40  # genuine ones, each of which is bent many times
SHAPELESS = ({"trade_status": "PAID"}, {"total_amount": "1e3"}, {"total_amount": "1.001"}, {"notify_time": "?"})
HEADERS = ("timestamp", "nonce", "serial", "signature", "signature-type")


def believed(gateway: PaymentGateway, messages: Iterator[Message]) -> list[Message]:
    found = []
    for message in messages:
        try:
            gateway.read_callback(*message)
        except Forged:
            continue
        found.append(message)
    return found


def test_no_forged_callback_of_wechat_is_believed(merchant: Merchant, alipay_merchant: AlipayMerchant) -> None:
    dice = random.Random(20261126)
    genuine = [merchant.forged(out_trade_no=f"P{n:020d}", amount={"total": 100 + n}) for n in range(SIGNED)]
    for message in genuine:  # the control: these are what the forgers began with
        merchant.gateway.read_callback(*message)
    stale = [merchant.forged(at=clock.now() + timedelta(minutes=sign * n)) for n in range(6, 26) for sign in (1, -1)]
    elsewhere = [merchant.forged(mchid=f"19{n:08d}") for n in range(20)]
    elsewhere += [merchant.forged(appid=f"wx{n:016x}") for n in range(20)]
    foreign = [({}, alipay_merchant.notification(out_trade_no=f"P{n:020d}")) for n in range(20)]
    replayed = genuine[:20]
    for message in replayed:
        merchant.gateway.remember(*message)
    certain: list[Message] = [*stale, *elsewhere, *foreign, *replayed]
    bent = (_bent_wechat(dice, genuine) for _ in range(EACH - len(certain)))
    assert believed(merchant.gateway, iter([*certain, *bent])) == []
    stranger = merchant.gateway_with(public_key=merchant.world.keys.merchant_public)
    assert believed(stranger, iter(genuine)) == []


def test_no_forged_callback_of_alipay_is_believed(
    merchant: Merchant, alipay_merchant: AlipayMerchant, tmp_path_factory: Any
) -> None:
    dice = random.Random(20261126)
    gateway = alipay_merchant.gateway
    genuine = [
        alipay_merchant.notification(out_trade_no=f"P{n:020d}", total_amount=f"{n + 1}.00") for n in range(SIGNED)
    ]
    for body in genuine:
        gateway.read_callback({}, body)
    impostor = alipay_signing.platform_of(alipay_keys.generate(tmp_path_factory.mktemp("impostor") / "keys"))
    wrong_key = [alipay_signing.signed_form(impostor, _said(body)) for body in genuine]
    day = 86400
    stale = [alipay_merchant.notification(at=time.time() + n * day) for n in (-30, -7, -3, -2, 1, 2, 365)]
    elsewhere = [alipay_merchant.notification(app_id=f"2021{n:012d}") for n in range(20)]
    elsewhere += [alipay_merchant.notification(seller_id=f"2088{n:012d}") for n in range(20)]
    shapeless = [alipay_merchant.notification(**changed) for changed in SHAPELESS]
    replayed = genuine[:20]
    for body in replayed:
        gateway.remember({}, body)
    foreign = [merchant.forged()[1] for _ in range(20)]
    certain = [*wrong_key, *stale, *elsewhere, *shapeless, *replayed, *foreign]
    bent = (_bent_alipay(dice, genuine) for _ in range(EACH - len(certain)))
    assert believed(gateway, (({}, body) for body in [*certain, *bent])) == []


def _bent_wechat(dice: random.Random, genuine: list[Message]) -> Message:
    headers, body = dice.choice(genuine)
    other, _ = dice.choice([each for each in genuine if each[1] != body])
    which = dice.randrange(4)
    if which == 0:
        return headers, _one_byte(dice, body)
    if which == 1:
        name = f"wechatpay-{dice.choice(HEADERS)}"
        return {**headers, name: _one_byte(dice, headers[name].encode()).decode("latin-1")}, body
    if which == 2:  # the signature, or all headers, of another message
        signed = {**headers, "wechatpay-signature": other["wechatpay-signature"]}
        return (other if dice.random() < 0.5 else signed), body
    missing = f"wechatpay-{dice.choice(HEADERS)}"
    return {name: text for name, text in headers.items() if name != missing}, body


def _bent_alipay(dice: random.Random, genuine: list[bytes]) -> bytes:
    """Changed in what it says: the same things spelt otherwise would be no forgery."""
    body = dice.choice(genuine)
    while True:
        bent = dice.choice(BENDINGS)(dice, body, genuine)
        if parse_qsl(bent.decode("latin-1")) != parse_qsl(body.decode("latin-1")):
            return bent


def _another_value(dice: random.Random, body: bytes, _: list[bytes]) -> bytes:
    said = _said(body, signed=True)
    name = dice.choice([*said])
    wanted = {"total_amount": f"{dice.randint(1, 99999) / 100:.2f}", "out_trade_no": f"P{dice.getrandbits(60):020d}"}
    return urlencode({**said, name: wanted.get(name, said[name] + "0")}).encode()


def _one_less(dice: random.Random, body: bytes, _: list[bytes]) -> bytes:
    said = _said(body, signed=True)
    del said[dice.choice([*said])]
    return urlencode(said).encode()


def _anothers_signature(dice: random.Random, body: bytes, genuine: list[bytes]) -> bytes:
    other = _said(dice.choice([each for each in genuine if each != body]), signed=True)
    return urlencode({**_said(body, signed=True), "sign": other["sign"]}).encode()


def _twice(dice: random.Random, body: bytes, _: list[bytes]) -> bytes:
    return body + b"&" + urlencode({dice.choice(["total_amount", "out_trade_no", "app_id"]): "1.00"}).encode()


def _changed_byte(dice: random.Random, body: bytes, _: list[bytes]) -> bytes:
    return _one_byte(dice, body)


BENDINGS: tuple[Callable[[random.Random, bytes, list[bytes]], bytes], ...] = (
    _another_value,
    _one_less,
    _anothers_signature,
    _twice,
    _changed_byte,
)


def _one_byte(dice: random.Random, text: bytes) -> bytes:
    at = dice.randrange(len(text))
    return text[:at] + bytes([text[at] ^ dice.randint(1, 127)]) + text[at + 1 :]


def _said(body: bytes, *, signed: bool = False) -> dict[str, str]:
    said = dict(parse_qsl(body.decode()))
    return said if signed else {name: text for name, text in said.items() if name not in ("sign", "sign_type")}
