"""窗口代办: one tap says why, before a clerk acts for a patient."""

import reflex as rx

from hospital_app.domain.on_behalf import NOTE_MAX, WORDS, Why
from pages.components.forms import field
from pages.components.parts import card
from pages.components.text import t
from state.on_behalf import OnBehalfState


def _chip(why: Why) -> rx.Component:
    return rx.el.button(
        t(WORDS[why]),
        type="button",
        on_click=OnBehalfState.choose(why.value),
        class_name="chip",
        custom_attrs={"aria-pressed": rx.cond(OnBehalfState.why == why.value, "true", "false")},
    )


def on_behalf() -> rx.Component:
    """Nothing for patients, who act for themselves."""
    return rx.cond(
        OnBehalfState.asked,
        card(
            rx.el.h2(t("窗口代办"), id="on-behalf"),
            rx.el.p(t("替患者办理前请选择原因，会记入审计。"), class_name="small muted"),
            rx.el.div(
                *[_chip(why) for why in WORDS],
                class_name="chips",
                role="group",
                custom_attrs={"aria-labelledby": "on-behalf"},
            ),
            field(
                "behalf-note",
                t("补充说明"),
                hint=t("选“其他原因”时必填，至少 4 个字；不要写证件号或手机号"),
                on_blur=OnBehalfState.write,
                max_length=NOTE_MAX,
                auto_complete="off",
            ),
            class_name="stack",
        ),
    )
