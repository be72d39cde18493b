"""七天号源表, and the half-hours of one session.

Days are rows and sessions columns, so that at 320 px every cell keeps its 44 px and nothing scrolls sideways.
"""

import reflex as rx

from pages.components.browser import does
from pages.components.parts import Text
from pages.components.text import t
from state.week import Cell, Day, Period

_LEGEND = (
    ("is-free", "可约"),
    ("is-few", "紧张"),
    ("is-full", "约满"),
    ("is-waitlist", "可候补"),
    ("is-suspended", "停诊"),
    ("is-unreleased", "未放号"),
)


def _cell(cell: rx.Var[Cell], chosen: rx.Var[str], choose: rx.EventHandler) -> rx.Component:
    inside = (rx.el.b(cell.word), rx.el.span(cell.sub))
    return rx.el.td(
        rx.cond(
            cell.key != "",
            rx.el.button(
                *inside,
                type="button",
                class_name=f"cell is-{cell.state}",
                on_click=choose(cell.key),
                custom_attrs={
                    **does("scroll", "#periods"),
                    "aria-label": cell.label,
                    "aria-pressed": cell.key == chosen,
                },
            ),
            rx.cond(
                cell.state == "none",
                rx.el.div(rx.el.span(cell.word), class_name="cell cell-none"),
                rx.el.div(*inside, class_name=f"cell is-{cell.state}"),
            ),
        )
    )


def week_table(
    days: rx.Var[list[Day]],
    *,
    evenings: rx.Var[bool],
    chosen: rx.Var[str],
    choose: rx.EventHandler,
    caption: Text,
) -> rx.Component:
    """`choose(key)` is called with the key of a cell that has something to show."""

    def row(day: rx.Var[Day]) -> rx.Component:
        return rx.el.tr(
            rx.el.th(
                day.weekday,
                rx.el.small(day.date),
                class_name=rx.cond(day.today, "today", ""),
                custom_attrs={"scope": "row"},
            ),
            rx.foreach(day.cells, lambda cell: _cell(cell, chosen, choose)),
        )

    def head(name: str) -> rx.Component:
        return rx.el.th(t(name), custom_attrs={"scope": "col"})

    return rx.el.table(
        rx.el.caption(caption, class_name="sr"),
        rx.el.colgroup(rx.el.col()),
        rx.el.thead(
            rx.el.tr(
                rx.el.td(),
                head("上午"),
                head("下午"),
                rx.cond(evenings, head("夜间")),
            )
        ),
        rx.el.tbody(rx.foreach(days, row)),
        class_name="week",
    )


def legend() -> rx.Component:
    return rx.el.ul(
        *[rx.el.li(rx.el.span(class_name=f"swatch {state}"), t(word)) for state, word in _LEGEND],
        class_name="legend-row",
        custom_attrs={"aria-hidden": "true"},
    )


def period_grid(periods: rx.Var[list[Period]]) -> rx.Component:
    """Half-hours: a free one is a link to the page that books it."""

    def slot(period: rx.Var[Period]) -> rx.Component:
        inside = (rx.el.b(period.time), rx.el.span(period.word))
        return rx.el.li(
            rx.cond(
                period.href != "",
                rx.el.a(*inside, href=period.href, class_name=f"slot is-{period.state}"),
                rx.el.div(*inside, class_name=f"slot is-{period.state}"),
            )
        )

    return rx.el.ul(rx.foreach(periods, slot), class_name="slots")


def period_choice(periods: rx.Var[list[Period]], *, picked: rx.Var[str], pick: rx.EventHandler) -> rx.Component:
    """Half-hours to choose one of; `pick(key)` is called with its key."""

    def slot(period: rx.Var[Period]) -> rx.Component:
        inside = (rx.el.b(period.time), rx.el.span(period.word))
        return rx.el.li(
            rx.cond(
                period.key != "",
                rx.el.button(
                    *inside,
                    type="button",
                    class_name=f"slot is-{period.state}",
                    on_click=pick(period.key),
                    custom_attrs={"aria-pressed": period.key == picked},
                ),
                rx.el.div(*inside, class_name=f"slot is-{period.state}"),
            )
        )

    return rx.el.ul(rx.foreach(periods, slot), class_name="slots")
