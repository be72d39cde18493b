"""The frame of the staff's pages: a menu at the left, folded into a bar on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from pages.components.browser import PageMark, does
from pages.components.icons import icon
from pages.components.layout import skip_link
from pages.components.parts import Text, pill
from pages.components.text import t
from state.changes import BadgeState


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu; without `to` it is the heading of a group."""

    label: str
    to: str = ""
    glyph: str = "note"
    counts: bool = False  # how many requests wait stands beside it


def _item(item: MenuItem, current: str) -> rx.Component:
    if not item.to:
        return rx.el.p(t(item.label), class_name="side-group")
    here = {"aria-current": "page"} if item.to == current else {}
    count = [_waiting()] if item.counts else []
    return rx.el.a(icon(item.glyph, 20), t(item.label), *count, href=item.to, class_name="side-link", custom_attrs=here)


def _waiting() -> rx.Component:
    return rx.el.span(
        rx.cond(
            BadgeState.open > 0, rx.fragment(pill(BadgeState.open, "warn"), rx.el.span(t("待审批"), class_name="sr"))
        ),
        on_mount=BadgeState.load,
    )


def staff_page(
    *children: rx.Component,
    menu: Sequence[MenuItem],
    current: str,
    hospital: Text,
    who: Text,
    more: Sequence[MenuItem] = (),
    more_when: rx.Var[bool] | bool = False,
) -> rx.Component:
    """`current`: the `to` of the page's own item; `who`: name, title, room of the one at work. The page brings its own
    h1, in `work_head(...)`. `more` of the menu is shown `more_when`."""
    return rx.el.div(
        skip_link(),
        PageMark.create(),
        rx.el.header(
            rx.el.div(
                rx.el.div(rx.el.b(t("挂号 Guahao")), rx.el.span(hospital), class_name="side-brand"),
                rx.el.button(
                    icon("menu"),
                    type="button",
                    class_name="icon-btn side-toggle",
                    custom_attrs={
                        **does("menu", "#side-menu"),
                        "aria-expanded": "false",
                        "aria-controls": "side-menu",
                        "aria-label": t("菜单"),
                    },
                ),
                class_name="side-top",
            ),
            rx.el.div(
                rx.el.nav(
                    *[_item(item, current) for item in menu],
                    *([rx.cond(more_when, rx.fragment(*[_item(item, current) for item in more]))] if more else []),
                    custom_attrs={"aria-label": t("主导航")},
                ),
                rx.el.div(
                    rx.el.span(who),
                    rx.el.button(
                        icon("out", 20),
                        t("退出登录"),
                        type="button",
                        class_name="side-link",
                        custom_attrs=does("signout", "/staff"),
                    ),
                    class_name="side-foot",
                ),
                id="side-menu",
                class_name="side-menu",
            ),
            class_name="side no-print",
        ),
        rx.el.main(*children, id="main", class_name="work", tab_index=-1),
        class_name="desk",
    )


def work_head(title: Text, *beside: rx.Component, note: Text = "") -> rx.Component:
    """The heading of a staff page, with what stands at its right."""
    return rx.el.div(
        rx.el.div(rx.el.h1(title), rx.el.p(note, class_name="muted")),
        rx.el.div(*beside, class_name="cluster"),
        class_name="work-head",
    )


def figure(label: Text, value: Text, note: rx.Component | Text = "") -> rx.Component:
    """One number of a dashboard."""
    return rx.el.div(rx.el.span(label), rx.el.b(value), rx.el.span(note), class_name="card figure")
