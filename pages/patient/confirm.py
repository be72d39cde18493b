"""确认预约: who, when, where, how much, under which rules. Everything on one page, nothing typed twice."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button, button_link, card, loading, section
from pages.components.people import health_consent, people_choice
from pages.components.proof import proof_told
from pages.components.text import t
from state.confirm import Alternative, ConfirmState


def _summary() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2(ConfirmState.title),
            rx.el.a(t("改时段"), href=ConfirmState.back, class_name="text-link nowrap"),
            class_name="spread",
        ),
        rx.el.div(icon("clock"), rx.el.p(ConfirmState.when), class_name="where"),
        rx.el.div(icon("pin"), rx.el.p(ConfirmState.where), class_name="where"),
        class_name="stack-s",
    )


def _alternative(other: rx.Var[Alternative]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(other.when, class_name="row-title grow"),
            rx.el.span(other.word, class_name="pill tone-ok"),
            icon("next", 20),
            href=other.href,
            replace=True,
            class_name="row",
        )
    )


def _gone() -> rx.Component:
    return box(
        "warn",
        rx.el.h2(t("这个时段的号刚刚被约走了")),
        rx.cond(
            ConfirmState.alternatives.length() > 0,
            rx.fragment(
                rx.el.p(t("下面几个时段离它最近，就诊人已为您保留：")),
                rx.el.ul(rx.foreach(ConfirmState.alternatives, _alternative), class_name="rows"),
            ),
            rx.el.p(t("这位医生七天内暂时没有别的号了，请换一位医生看看。")),
        ),
        rx.cond(
            ConfirmState.waitlist_href != "",
            rx.fragment(
                rx.el.p(t("只想要这一天？这一天已经约满，可以候补：有人退号时按先后直接为您锁号。")),
                button_link(t("候补这一天"), ConfirmState.waitlist_href, icon("clock", 20), kind="soft btn-block"),
            ),
        ),
        rx.el.a(t("看这位医生的全部时段"), href=ConfirmState.back, class_name="text-link"),
        role="alert",
    )


def _rules() -> rx.Component:
    return section(
        t("退号与改签规则"),
        card(rx.el.ul(rx.foreach(ConfirmState.rules, lambda rule: rx.el.li(rule)), class_name="stack-s small")),
    )


def _action() -> rx.Component:
    return rx.el.div(
        proof_told(ConfirmState.proving, round_=ConfirmState.proof_round, on_proof=ConfirmState.hold_proved),
        rx.el.div(rx.el.span(t("挂号费")), rx.el.span(ConfirmState.fee, class_name="price"), class_name="spread"),
        button(
            t("预约此号，{minutes} 分钟内付款", minutes=ConfirmState.hold_minutes),
            kind="primary btn-big btn-block",
            on_click=ConfirmState.hold,
            disabled=(ConfirmState.chosen == "")
            | (ConfirmState.missing.length() > 0)
            | ConfirmState.gone
            | ConfirmState.proving
            | ~ConfirmState.agreed,
            custom_attrs=WAITS,
        ),
        class_name="actionbar",
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("确认预约"), back=ConfirmState.back),
        rx.cond(
            ConfirmState.loaded,
            rx.fragment(
                rx.cond(ConfirmState.gone, _gone(), _summary()),
                people_choice(),
                rx.cond(ConfirmState.agreed, rx.fragment(), health_consent()),
                _rules(),
                _action(),
            ),
            loading(3, 3, 3),
        ),
        tab="book",
    )
