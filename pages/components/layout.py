"""The frame of the patient's pages: top bar, tabs, main."""

import reflex as rx

from pages.components.browser import PageMark, plain_link
from pages.components.icons import icon
from pages.components.text import t

_TABS = (
    ("home", "/", "home", "首页"),
    ("book", "/find", "calendar", "挂号"),
    ("queue", "/queue", "clock", "候诊"),
    ("me", "/me", "person", "我的"),
)


def _tabs(current: str) -> rx.Component:
    def tab(key: str, to: str, glyph: str, name: str) -> rx.Component:
        here = {"aria-current": "page"} if key == current else {}
        return rx.el.a(icon(glyph), rx.el.span(t(name)), href=to, class_name="tab", custom_attrs=here)

    return rx.el.nav(
        rx.el.div(
            rx.el.a(icon("cross", 28), t("预约挂号"), href="/", class_name="tabs-brand"),
            *[tab(*each) for each in _TABS],
            class_name="tabs-in",
        ),
        class_name="tabs no-print",
        custom_attrs={"aria-label": t("主导航")},
    )


def skip_link() -> rx.Component:
    return plain_link(t("跳到正文"), href="#main", class_name="skip")


def top_bar(
    title: rx.Var[str] | str, *, back: rx.Var[str] | str = "", right: rx.Component | None = None
) -> rx.Component:
    """`back`: where the arrow leads; empty: no arrow."""
    arrow = (
        [rx.el.a(icon("back"), href=back, class_name="icon-btn", custom_attrs={"aria-label": t("返回")})]
        if not isinstance(back, str) or back
        else []
    )
    return rx.el.header(
        rx.el.div(*arrow, rx.el.h1(title), *([right] if right else []), class_name="topbar-in"),
        class_name="topbar",
    )


def patient_page(header: rx.Component, *children: rx.Component, tab: str = "", wide: bool = False) -> rx.Component:
    """`tab`: home, book, queue or me; `wide`: the two columns of a desk screen are wanted."""
    return rx.el.div(
        skip_link(),
        PageMark.create(),
        _tabs(tab),
        header,
        rx.el.main(*children, id="main", class_name="main", tab_index=-1),
        class_name="app wide" if wide else "app",
    )
