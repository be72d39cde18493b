"""候补 on the pages: a number that is held, and for how long."""

import reflex as rx

from pages.components.countdown import countdown
from pages.components.parts import button_link, card, pill
from pages.components.text import t
from state.waits import OfferCard


def offer_card(offer: rx.Var[OfferCard], *, now: rx.Var[int]) -> rx.Component:
    return card(
        rx.el.div(rx.el.h2(t("候补到号了")), pill(t("待付款"), "warn"), class_name="spread"),
        rx.el.p(t("号已为您锁定，请在以下时间内付款，逾期给下一位："), class_name="small"),
        rx.el.div(countdown(now=now, until=offer.until), class_name="clock offer-clock"),
        rx.el.p(rx.el.b(offer.when)),
        rx.el.p(offer.title),
        rx.el.p(offer.who, class_name="small muted"),
        rx.el.p(offer.where, class_name="small muted"),
        button_link(t("去付款 {fee}", fee=offer.fee), offer.href, kind="primary btn-big btn-block"),
        class_name="stack-s card-now",
    )
