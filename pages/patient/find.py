"""挂号: search by department, doctor (Chinese, pinyin, initials) or symptom."""

import reflex as rx

from pages.components.browser import plain_link
from pages.components.cards import department_tile, doctor_card
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button_link, card, empty, loading, section, section_with_link
from pages.components.text import t
from state.find import Chip, FindState
from state.session import Session


def _search() -> rx.Component:
    return rx.el.form(
        icon("search"),
        rx.el.label(t("搜科室、医生或症状"), html_for="q", class_name="sr"),
        rx.el.input(
            id="q",
            name="q",
            type="search",
            key=FindState.query,
            default_value=FindState.query,
            class_name="input",
            placeholder=t("科室、医生、症状，如咳嗽、zgl"),
            max_length=40,
            auto_complete="off",
            custom_attrs={"enterKeyHint": "search"},
        ),
        on_submit=FindState.search,
        class_name="search page-search",
        role="search",
    )


def _advice() -> rx.Component:
    return rx.cond(
        FindState.advice_urgent,
        box(
            "loss",
            rx.el.h2(t("请马上去急诊")),
            rx.el.p(FindState.advice),
            plain_link(icon("phone", 20), t("拨打 120"), href="tel:120", class_name="btn btn-loss-solid"),
            role="alert",
        ),
        box(
            "warn",
            rx.el.p(FindState.advice),
            plain_link(
                icon("phone", 20),
                t("打电话问医院"),
                href=f"tel:{Session.phone}",
                class_name="btn btn-plain",
            ),
            role="alert",
        ),
    )


def _symptom(symptom: rx.Var[Chip]) -> rx.Component:
    return rx.el.li(rx.el.a(symptom.label, href=symptom.href, class_name="chip"))


def page() -> rx.Component:
    return patient_page(
        top_bar(t("挂号")),
        _search(),
        rx.cond(FindState.advice != "", _advice()),
        rx.cond(
            FindState.loaded,
            rx.fragment(
                rx.cond(
                    FindState.symptoms.length() > 0,
                    section(
                        t("常见症状"),
                        rx.el.ul(rx.foreach(FindState.symptoms, _symptom), class_name="chips"),
                    ),
                ),
                rx.cond(
                    FindState.departments.length() > 0,
                    section_with_link(
                        t("科室"),
                        t("全部科室"),
                        "/departments",
                        card(rx.el.div(rx.foreach(FindState.departments, department_tile), class_name="places")),
                    ),
                ),
                rx.cond(
                    FindState.doctors.length() > 0,
                    section(
                        FindState.heading,
                        rx.el.div(rx.foreach(FindState.doctors, doctor_card), class_name="doctors two"),
                    ),
                ),
                rx.cond(
                    FindState.nothing,
                    empty(
                        "search",
                        t("没有找到“{query}”。可以换个说法，或从全部科室里选。", query=FindState.query),
                        button_link(t("全部科室"), "/departments"),
                    ),
                ),
            ),
            loading(3, 4),
        ),
        tab="book",
        wide=True,
    )
