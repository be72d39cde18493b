"""The real SDK against the WeChat sandbox: an order's life, its races, its refunds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from hospital_app import clock
from hospital_app.ports import PaymentNotice, RefundNotice, Rejected, Unreachable
from hospital_app.sandbox import keys
from tests.adapters.merchant import RETURN_URL, Merchant
from tests.support.waiting import free_port, wait_until


def test_an_order_is_paid_and_its_callback_read(merchant: Merchant) -> None:
    order = merchant.an_order(appointment_no="A100")
    prepay = merchant.gateway.create(order)
    address = urlsplit(prepay.cashier_url)
    assert address.path == f"/sandbox/cashier/{order.payment_no}"
    assert parse_qs(address.query)["redirect_url"] == [f"{RETURN_URL}/A100"]
    pending = merchant.gateway.query(order.payment_no)
    assert pending is not None and pending.state == "pending"

    assert merchant.choose(order.payment_no, "success") == 202
    merchant.ear.wait_for(1)
    (notice,) = merchant.notices()

    assert isinstance(notice, PaymentNotice)
    assert (notice.payment_no, notice.state, notice.amount_fen) == (order.payment_no, "captured", 5000)
    assert notice.captured_at is not None and abs(notice.captured_at - clock.now()) < timedelta(seconds=5)
    assert notice == merchant.gateway.query(order.payment_no)
    assert merchant.gateway.acknowledgement(True)[0] == 200
    assert merchant.gateway.acknowledgement(False)[0] == 500


def test_an_unacknowledged_callback_comes_again_with_a_fresh_nonce(merchant: Merchant) -> None:
    merchant.ear.answers = [500, 503]
    payment_no = merchant.placed()
    merchant.choose(payment_no, "success")
    merchant.ear.wait_for(3)
    notices = merchant.notices()  # none is refused as a replay
    assert len(notices) == 3 and len(set(notices)) == 1


def test_a_duplicate_outcome_sends_the_same_notice_three_times(merchant: Merchant) -> None:
    merchant.choose(merchant.placed(), "duplicate")
    merchant.ear.wait_for(3)
    notices = merchant.notices()
    assert len(notices) == 3 and len(set(notices)) == 1


def test_a_lost_callback_is_found_by_asking(merchant: Merchant) -> None:
    payment_no = merchant.placed()
    assert merchant.choose(payment_no, "timeout") == 202
    found = merchant.gateway.query(payment_no)
    assert found is not None and found.state == "captured"
    assert "没有回调" in merchant.world.http.get(f"/sandbox/cashier/{payment_no}").text
    assert merchant.ear.heard == []


def test_a_late_callback_comes_late(merchant: Merchant) -> None:
    payment_no = merchant.placed()
    merchant.choose(payment_no, "late", late_seconds=1.5)
    assert merchant.ear.heard == []
    found = merchant.gateway.query(payment_no)
    assert found is not None and found.state == "captured"
    merchant.ear.wait_for(1)
    assert merchant.notices() == [found]


def test_money_that_moves_after_the_end_of_the_order(merchant: Merchant) -> None:
    order = merchant.an_order(seconds=3)
    merchant.gateway.create(order)
    merchant.choose(order.payment_no, "late", capture="after_expiry", late_seconds=1)
    in_flight = merchant.gateway.query(order.payment_no)
    assert in_flight is not None and in_flight.state == "pending"
    with pytest.raises(Unreachable):  # it can be neither closed nor kept: ask again later
        merchant.gateway.close(order.payment_no)
    merchant.ear.wait_for(1)
    (notice,) = merchant.notices()
    assert isinstance(notice, PaymentNotice)
    assert notice.captured_at is not None and notice.captured_at > order.expires_at
    assert merchant.gateway.close(order.payment_no) == "captured"


def test_a_failed_payment_can_be_tried_again(merchant: Merchant) -> None:
    payment_no = merchant.placed()
    merchant.choose(payment_no, "failure")
    failed = merchant.gateway.query(payment_no)
    assert failed is not None and failed.state == "failed"
    assert merchant.choose(payment_no, "success") == 202
    merchant.ear.wait_for(1)


def test_an_order_takes_no_money_after_its_end(merchant: Merchant) -> None:
    payment_no = merchant.placed(seconds=3)

    def over() -> bool:
        found = merchant.gateway.query(payment_no)
        return found is not None and found.state == "closed"

    wait_until(over, what="the order's end")
    assert merchant.choose(payment_no, "success") == 409
    assert merchant.gateway.close(payment_no) == "closed"


def test_creating_twice_is_harmless_and_changing_is_refused(merchant: Merchant) -> None:
    order = merchant.an_order()
    assert merchant.gateway.create(order) == merchant.gateway.create(order)
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        merchant.gateway.create(merchant.an_order(payment_no=order.payment_no, amount_fen=1))
    merchant.choose(order.payment_no, "timeout")
    with pytest.raises(Rejected, match="ORDERPAID"):
        merchant.gateway.create(order)


def test_closing(merchant: Merchant) -> None:
    order = merchant.an_order()
    merchant.gateway.create(order)
    assert [merchant.gateway.close(order.payment_no) for _ in range(2)] == ["closed", "closed"]
    assert merchant.choose(order.payment_no, "success") == 409
    with pytest.raises(Rejected, match="ORDER_CLOSED"):
        merchant.gateway.create(order)
    assert merchant.gateway.close("P-never-heard-of") == "closed"
    assert merchant.gateway.query("P-never-heard-of") is None
    paid = merchant.placed()
    merchant.choose(paid, "timeout")
    assert merchant.gateway.close(paid) == "captured"


def test_close_against_pay_has_one_winner(merchant: Merchant) -> None:
    numbers = [merchant.placed() for _ in range(12)]
    with ThreadPoolExecutor(8) as pool:
        payments = [pool.submit(merchant.choose, number, "timeout") for number in numbers]
        closings = [pool.submit(merchant.gateway.close, number) for number in numbers]
    for number, payment, closing in zip(numbers, payments, closings, strict=True):
        found = merchant.gateway.query(number)
        assert found is not None and found.state == closing.result()
        assert payment.result() == (202 if closing.result() == "captured" else 409)


def test_a_refund_is_executed_once(merchant: Merchant) -> None:
    payment_no = merchant.paid()
    merchant.ear.heard.clear()
    order = merchant.a_refund(payment_no, "R1" + payment_no, fen=2000)
    first, again = merchant.gateway.refund(order), merchant.gateway.refund(order)
    assert first.state == "processing"
    assert (first.refund_no, first.amount_fen, first.channel_refund_id) == (
        order.refund_no,
        2000,
        again.channel_refund_id,
    )
    merchant.ear.wait_for(1)
    (notice,) = merchant.notices()
    assert isinstance(notice, RefundNotice)
    assert (notice.refund_no, notice.payment_no, notice.state) == (order.refund_no, payment_no, "done")
    assert notice.done_at is not None
    assert merchant.gateway.query_refund(order.refund_no, payment_no) == notice == merchant.gateway.refund(order)
    still = merchant.gateway.query(payment_no)
    assert still is not None and still.state == "captured"


def test_no_more_is_refunded_than_was_captured(merchant: Merchant) -> None:
    payment_no = merchant.paid()
    merchant.gateway.refund(merchant.a_refund(payment_no, "RA" + payment_no, fen=3000))
    with pytest.raises(Rejected, match="可退金额"):
        merchant.gateway.refund(merchant.a_refund(payment_no, "RB" + payment_no, fen=2001))
    with pytest.raises(Rejected, match="重入"):
        merchant.gateway.refund(merchant.a_refund(payment_no, "RA" + payment_no, fen=1))
    with pytest.raises(Rejected, match="不一致"):
        merchant.gateway.refund(merchant.a_refund(payment_no, "RB" + payment_no, fen=1, total_fen=4999))
    merchant.gateway.refund(merchant.a_refund(payment_no, "RB" + payment_no, fen=2000))
    assert merchant.gateway.query_refund("R-never-heard-of", payment_no) is None
    unpaid = merchant.placed()
    with pytest.raises(Rejected):
        merchant.gateway.refund(merchant.a_refund(unpaid, "RC" + unpaid, fen=1))


def test_what_was_owed_is_sent_after_a_kill(merchant: Merchant) -> None:
    merchant.ear.answers = [500] * 2
    payment_no = merchant.placed()
    merchant.choose(payment_no, "late", late_seconds=2)
    merchant.world.kill()
    with pytest.raises(Unreachable):
        merchant.gateway.query(payment_no)
    merchant.world.start()
    merchant.ear.wait_for(3)
    assert {notice.payment_no for notice in merchant.notices()} == {payment_no}


def test_nobody_there_or_somebody_else_there(merchant: Merchant) -> None:
    order = merchant.an_order()
    nobody = merchant.gateway_with(gateway_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable):
        nobody.create(order)
    distrustful = merchant.gateway_with(public_key=merchant.world.keys.merchant_public)
    with pytest.raises(Unreachable, match="verified"):
        distrustful.create(order)


def test_an_impostor_cannot_place_orders(merchant: Merchant, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = keys.generate(tmp_path_factory.mktemp("other") / "keys")
    order = merchant.an_order()
    with pytest.raises(Unreachable, match="SIGN_ERROR"):
        merchant.gateway_with(private_key=other.merchant_key).create(order)
    assert merchant.gateway.query(order.payment_no) is None


def test_one_gateway_serves_many_threads(merchant: Merchant) -> None:
    orders = [merchant.an_order(amount_fen=fen) for fen in range(1, 33)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(merchant.gateway.create, orders))
        found = list(pool.map(merchant.gateway.query, [order.payment_no for order in orders]))
    assert [notice.amount_fen for notice in found if notice] == list(range(1, 33))
