"""Paying by Alipay, over the vendor's protocol and with its signed callbacks over HTTP."""

from hospital_app.flows import booking, payment
from hospital_app.ports import Method
from tests.support.town import Town


def test_a_hold_paid_by_alipay_is_booked_and_goes_back_the_way_it_came(alipay_town: Town) -> None:
    town = alipay_town
    order = town.held(town.clinic())
    number = town.paid_by_alipay(order)
    assert town.seen(order).status == "booked"
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    (refund,) = town.refunds(order)
    assert refund.status == "done"
    assert [row["amount_fen"] for row in town.alipay.refunds(number)] == [refund.amount_fen]
    assert town.house.broken() == []


def test_a_lost_callback_is_asked_for(alipay_town: Town) -> None:
    town = alipay_town
    order = town.held(town.clinic())
    number = town.alipay_bill(order)
    assert town.alipay.choose(number, "timeout") == 202
    town.house.later(seconds=29)
    town.house.work_off()
    assert town.seen(order).status == "pending"
    town.house.later(seconds=1)
    town.house.work_off()
    assert town.seen(order).status == "booked"


def test_the_order_is_closed_there_when_the_hold_ends(alipay_town: Town) -> None:
    town = alipay_town
    waiting, unseen = (town.held(town.clinic()) for _ in range(2))
    number = town.alipay_bill(waiting)
    address = payment.start(unseen.actor, no=unseen.no, channel="alipay").cashier_url
    town.house.later(minutes=15)
    town.house.work_off()
    assert town.alipay.trade(number)["state"] == "TRADE_CLOSED"
    assert town.alipay.get(address).status_code == 400
    assert {*town.payments(waiting).values(), *town.payments(unseen).values()} == {"closed"}


def test_who_pays_at_both_channels_gets_one_back(alipay_town: Town) -> None:
    town = alipay_town
    order = town.held(town.clinic())
    first = town.bill(order)
    second = town.alipay_bill(order)
    assert town.world.choose(first, "timeout") == 202  # the page was still open
    town.alipay.choose(second, "success")
    town.alipay.delivered(second)
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert set(town.payments(order).values()) == {"captured"}
    assert [refund.amount_fen for refund in town.refunds(order)] == [town.seen(order).fee_fen]
    assert town.house.broken() == []


def test_a_page_inside_wechat_and_a_code_get_what_they_need(alipay_town: Town) -> None:
    town = alipay_town
    order = town.held(town.clinic())
    inside = payment.start(order.actor, no=order.no, channel="wechat", method=Method.JSAPI, payer_id="oSomebody")
    assert inside.parameters["signType"] == "RSA" and inside.parameters["package"].startswith("prepay_id=")
    assert payment.start(order.actor, no=order.no, channel="wechat") == inside
    code = payment.start(order.actor, no=order.no, channel="alipay", method=Method.QR)
    assert code.code_url and code.no != inside.no
    town.house.work_off()
    assert town.payments(order)[inside.no] == "closed"
