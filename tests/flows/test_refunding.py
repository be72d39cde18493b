"""退号 and its refund: owed in the same transaction, carried out by a worker, done exactly once."""

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.flows import booking, outbox, payment
from hospital_app.ports import Unreachable
from tests.support.booked import HOSPITAL_ADMIN
from tests.support.race import granted, race
from tests.support.town import Order, Town
from tests.support.waiting import wait_until
from workers.jobs import KINDS


def settled_over_there(town: Town, number: str) -> None:
    wait_until(lambda: [row["state"] for row in town.world.refunds(number)] == ["SUCCESS"], what="one refund there")


def paid_order(town: Town) -> tuple[Order, str]:
    order = town.held(town.clinic())
    return order, town.paid(order)


def test_a_cancelled_appointment_is_refunded_once(town: Town) -> None:
    order, number = paid_order(town)
    done = booking.cancel(order.actor, no=order.no)
    assert (done.status, done.refund_fen, done.fee_fen) == ("cancelled", 5000, 0)
    assert [refund.status for refund in town.refunds(order)] == ["processing"]
    town.house.work_off()  # the order is placed; the vendor takes its time
    assert [refund.status for refund in town.refunds(order)] == ["processing"]
    settled_over_there(town, number)
    town.house.later(seconds=2)
    town.house.work_off()
    (refund,) = town.refunds(order)
    assert (refund.no, refund.status, refund.amount_fen) == (done.refund_no, "done", 5000)
    assert refund.channel_refund_id == town.world.refunds(number)[0]["refund_id"]
    assert booking.cancel(order.actor, no=order.no) == done, "asking again is the same answer"
    assert town.told(order) == ["booked", "cancelled", "refunded"]
    assert town.owed("refund.execute") == []
    held = town.his_holds(order)
    assert held["status"] == "cancelled"
    assert town.house.broken() == []


def test_the_refund_job_run_again_and_again_has_one_effect(town: Town) -> None:
    order, number = paid_order(town)
    refund_no = booking.cancel(order.actor, no=order.no).refund_no
    assert refund_no is not None
    with pytest.raises(Unreachable):
        payment.refund(refund_no=refund_no)
    with pytest.raises(Unreachable):
        payment.refund(refund_no=refund_no)
    settled_over_there(town, number)
    for _ in range(3):
        payment.refund(refund_no=refund_no)
    town.house.work_off()
    settled_over_there(town, number)
    assert town.told(order) == ["booked", "cancelled", "refunded"]
    assert town.owed("refund.execute") == []
    assert town.house.broken() == []


def test_eight_workers_at_one_refund_have_one_effect(mariadb_town: Town) -> None:
    """Even if claims did not keep them apart: the refund's number does, there and here."""
    town = mariadb_town
    order, number = paid_order(town)
    refund_no = booking.cancel(order.actor, no=order.no).refund_no
    assert refund_no is not None

    def execute(_: int) -> str:
        try:
            payment.refund(refund_no=refund_no)
        except Unreachable:
            return "again"
        return "done"

    race(range(8), execute)
    settled_over_there(town, number)
    assert set(race(range(8), execute)) == {"done"}
    assert town.told(order) == ["booked", "cancelled", "refunded"]
    assert town.house.broken() == []


def test_eight_workers_at_one_row_of_the_outbox_claim_it_once(mariadb_town: Town) -> None:
    town = mariadb_town
    order, number = paid_order(town)
    town.house.work_off()
    booking.cancel(order.actor, no=order.no)
    (row,) = town.owed("refund.execute")
    assert row.id is not None
    race(range(8), lambda _: outbox.work_off(row.id or 0, KINDS))
    (row,) = town.owed("refund.execute")
    assert row.last_error.startswith("the channel is still working")
    settled_over_there(town, number)
    town.house.later(seconds=2)
    race(range(8), lambda _: outbox.work_off(row.id or 0, KINDS))
    assert town.owed("refund.execute") == []
    assert town.told(order) == ["booked", "cancelled", "refunded"]


def test_ten_cancels_at_once_owe_one_refund(mariadb_town: Town) -> None:
    town = mariadb_town
    order, _ = paid_order(town)
    answers = race(range(10), lambda _: booking.cancel(order.actor, no=order.no))
    assert len(granted(answers)) == 10
    assert {(answer.status, answer.refund_no) for answer in granted(answers)} == {
        ("cancelled", town.refunds(order)[0].no)
    }
    assert len(town.refunds(order)) == 1
    assert town.told(order) == ["booked", "cancelled"]
    assert town.house.broken() == []


def test_a_channel_that_is_down_is_asked_again_until_the_money_is_back(town: Town) -> None:
    order, number = paid_order(town)
    town.house.work_off()
    town.world.wechat.kill()
    try:
        booking.cancel(order.actor, no=order.no)
        for _ in range(3):
            town.house.work_off()
            (row,) = town.owed("refund.execute")
            assert row.last_error.startswith("WeChat:")
            assert row.run_at > town.house.now
            town.house.at(row.run_at)
        assert [refund.status for refund in town.refunds(order)] == ["processing"]
    finally:
        town.world.wechat.start()
    town.house.work_off()
    settled_over_there(town, number)
    town.house.at(town.owed("refund.execute")[0].run_at)
    town.house.work_off()
    assert [refund.status for refund in town.refunds(order)] == ["done"]
    assert town.told(order) == ["booked", "cancelled", "refunded"]
    assert town.house.broken() == []


def test_a_refusal_for_good_is_left_to_finance_which_tries_again(town: Town) -> None:
    """The channel has no such money to give back: nobody may believe that it was."""
    order = town.held(town.clinic())
    number = town.bill(order)
    headers_and_body = town.world.notice(number, amount_fen=5000)
    payment.callback("wechat", *headers_and_body)  # signed, but over there nothing was paid
    town.house.work_off()
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    (refund,) = town.refunds(order)
    assert refund.status == "failed" and "订单未支付" in refund.last_error
    assert town.owed("refund.execute") == []
    assert town.house.broken() == [f"refund {refund.no} was left to finance: see its last_error"]
    with pytest.raises(Refusal) as refused:
        payment.retry_refund(order.actor, refund_no=refund.no)
    assert refused.value.status == 403
    assert town.world.choose(number, "success") == 202  # now it is there
    town.world.delivered(number)
    payment.retry_refund(HOSPITAL_ADMIN, refund_no=refund.no)
    with pytest.raises(Refusal):
        payment.retry_refund(HOSPITAL_ADMIN, refund_no=refund.no)
    town.house.work_off()
    settled_over_there(town, number)
    town.house.later(seconds=5)
    town.house.work_off()
    assert [refund.status for refund in town.refunds(order)] == ["done"]
    assert town.house.broken() == []
