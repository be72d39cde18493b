"""提示条: the one place where a refusal becomes visible; lighter than a toast library."""

import reflex as rx

from state.notice import NoticeState


def notice_bar() -> rx.Component:
    """The live region stands in the page from the start, so that screen readers hear it change."""
    return rx.el.div(
        rx.cond(
            NoticeState.text != "",
            rx.el.div(
                rx.el.p(NoticeState.text),
                rx.el.button("知道了", type="button", on_click=NoticeState.dismiss),
                class_name="notice",
                key=NoticeState.serial.to_string(),
            ),
        ),
        class_name="notice-region",
        role="alert",
    )
