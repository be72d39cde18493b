"""电子挂号单: what the patient shows at the hospital. Opens without a network after one visit; prints on one page."""

import reflex as rx

from pages.components.browser import SlipElement, does, plain_link
from pages.components.icons import icon
from pages.components.layout import patient_page
from pages.components.parts import button, button_link, card, loading, pill
from pages.components.text import t
from state.slip import SlipState


def _head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.span(icon("check", 28), class_name="done-mark"),
            rx.el.div(rx.el.h1(SlipState.headline), rx.el.p(SlipState.subline)),
            class_name="done-in",
        ),
        class_name="done",
    )


def _qr() -> rx.Component:
    return card(
        rx.el.p(SlipState.arrive),
        rx.cond(
            SlipState.qr != "",
            rx.el.img(src=SlipState.qr, alt=t("签到二维码"), width="208", height="208"),
            rx.el.div(class_name="bone", role="img", custom_attrs={"aria-label": t("二维码正在生成")}),
        ),
        rx.el.p(SlipState.code, class_name="qr-code"),
        rx.el.p(t("扫不出来时，报这个号码"), class_name="small muted"),
        class_name="qr lift-more",
    )


def _facts() -> rx.Component:
    return card(
        rx.el.div(rx.el.h2(SlipState.seq), pill(SlipState.status, SlipState.tone), class_name="spread"),
        rx.el.p(SlipState.who),
        rx.el.p(SlipState.paid, class_name="small muted"),
        rx.el.hr(class_name="rule-dashed"),
        rx.el.div(
            icon("clock"),
            rx.el.div(rx.el.b(SlipState.when), rx.el.p(SlipState.ahead, class_name="small muted")),
            class_name="where",
        ),
        rx.el.div(
            icon("pin"),
            rx.el.div(rx.el.b(SlipState.where)),
            class_name="where",
        ),
        class_name="stack",
    )


def _tools() -> rx.Component:
    return rx.el.div(
        plain_link(
            icon("calendar-plus", 20),
            t("加到日历"),
            href=f"/api/v1/appointments/{SlipState.number}/slip.ics",
            download=True,
            class_name="btn btn-soft",
        ),
        button(t("发给家人"), icon("share", 20), kind="soft", custom_attrs=does("share", SlipState.share)),
        button(t("打印"), icon("print", 20), kind="soft", custom_attrs=does("print")),
        class_name="btn-trio no-print",
    )


def page() -> rx.Component:
    return patient_page(
        _head(),
        rx.cond(
            SlipState.loaded,
            rx.fragment(
                SlipElement.create(
                    rx.el.div(_qr(), _facts(), class_name="col"),
                    custom_attrs={"no": SlipState.number, "ready": (SlipState.qr != "").to_string()},
                ),
                _tools(),
                rx.cond(
                    SlipState.can_change,
                    rx.el.div(
                        button_link(t("改签"), f"/appointment/{SlipState.number}?do=reschedule", kind="plain"),
                        button_link(t("退号"), f"/appointment/{SlipState.number}?do=cancel", kind="loss"),
                        class_name="btn-row no-print",
                    ),
                ),
            ),
            rx.el.div(loading(6, 4), class_name="lift-more"),
        ),
        tab="me",
    )
