"""我的挂号: what must be paid now comes first, then visits, then places in line."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.cards import visit_card
from pages.components.layout import patient_page, top_bar
from pages.components.parts import button, button_link, card, empty, loading, pill, section
from pages.components.text import t
from pages.components.waits import offer_card
from state.appointments import AppointmentsState
from state.waits import EndedCard, WaitCard


def _offers() -> rx.Component:
    return rx.cond(
        AppointmentsState.offers.length() > 0,
        rx.el.div(
            rx.foreach(AppointmentsState.offers, lambda offer: offer_card(offer, now=AppointmentsState.server_now)),
            class_name="doctors two",
        ),
    )


def _wait(wait: rx.Var[WaitCard]) -> rx.Component:
    return card(
        rx.el.div(rx.el.h3(wait.when), pill(wait.place, "brand"), class_name="spread"),
        rx.el.p(wait.title),
        rx.el.p(wait.who, class_name="small muted"),
        rx.el.p(wait.until, class_name="small muted"),
        rx.cond(
            AppointmentsState.leaving == wait.id,
            rx.el.div(
                rx.el.p(t("退出后再来候补，要从最后排起。")),
                rx.el.div(
                    button(
                        t("退出候补"),
                        kind="loss-solid",
                        on_click=AppointmentsState.leave(wait.id),
                        custom_attrs=WAITS,
                    ),
                    button(t("继续候补"), kind="plain", on_click=AppointmentsState.stay),
                    class_name="btn-row",
                ),
                class_name="stack-s",
                role="alert",
            ),
            rx.el.div(
                button(t("不等了"), kind="plain", on_click=AppointmentsState.ask_leave(wait.id)), class_name="btn-row"
            ),
        ),
        class_name="stack-s",
    )


def _ended(over: rx.Var[EndedCard]) -> rx.Component:
    return card(
        rx.el.div(rx.el.h3(over.when), pill(over.word, "still"), class_name="spread"),
        rx.el.p(over.title),
        rx.el.p(over.why, class_name="small muted"),
        rx.el.div(button_link(t("看其他时段"), over.href, kind="plain"), class_name="btn-row"),
        class_name="stack-s",
    )


def _waitlist() -> rx.Component:
    return rx.cond(
        (AppointmentsState.waits.length() > 0) | (AppointmentsState.ended.length() > 0),
        section(
            t("候补"),
            rx.el.div(
                rx.foreach(AppointmentsState.waits, _wait),
                rx.foreach(AppointmentsState.ended, _ended),
                class_name="doctors two",
            ),
        ),
    )


def _coming() -> rx.Component:
    return rx.cond(
        AppointmentsState.coming.length() > 0,
        section(
            t("待就诊"),
            rx.el.div(rx.foreach(AppointmentsState.coming, visit_card), class_name="doctors two"),
        ),
        rx.cond(
            (AppointmentsState.offers.length() > 0) | (AppointmentsState.waits.length() > 0),
            rx.fragment(),
            empty("calendar", t("还没有待就诊的挂号。"), button_link(t("去挂号"), "/find")),
        ),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("我的挂号"), back="/me"),
        rx.cond(
            AppointmentsState.loaded,
            rx.fragment(
                _offers(),
                _coming(),
                _waitlist(),
                rx.cond(
                    AppointmentsState.past.length() > 0,
                    section(
                        t("历史记录"),
                        rx.el.div(rx.foreach(AppointmentsState.past, visit_card), class_name="doctors two"),
                    ),
                ),
            ),
            loading(4, 4),
        ),
        tab="me",
        wide=True,
    )
