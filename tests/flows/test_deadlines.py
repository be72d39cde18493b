"""The end of a hold, and what it must close over there."""

from hospital_app.flows import booking
from tests.support.town import Town


def test_the_end_of_a_hold_closes_the_order_at_the_channel(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.bill(order)
    town.house.later(minutes=15)
    assert booking.sweep() == 1
    assert booking.sweep() == 0
    town.house.work_off()
    assert town.world.trade(number)["state"] == "CLOSED"
    assert town.payments(order) == {number: "closed"}
    assert town.world.choose(number, "success") == 409, "the payer cannot pay for it any more"
    assert (town.seen(order).status, town.seen(order).cancel_reason) == ("cancelled", "expired")
    assert town.house.broken() == []


def test_the_job_of_the_deadline_does_it_without_the_sweep(town: Town) -> None:
    order = town.held(town.clinic())
    town.house.later(minutes=14, seconds=59)
    town.house.work_off()
    assert town.seen(order).status == "pending"
    town.house.later(seconds=1)
    town.house.work_off()
    assert town.house.broken() == []
    town.held(town.clinic())
    assert town.owed("hold.expire")[0].run_at > town.house.now
    assert town.told(order) == []


def test_letting_go_closes_every_order_that_could_still_be_paid(town: Town) -> None:
    """A failed order may be tried again at the channel: it must be closed like an open one."""
    order = town.held(town.clinic())
    failed = town.bill(order)
    town.world.choose(failed, "failure")
    town.house.later(seconds=30)
    town.house.work_off()
    second = town.bill(order)
    assert town.payments(order) == {failed: "failed", second: "pending"}
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    assert [town.world.trade(number)["state"] for number in (failed, second)] == ["CLOSED", "CLOSED"]
    assert town.payments(order) == {failed: "closed", second: "closed"}
    assert town.house.broken() == []


def test_paying_closes_an_earlier_failed_order(town: Town) -> None:
    order = town.held(town.clinic())
    failed = town.bill(order)
    town.world.choose(failed, "failure")
    town.house.later(seconds=30)
    town.house.work_off()
    town.paid(order)
    town.house.work_off()
    assert town.world.trade(failed)["state"] == "CLOSED"
    assert town.world.choose(failed, "success") == 409
    assert town.house.broken() == []
