"""The real SDK's signatures against the Alipay sandbox: a trade's life, its races, its refunds, its bill."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from hospital_app import clock
from hospital_app.domain.calendar import clinic_day
from hospital_app.ports import Method, PaymentNotice, Rejected, Unreachable
from hospital_app.sandbox.alipay import keys
from tests.adapters.alipay_merchant import RETURN_URL, AlipayMerchant
from tests.support.waiting import free_port


@pytest.mark.parametrize(("method", "name"), [(None, "wap"), (Method.WAP, "wap"), (Method.PAGE, "page")])
def test_an_order_is_paid_and_its_callback_read(
    alipay_merchant: AlipayMerchant, method: Method | None, name: str
) -> None:
    merchant = alipay_merchant
    order = merchant.an_order(appointment_no="A100", method=method, amount_fen=5001)
    address = merchant.gateway.create(order).cashier_url
    said = parse_qs(urlsplit(address).query)
    assert said["method"] == [f"alipay.trade.{name}.pay"] and said["return_url"] == [f"{RETURN_URL}/A100"]
    assert len(address) <= 2000  # what the payment's row has room for
    assert merchant.gateway.query(order.payment_no) is None  # nobody has brought it there yet
    merchant.world.pay(address, order.payment_no)
    merchant.ear.wait_for(1)
    (notice,) = merchant.notices()
    assert isinstance(notice, PaymentNotice)
    assert (notice.payment_no, notice.state, notice.amount_fen) == (order.payment_no, "captured", 5001)
    assert notice.captured_at is not None and abs(notice.captured_at - clock.now()) < timedelta(seconds=5)
    assert notice == merchant.gateway.query(order.payment_no)


def test_a_code_is_scanned_and_paid(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    order = merchant.an_order(method=Method.QR)
    code = merchant.gateway.create(order).code_url
    assert merchant.gateway.query(order.payment_no) is None
    assert merchant.world.get(code).status_code == 200
    pending = merchant.gateway.query(order.payment_no)
    assert pending is not None and pending.state == "pending"
    assert merchant.world.choose(order.payment_no, "success") == 202
    merchant.ear.wait_for(1)


def test_a_changed_order_is_not_taken(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    order = merchant.an_order(amount_fen=5000)
    address = merchant.gateway.create(order).cashier_url
    for bent in (address.replace("50.00", "0.01"), address.replace("wap", "page"), address[:-4]):
        assert merchant.world.get(bent).status_code == 400
    assert merchant.gateway.query(order.payment_no) is None


def test_what_is_not_acknowledged_comes_again(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    merchant.ear.says = b"fail"
    number = merchant.placed()
    merchant.world.choose(number, "success")
    merchant.ear.wait_for(1)
    merchant.ear.says = b"success"
    merchant.ear.wait_for(2)
    merchant.world.delivered(number)


def test_closing_takes_the_way_that_fits(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    waiting = merchant.placed()
    assert [merchant.gateway.close(waiting) for _ in range(2)] == ["closed", "closed"]
    assert merchant.world.choose(waiting, "success") == 409
    code = merchant.scanned()
    assert merchant.gateway.close(code) == "closed"
    assert merchant.world.choose(code, "success") == 409
    unseen = merchant.an_order()
    address = merchant.gateway.create(unseen).cashier_url
    assert merchant.gateway.close(unseen.payment_no) == "closed"  # cancelled: nobody has been there
    assert merchant.world.get(address).status_code == 400
    assert merchant.gateway.close(merchant.paid()) == "captured"


def test_money_in_flight_can_be_neither_closed_nor_kept(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    number = merchant.placed(seconds=3)
    merchant.world.choose(number, "late", capture="after_expiry", late_seconds=1)
    with pytest.raises(Unreachable):
        merchant.gateway.close(number)
    merchant.ear.wait_for(1)
    assert merchant.gateway.close(number) == "captured"


def test_a_refund_is_executed_once_and_never_too_much(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    number = merchant.paid()
    assert merchant.gateway.query_refund("R1" + number, number) is None
    first = merchant.gateway.refund(merchant.a_refund(number, "R1" + number, fen=2000))
    again = merchant.gateway.refund(merchant.a_refund(number, "R1" + number, fen=2000))
    assert first == again == merchant.gateway.query_refund("R1" + number, number)
    assert (first.state, first.amount_fen, first.payment_no) == ("done", 2000, number)
    with pytest.raises(Rejected, match="REFUND_FEE_ERROR"):
        merchant.gateway.refund(merchant.a_refund(number, "R2" + number, fen=3001))
    merchant.gateway.refund(merchant.a_refund(number, "R2" + number, fen=3000))
    still = merchant.gateway.query(number)
    assert still is not None and still.state == "captured"  # given back in full, but it was paid
    with pytest.raises(Rejected):
        merchant.gateway.refund(merchant.a_refund(merchant.placed(), "R3" + number, fen=1))


def test_the_bill_of_a_day(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    on = clinic_day(clock.now())
    numbers = [merchant.paid(amount_fen=fen) for fen in (1, 4999, 123_456)]
    merchant.gateway.refund(merchant.a_refund(numbers[1], "RB" + numbers[1], fen=999))
    with pytest.raises(Unreachable):
        merchant.gateway.bill(on)
    assert merchant.world.post("/sandbox/alipay", json={"bills_at_once": 1}).is_success
    lines = [line for line in merchant.gateway.bill(on) if line.payment_no in numbers]
    merchant.world.post("/sandbox/alipay", json={"bills_at_once": 0})
    assert [(line.subject, line.number, line.amount_fen, line.state) for line in lines] == [
        ("payment", numbers[0], 1, "captured"),
        ("payment", numbers[1], 4999, "captured"),
        ("payment", numbers[2], 123_456, "captured"),
        ("refund", "RB" + numbers[1], 999, "done"),
    ]
    assert [line.fee_fen for line in lines] == [0, 30, 741, -6]
    assert merchant.gateway.fund_flow(on) is None
    assert merchant.gateway.bill(on - timedelta(days=30)) == []


def test_nobody_there_or_somebody_else_there(
    alipay_merchant: AlipayMerchant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    merchant = alipay_merchant
    number = merchant.placed()
    other = keys.generate(tmp_path_factory.mktemp("other") / "keys")
    strange = {
        "nobody": merchant.gateway_with(gateway_url=f"http://127.0.0.1:{free_port()}/gateway.do"),
        "distrustful": merchant.gateway_with(public_key=other.platform_public),
        "an impostor": merchant.gateway_with(private_key=other.application_key),
        "another application": merchant.gateway_with(app_id="2021000000000000"),
    }
    for gateway in strange.values():
        with pytest.raises(Unreachable):
            gateway.query(number)
