"""The frame of the call screens: dark, full screen, nothing to touch."""

import reflex as rx

from pages.components.parts import Text


def board_page(
    *rooms: rx.Component, title: Text, clock: rx.Component, call: rx.Component, foot: rx.Component
) -> rx.Component:
    """`call`: the band with who is called now; `rooms`: rows of class `board-row`; `foot`: advice and as-of time."""
    return rx.el.main(
        rx.el.header(rx.el.h1(title), rx.el.div(clock, class_name="board-clock"), class_name="board-head"),
        call,
        rx.el.div(*rooms, class_name="board-rooms"),
        rx.el.footer(foot, class_name="board-foot"),
        class_name="board",
    )
