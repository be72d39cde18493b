"""Light charts of our own: plain markup over state/charts.py, each with its table. No chart library."""

from collections.abc import Sequence

import reflex as rx

from pages.components.parts import Text
from pages.components.text import t


def data_table(caption: Text, heads: Sequence[str], rows: rx.Var) -> rx.Component:
    """The chart's numbers for whoever would rather not read a picture. `rows`: list of state.figures.Line."""

    def cell(value: rx.Var[str], index: rx.Var[int]) -> rx.Component:
        return rx.cond(index == 0, rx.el.th(value, scope="row"), rx.el.td(value))

    return rx.el.details(
        rx.el.summary(t("数据表")),
        rx.el.div(
            rx.el.table(
                rx.el.caption(caption, class_name="sr"),
                rx.el.thead(rx.el.tr(*[rx.el.th(t(head), scope="col") for head in heads])),
                rx.el.tbody(rx.foreach(rows, lambda row: rx.el.tr(rx.foreach(row.cells, cell)))),
                class_name="table data-table",
            ),
            class_name="table-box data-box",
            tab_index=0,
            role="region",
            custom_attrs={"aria-label": caption},
        ),
        class_name="data",
    )


def panel(title: Text, *children: rx.Component, beside: rx.Component | None = None) -> rx.Component:
    """A card with one chart and its table."""
    return rx.el.section(
        rx.el.div(rx.el.h2(title), *([beside] if beside else []), class_name="spread panel-head"),
        *children,
        class_name="card panel",
    )


def columns(bars: rx.Var, ticks: rx.Var, *overlay: rx.Component) -> rx.Component:
    """Columns over a labelled y-axis; `overlay` is drawn above them in a 100 × 100 box. The table says it in words."""

    def tick(each: rx.Var) -> rx.Component:
        return rx.el.span(rx.el.i(each.label), style={"top": each.top})

    def bar(each: rx.Var) -> rx.Component:
        return rx.el.span(
            rx.el.i(style={"height": each.height}),
            rx.el.small(each.label),
            class_name=rx.cond(each.strong, "plot-col plot-col-strong", "plot-col"),
            title=each.value,
        )

    return rx.el.div(
        rx.el.div(rx.foreach(ticks, tick), class_name="plot-axis"),
        rx.el.div(rx.foreach(bars, bar), class_name="plot-cols"),
        *overlay,
        class_name="plot",
        custom_attrs={"aria-hidden": "true"},
    )


def curve(line: rx.Var[str], area: rx.Var[str]) -> rx.Component:
    """A line and the area under it, over the columns."""
    return rx.el.svg(
        rx.el.path(d=area, class_name="plot-area"),
        rx.el.path(d=line, class_name="plot-line"),
        view_box="0 0 100 100",
        class_name="plot-curve",
        custom_attrs={"preserveAspectRatio": "none", "focusable": "false"},
    )


def shares(rows: rx.Var) -> rx.Component:
    """Horizontal bars, each with its name and value."""

    def share(each: rx.Var) -> rx.Component:
        return rx.el.li(
            rx.el.span(each.label, class_name="share-name"),
            rx.el.span(
                rx.el.i(style={"width": each.width}),
                class_name=f"share-bar share-{each.tone}",
                custom_attrs={"aria-hidden": "true"},
            ),
            rx.el.b(each.value),
        )

    return rx.el.ul(rx.foreach(rows, share), class_name="shares")


def stacked(rows: rx.Var) -> rx.Component:
    """One whole in its pieces, with a legend that gives the numbers."""

    def piece(each: rx.Var) -> rx.Component:
        return rx.el.i(class_name=f"piece piece-{each.tone}", style={"width": each.width})

    def name(each: rx.Var) -> rx.Component:
        return rx.el.li(
            rx.el.i(class_name=f"piece piece-{each.tone}", custom_attrs={"aria-hidden": "true"}),
            rx.el.span(each.label),
            rx.el.b(each.value),
        )

    return rx.el.div(
        rx.el.div(rx.foreach(rows, piece), class_name="stacked", custom_attrs={"aria-hidden": "true"}),
        rx.el.ul(rx.foreach(rows, name), class_name="stacked-names"),
    )
