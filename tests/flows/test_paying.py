"""Paying by WeChat, over the vendor's protocol and with its signed callbacks over HTTP."""

from datetime import timedelta

from hospital_app import clock
from hospital_app.flows import booking, payment
from hospital_app.services.slips import read_qr
from tests.support.town import Town
from tests.support.waiting import wait_until


def test_a_paid_hold_is_booked_with_slip_and_known_to_the_his(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.bill(order)
    assert town.seen(order).status == "pending"
    assert town.world.trade(number)["amount_fen"] == town.seen(order).fee_fen
    assert town.world.choose(number, "success") == 202
    town.world.delivered(number)
    seen = town.seen(order)
    assert (seen.status, seen.paid_fen, seen.held_until) == ("booked", seen.fee_fen, None)
    assert booking.slip(order.actor, no=order.no).png is None
    town.house.work_off()
    slip = booking.slip(order.actor, no=order.no)
    assert slip.png is not None and slip.png.startswith(b"\x89PNG")
    assert read_qr(slip.qr)[0] == order.no
    held = town.his_holds(order)
    assert held["status"] == "booked"
    assert town.told(order) == ["booked"]
    assert town.house.broken() == []


def test_asking_for_the_bill_again_gives_the_same_order(town: Town) -> None:
    order = town.held(town.clinic())
    first = payment.start(order.actor, no=order.no, channel="wechat")
    again = payment.start(order.actor, no=order.no, channel="wechat")
    assert again == first
    assert first.no in first.cashier_url
    assert list(town.payments(order)) == [first.no]


def test_after_a_failed_payment_the_number_is_still_held_and_can_be_paid(town: Town) -> None:
    order = town.held(town.clinic())
    failed = town.bill(order)
    town.world.choose(failed, "failure")
    town.house.later(seconds=30)
    town.house.work_off()  # the active query hears of the failure
    assert town.payments(order) == {failed: "failed"}
    assert town.seen(order).status == "pending"
    second = town.paid(order)
    assert second != failed
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert town.payments(order)[second] == "captured"
    assert town.house.broken() == []


def test_both_the_failed_and_the_second_order_paid_give_one_back(town: Town) -> None:
    """The channel lets a payer try a failed order again: whoever pays twice gets one of them back by itself."""
    order = town.held(town.clinic())
    failed = town.bill(order)
    town.world.choose(failed, "failure")
    town.house.later(seconds=30)
    town.house.work_off()
    town.paid(order)
    town.world.choose(failed, "success")
    town.world.delivered(failed)
    town.house.work_off()
    wait_until(lambda: town.world.refunds(failed)[0]["state"] == "SUCCESS", what="the refund over there")
    town.house.later(seconds=10)
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert [(refund.amount_fen, refund.status) for refund in town.refunds(order)] == [(5000, "done")]
    assert town.house.broken() == []


def test_a_payment_without_a_callback_is_found_by_asking(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.bill(order)
    town.world.choose(number, "timeout")
    town.house.work_off()
    assert town.seen(order).status == "pending"
    town.house.later(seconds=town.house.container.settings.rules.query_after_seconds)
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert town.world.notices(number) == []
    assert town.house.broken() == []


def test_the_payer_who_asks_is_answered_at_once(town: Town) -> None:
    order = town.held(town.clinic())
    town.world.choose(town.bill(order), "timeout")
    seen = payment.check(order.actor, no=order.no)
    assert seen is not None and seen.status == "captured"
    assert town.seen(order).status == "booked"


def test_a_repeated_callback_has_one_effect(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.bill(order)
    town.world.choose(number, "duplicate")
    town.world.delivered(number, 3)
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert town.told(order) == ["booked"]
    assert town.refunds(order) == []
    assert town.house.broken() == []


def test_money_after_the_holds_end_still_books_a_number_that_nobody_took(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.bill(order)
    town.house.later(minutes=15)
    booking.sweep()
    assert town.seen(order).cancel_reason == "expired"
    town.world.choose(number, "success")
    town.world.delivered(number)
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert town.told(order) == ["booked"]
    assert town.house.broken() == []


def test_money_for_a_number_that_is_gone_comes_back_by_itself_and_is_told_once(town: Town) -> None:
    clinic = town.clinic()
    order = town.held(clinic)
    number = town.bill(order)
    town.house.later(minutes=15)
    rival = town.held(clinic)
    town.paid(rival)
    town.world.choose(number, "duplicate")
    town.world.delivered(number, 3)
    for _ in range(3):
        town.house.work_off()
        wait_until(lambda: town.world.refunds(number)[0]["state"] == "SUCCESS", what="the refund over there")
        town.house.later(seconds=10)
    assert town.seen(order).status == "cancelled"
    assert town.seen(rival).status == "booked"
    assert [(refund.reason, refund.amount_fen, refund.status) for refund in town.refunds(order)] == [
        ("late", 5000, "done")
    ]
    assert [row["amount_fen"] for row in town.world.refunds(number)] == [5000]
    assert town.told(order) == ["paid_too_late", "refunded"]
    assert town.owed("refund.execute") == []
    assert town.house.broken() == []


def test_a_slow_bank_after_the_order_was_to_be_closed(town: Town) -> None:
    """The payment is in flight at the hold's end: closing is refused over there, then the money lands."""
    town.house.at(clock.now() - timedelta(minutes=14, seconds=57))  # the hold ends in three real seconds
    clinic = town.clinic()
    order = town.held(clinic)
    number = town.bill(order)
    assert town.world.choose(number, "late", capture="after_expiry", late_seconds=0) == 202
    town.house.later(minutes=15)
    rival = town.held(clinic)
    town.house.work_off()
    (closing,) = town.owed("payment.close")
    assert "SYSTEM_ERROR" in closing.last_error
    town.world.delivered(number)
    town.house.later(minutes=5)
    town.house.work_off()
    assert town.owed("payment.close") == []
    assert town.payments(order) == {number: "captured"}
    assert [refund.reason for refund in town.refunds(order)] == ["late"]
    assert town.seen(rival).status == "pending"
    assert town.house.broken() == []
