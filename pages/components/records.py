"""What the administrators' lists and forms share."""

from typing import Any

import reflex as rx

from pages.components import menus
from pages.components.browser import does
from pages.components.icons import icon
from pages.components.parts import Text, button, card, empty, loading, pill
from pages.components.sheet import sheet
from pages.components.staff import staff_page
from pages.components.text import t
from state.session import Session


def admin_page(state: Any, head: rx.Component, *children: rx.Component, current: str) -> rx.Component:
    """The frame; its content once the state's data has come."""
    return staff_page(
        head,
        rx.cond(state.loaded, rx.el.div(*children, class_name="records"), loading(4, 4)),
        menu=menus.ADMIN,
        more=menus.WHOLE_HOSPITAL,
        more_when=state.whole,
        current=current,
        hospital=Session.hospital,
        who=state.who,
    )


def entry(row: Any, *before: rx.Component) -> rx.Component:
    """One line of a list: name, note, and a word about its standing."""
    return rx.el.a(
        *before,
        rx.el.span(
            rx.el.span(row.name, class_name="row-title"),
            rx.el.span(row.note, class_name="small muted clip2"),
            class_name="row-body",
        ),
        rx.el.span(pill(row.word, row.tone), icon("next", 20), class_name="row-end"),
        href=row.href,
        class_name="row row-entry",
    )


def entries(rows: rx.Var[list[Any]], draw: Any, *, none: Text) -> rx.Component:
    return rx.cond(
        rows.length() > 0,
        card(rx.el.div(rx.foreach(rows, draw), class_name="rows"), class_name="card-flush"),
        empty("search", none),
    )


def asking(id_: str, label: Text, question: Text, *, yes: Text, does_it: Any) -> rx.Component:
    """A button that asks once more before it does something that is not easily undone."""
    return rx.fragment(
        button(label, kind="loss", custom_attrs=does("open", f"#{id_}")),
        sheet(
            id_,
            label,
            rx.el.p(question),
            rx.el.div(
                button(yes, kind="loss-solid", on_click=does_it, custom_attrs=does("close")),
                button(t("取消"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )
