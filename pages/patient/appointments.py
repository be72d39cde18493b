"""我的挂号."""

import reflex as rx

from pages.components.cards import visit_card
from pages.components.layout import patient_page, top_bar
from pages.components.parts import button_link, empty, loading, section
from pages.components.text import t
from state.appointments import AppointmentsState


def page() -> rx.Component:
    return patient_page(
        top_bar(t("我的挂号"), back="/me"),
        rx.cond(
            AppointmentsState.loaded,
            rx.fragment(
                rx.cond(
                    AppointmentsState.coming.length() > 0,
                    section(
                        t("待就诊"),
                        rx.el.div(rx.foreach(AppointmentsState.coming, visit_card), class_name="doctors two"),
                    ),
                    empty("calendar", t("还没有待就诊的挂号。"), button_link(t("去挂号"), "/find")),
                ),
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
