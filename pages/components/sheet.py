"""A native dialog: focus stays inside, Esc and a click beside it close it."""

import reflex as rx

from pages.components.browser import does
from pages.components.icons import icon
from pages.components.parts import Text
from pages.components.text import t


def sheet(id_: str, title: Text, *children: rx.Component) -> rx.Component:
    """Opened by a button with `custom_attrs=does("open", "#<id_>")`."""
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2(title, id=f"{id_}-title"),
            rx.el.button(
                icon("close"),
                type="button",
                class_name="icon-btn",
                custom_attrs={**does("close"), "aria-label": t("关闭")},
            ),
            class_name="spread",
        ),
        *children,
        id=id_,
        class_name="sheet",
        custom_attrs={"aria-labelledby": f"{id_}-title"},
    )
