"""提示条: the one place where a refusal becomes visible; lighter than a toast library."""

import reflex as rx

from pages.components.icons import icon
from pages.components.text import t
from state.notice import NoticeState


def notice_bar() -> rx.Component:
    """The live region stands in the page from the start, so that screen readers hear it change."""
    return rx.el.div(
        rx.cond(
            NoticeState.text != "",
            rx.el.div(
                icon("info"),
                rx.el.p(NoticeState.text, class_name="grow"),
                rx.el.button(
                    icon("close"),
                    type="button",
                    class_name="icon-btn",
                    on_click=NoticeState.dismiss,
                    custom_attrs={"aria-label": t("知道了")},
                ),
                class_name="notice",
                key=NoticeState.serial.to_string(),
                custom_attrs={"data-serial": NoticeState.serial, "data-signed-out": NoticeState.signed_out},
            ),
        ),
        class_name="notices no-print",
        role="alert",
    )
