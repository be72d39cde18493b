"""What the adapter must not believe."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hospital_app import clock
from hospital_app.ports import Forged, PaymentNotice
from tests.adapters.merchant import Merchant

Message = tuple[dict[str, str], bytes]


def with_header(name: str, text: str) -> Callable[[Message], Message]:
    return lambda message: ({**message[0], name: text}, message[1])


def tampered(message: Message) -> Message:
    headers, body = message
    middle = len(body) // 2
    return headers, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


BENT: dict[str, Callable[[Message], Message]] = {
    "a tampered byte": tampered,
    "no headers": lambda message: ({}, message[1]),
    "no body": lambda message: (message[0], b""),
    "bytes that are no text": lambda message: (message[0], b"\xff\xfe"),
    "another timestamp than was signed": with_header("wechatpay-timestamp", str(int(clock.now().timestamp()) - 1)),
    "a timestamp that is no number": with_header("wechatpay-timestamp", "9" * 5000),
    "another nonce than was signed": with_header("wechatpay-nonce", "x"),
    "another algorithm": with_header("wechatpay-signature-type", "WECHATPAY2-SM2-WITH-SM3"),
    "a signature that is no base64": with_header("wechatpay-signature", "没有"),
    "a key nobody knows": with_header("wechatpay-serial", "7D8E9F"),
    "the key of nobody": with_header("wechatpay-serial", ""),
}


def test_the_untouched_message_is_believed(merchant: Merchant) -> None:
    notice = merchant.gateway.read_callback(*merchant.forged())
    assert isinstance(notice, PaymentNotice) and notice.state == "captured"


def test_header_names_may_be_written_in_any_case(merchant: Merchant) -> None:
    headers, body = merchant.forged()
    merchant.gateway.read_callback({name.upper(): text for name, text in headers.items()}, body)


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT.keys())
def test_a_bent_message_is_forged(merchant: Merchant, bend: Callable[[Message], Message]) -> None:
    with pytest.raises(Forged):
        merchant.gateway.read_callback(*bend(merchant.forged()))
    assert merchant.nonces == set()  # a forger cannot use up the nonces of the vendor


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_message_is_forged(merchant: Merchant, minutes: int) -> None:
    with pytest.raises(Forged, match="old"):
        merchant.gateway.read_callback(*merchant.forged(at=clock.now() + timedelta(minutes=minutes)))


def test_a_message_within_the_window_is_believed(merchant: Merchant) -> None:
    merchant.gateway.read_callback(*merchant.forged(at=clock.now() - timedelta(minutes=4)))


def test_a_replayed_message_is_forged(merchant: Merchant) -> None:
    message = merchant.forged()
    merchant.gateway.read_callback(*message)
    merchant.gateway.read_callback(*message)  # the books did not stand: it may come again
    merchant.gateway.remember(*message)
    with pytest.raises(Forged, match="nonce"):
        merchant.gateway.read_callback(*message)


@pytest.mark.parametrize(
    "changed",
    [
        {"mchid": "1900000001"},
        {"appid": "wx0000000000000000"},
        {"amount": None},
        {"amount": {"total": "much"}},
        {"trade_state": "WONDERFUL"},
        {"success_time": "yesterday"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_signed_message_not_meant_for_us_or_not_of_the_form_is_forged(
    merchant: Merchant, changed: dict[str, Any]
) -> None:
    with pytest.raises(Forged):
        merchant.gateway.read_callback(*merchant.forged(**changed))


def test_the_wrong_key_reads_nothing(merchant: Merchant) -> None:
    message = merchant.forged()
    for wrong in ({"public_key": merchant.world.keys.merchant_public}, {"apiv3_key": "x" * 32}):
        with pytest.raises(Forged):
            merchant.gateway_with(**wrong).read_callback(*message)
