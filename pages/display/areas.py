"""候诊屏列表: choose the area whose screen hangs here."""

import reflex as rx

from pages.components.browser import PageMark
from pages.components.icons import icon
from pages.components.layout import skip_link
from pages.components.parts import bones, empty
from pages.components.text import t
from state.area_screen import AreaLink, AreaListState


def _area(area: rx.Var[AreaLink]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            icon("speaker"),
            rx.el.span(
                rx.el.span(area.name, class_name="row-title"),
                rx.el.span(area.location, class_name="muted small"),
                class_name="row-body",
            ),
            icon("next", 20),
            href=area.href,
            class_name="card row",
        ),
    )


def page() -> rx.Component:
    return rx.el.div(
        skip_link(),
        PageMark.create(),
        rx.el.main(
            rx.el.div(
                rx.el.h1(t("候诊屏")),
                rx.el.p(t("选择候诊区，全屏显示在候诊大厅的屏幕上。"), class_name="muted"),
                class_name="stack-s",
            ),
            rx.cond(
                AreaListState.areas_loaded,
                rx.cond(
                    AreaListState.areas.length() > 0,
                    rx.el.ul(rx.foreach(AreaListState.areas, _area), class_name="area-list"),
                    empty("speaker", t("还没有设置候诊区，请管理员先添加。")),
                ),
                bones(4),
            ),
            id="main",
            tab_index=-1,
            class_name="areas",
        ),
    )
