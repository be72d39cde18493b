"""What comes to the door in the vendor's name: believed only if it is signed, fits our books, and is new."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from hospital_app import container as containers
from hospital_app.db import make_sessions
from hospital_app.flows import booking
from tests.support.outside import Door
from tests.support.race import race
from tests.support.town import Order, Town


@pytest.fixture
def order(town: Town) -> Order:
    return town.held(town.clinic())


def untouched(town: Town, order: Order, number: str) -> bool:
    seen = town.seen(order)
    return (seen.status, seen.paid_fen, town.payments(order)) == ("pending", 0, {number: "pending"})


def test_a_signed_notification_is_believed(town: Town, door: Door, order: Order) -> None:
    """The control of the tests below."""
    number = town.bill(order)
    assert door.knock(*town.world.notice(number, amount_fen=5000)) == 200
    assert town.seen(order).status == "booked"


@pytest.mark.parametrize("header", ["Signature", "Timestamp", "Nonce", "Serial"])
def test_a_forged_notification_changes_nothing(town: Town, door: Door, order: Order, header: str) -> None:
    number = town.bill(order)
    headers, body = town.world.notice(number, amount_fen=5000)
    for forged in ({**headers, f"Wechatpay-{header}": "1790000000"}, {}):
        assert door.knock(forged, body) >= 400
    assert door.knock(headers, body[:-2] + b" }") >= 400
    assert untouched(town, order, number)
    assert town.told(order) == []


def test_the_same_message_replayed_is_refused(town: Town, door: Door, order: Order) -> None:
    message = town.world.notice(town.bill(order), amount_fen=5000)
    assert door.knock(*message) == 200
    assert door.knock(*message) == 500
    assert town.told(order) == ["booked"]


def test_a_resend_after_a_fault_of_our_database_is_no_replay(town: Town, door: Door, order: Order) -> None:
    """The books did not stand when it came first: the very same message must be good once more, and only once."""
    message = town.world.notice(town.bill(order), amount_fen=5000)
    whole = town.house.container
    containers.use(replace(whole, sessions=make_sessions(create_engine("sqlite:////nowhere/at-all/books.sqlite3"))))
    assert door.knock(*message) >= 500
    containers.use(whole)
    assert town.seen(order).status == "pending"
    assert door.knock(*message) == 200
    assert town.seen(order).status == "booked"
    assert door.knock(*message) == 500


@pytest.mark.parametrize("amount_fen", [1, 4999, 5001])
def test_another_amount_than_ours_is_not_accepted(town: Town, door: Door, order: Order, amount_fen: int) -> None:
    number = town.bill(order)
    assert door.knock(*town.world.notice(number, amount_fen=amount_fen)) == 500
    assert untouched(town, order, number)


def test_a_payment_that_is_not_ours_is_not_accepted(town: Town, door: Door, order: Order) -> None:
    number = town.bill(order)
    assert door.knock(*town.world.notice("GP00000000", amount_fen=5000)) == 500
    assert untouched(town, order, number)


def test_another_merchants_payment_is_not_accepted(town: Town, door: Door, order: Order) -> None:
    number = town.bill(order)
    assert door.knock(*town.world.notice(number, amount_fen=5000, mchid="1900000109")) == 500
    assert untouched(town, order, number)


@pytest.mark.parametrize("first", ["CLOSED", "PAYERROR", "NOTPAY", "USERPAYING"])
def test_what_was_said_before_the_money_does_not_matter_once_it_is_there(
    town: Town, door: Door, order: Order, first: str
) -> None:
    """Notices may overtake one another: the money counts, whichever comes first."""
    number = town.bill(order)
    early, money = town.world.notice(number, amount_fen=5000, state=first), town.world.notice(number, amount_fen=5000)
    assert door.knock(*early) == 200
    assert door.knock(*money) == 200
    assert town.payments(order) == {number: "captured"}
    assert door.knock(*town.world.notice(number, amount_fen=5000, state=first)) == 200
    assert town.payments(order) == {number: "captured"}
    assert town.seen(order).status == "booked"
    assert town.told(order) == ["booked"]
    assert town.house.broken() == []


def test_twenty_at_once_have_one_effect(mariadb_town: Town, door: Door) -> None:
    town = mariadb_town
    clinic = town.clinic()
    order = town.held(clinic)
    number = town.bill(order)
    messages = [town.world.notice(number, amount_fen=5000) for _ in range(20)]
    assert set(race(messages, lambda message: door.knock(*message))) == {200}
    assert town.seen(order).status == "booked"
    assert town.told(order) == ["booked"]
    assert town.house.broken() == []


def test_twenty_at_once_for_a_number_that_is_gone_owe_one_refund(mariadb_town: Town, door: Door) -> None:
    town = mariadb_town
    clinic = town.clinic()
    order = town.held(clinic)
    number = town.bill(order)
    booking.cancel(order.actor, no=order.no)
    messages = [town.world.notice(number, amount_fen=5000) for _ in range(20)]
    assert set(race(messages, lambda message: door.knock(*message))) == {200}
    assert [refund.amount_fen for refund in town.refunds(order)] == [5000]
    assert town.told(order) == ["paid_too_late"]
    assert town.house.broken() == []
