"""WeChat's bills and the other ways to open its cashier, by the real SDK."""

import gzip
import hashlib
from collections import Counter
from datetime import timedelta

import pytest

from hospital_app import clock
from hospital_app.adapters.wechat_bill import trade_lines
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.reconciling import of_bill
from hospital_app.ports import Method, Unreachable
from tests.adapters.merchant import Merchant


def test_the_bills_of_a_day(merchant: Merchant) -> None:
    on = clinic_day(clock.now())
    numbers = [merchant.placed(amount_fen=fen) for fen in (1, 4999, 123_456)]
    for number in numbers:
        merchant.choose(number, "timeout")
    merchant.gateway.refund(merchant.a_refund(numbers[1], "RB" + numbers[1], fen=999, total_fen=4999))
    with pytest.raises(Unreachable, match="not ready"):
        merchant.gateway.bill(on)
    assert merchant.world.post("/sandbox/wechat", json={"bills_at_once": 1}).is_success
    merchant.ear.wait_for(1)  # the refund is through
    lines = [line for line in merchant.gateway.bill(on) if line.payment_no in numbers]
    moved = [each for each in merchant.gateway.fund_flow(on) if each.voucher in {*numbers, "RB" + numbers[1]}]
    merchant.world.post("/sandbox/wechat", json={"bills_at_once": 0})
    assert [(line.subject, line.number, line.amount_fen, line.state) for line in lines] == [
        ("payment", numbers[0], 1, "captured"),
        ("payment", numbers[1], 4999, "captured"),
        ("payment", numbers[2], 123_456, "captured"),
        ("refund", "RB" + numbers[1], 999, "done"),
    ]
    assert [line.fee_fen for line in lines] == [0, 30, 741, -6]
    assert sorted((each.kind, each.amount_fen) for each in moved) == [
        ("交易", 1),
        ("交易", 4999),
        ("交易", 123_456),
        ("扣除交易手续费", -741),
        ("扣除交易手续费", -30),
        ("退款", 6 - 999),
    ]
    net = Counter({line.channel_number: line.net_fen for line in of_bill(lines)})
    for each in moved:
        net[each.channel_number] -= each.amount_fen
    assert not any(net.values())
    assert merchant.gateway.bill(on - timedelta(days=30)) == []


def test_half_a_bill_is_no_bill() -> None:
    text = "交易时间,商户退款单号\n`2026-11-25 10:00:00,`0\n"
    whole = gzip.compress(text.encode())
    with pytest.raises(Unreachable, match="hash"):
        trade_lines(whole, digest="0" * 40)
    with pytest.raises(Unreachable):
        trade_lines(whole, digest=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
    with pytest.raises(Unreachable, match="gzip"):
        trade_lines(whole[:-9], digest="")


def test_inside_wechat_and_by_a_code(merchant: Merchant) -> None:
    inside = merchant.an_order(method=Method.JSAPI, payer_id="oSomebody")
    prepay = merchant.gateway.create(inside)
    assert prepay.parameters["package"] == f"prepay_id={prepay.prepay_id}" and len(prepay.parameters["paySign"]) == 344
    code = merchant.an_order(method=Method.NATIVE)
    assert merchant.gateway.create(code).code_url
    for order in (inside, code):
        assert merchant.choose(order.payment_no, "timeout") == 202
        found = merchant.gateway.query(order.payment_no)
        assert found is not None and found.state == "captured"
