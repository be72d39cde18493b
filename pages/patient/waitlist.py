"""候补: a day that is sold out, who waits for it, what happens next. One button."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button, button_link, card, loading, section
from pages.components.people import health_consent, people_choice
from pages.components.proof import proof_told
from pages.components.text import t
from state.confirm import ConfirmState
from state.waitlist import WaitlistState


def _summary() -> rx.Component:
    return card(
        rx.el.h2(WaitlistState.title),
        rx.el.div(icon("calendar"), rx.el.p(WaitlistState.when), class_name="where"),
        rx.el.div(
            icon("people"),
            rx.el.p(
                rx.cond(
                    WaitlistState.ahead > 0,
                    t("现在有 {count} 位在候补，您排在后面", count=WaitlistState.ahead),
                    t("现在没有人候补，您是第一位"),
                )
            ),
            class_name="where",
            role="status",
        ),
        class_name="stack-s",
    )


def _closed() -> rx.Component:
    """No line here, and what to do instead."""
    return box(
        "warn",
        rx.el.h2(WaitlistState.title),
        rx.el.p(WaitlistState.closed),
        button_link(t("看这位医生的全部时段"), WaitlistState.back, kind="plain"),
        role="status",
    )


def _steps() -> rx.Component:
    return section(
        t("候补之后会怎样"),
        card(
            rx.el.ol(
                rx.foreach(WaitlistState.steps, lambda step: rx.el.li(step)),
                class_name="stack-s numbered",
            )
        ),
    )


def _action() -> rx.Component:
    return rx.el.div(
        proof_told(WaitlistState.proving, round_=WaitlistState.proof_round, on_proof=WaitlistState.join_proved),
        rx.el.p(t("同时最多候补 {limit} 个，随时可以退出。", limit=WaitlistState.limit), class_name="small muted"),
        button(
            t("加入候补"),
            kind="primary btn-big btn-block",
            on_click=WaitlistState.join,
            disabled=(ConfirmState.chosen == "")
            | (ConfirmState.missing.length() > 0)
            | WaitlistState.proving
            | ~ConfirmState.agreed,
            custom_attrs=WAITS,
        ),
        class_name="actionbar",
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("候补"), back=WaitlistState.back),
        rx.cond(
            WaitlistState.loaded,
            rx.cond(
                WaitlistState.open,
                rx.fragment(
                    _summary(),
                    people_choice(),
                    rx.cond(ConfirmState.agreed, rx.fragment(), health_consent()),
                    _steps(),
                    _action(),
                ),
                _closed(),
            ),
            loading(3, 3, 4),
        ),
        tab="book",
    )
