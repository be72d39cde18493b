"""首页。"""

import reflex as rx


def page() -> rx.Component:
    return rx.el.main(rx.el.h1("预约挂号"))
