"""全部科室, by what they belong to."""

import reflex as rx

from pages.components.cards import department_tile
from pages.components.layout import patient_page, top_bar
from pages.components.parts import button_link, card, loading, section
from pages.components.text import t
from state.departments import DepartmentGroup, DepartmentsState


def _group(group: rx.Var[DepartmentGroup]) -> rx.Component:
    return section(
        group.name,
        card(rx.el.div(rx.foreach(group.departments, department_tile), class_name="places")),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("全部科室"), back="/find"),
        rx.el.p(t("不知道挂哪个科？说出症状，我们帮您选。"), class_name="muted"),
        rx.el.div(button_link(t("按症状找科室"), "/find", kind="plain")),
        rx.cond(
            DepartmentsState.loaded,
            rx.fragment(rx.foreach(DepartmentsState.groups, _group)),
            loading(4, 4),
        ),
        tab="book",
        wide=True,
    )
