"""Shifts and what moved in them, as lists and tables."""

import reflex as rx

from pages.components.icons import icon
from pages.components.parts import Text, card, empty, pill
from pages.components.text import t
from state.shift_rows import MovementRow, ShiftRow


def shift_line(row: rx.Var[ShiftRow]) -> rx.Component:
    """One shift of a list, with the way to its sheet."""
    return rx.el.a(
        rx.el.span(
            rx.el.span(row.name, class_name="row-title"),
            rx.el.span(row.note, class_name="small muted"),
            rx.el.span(t("应有现金"), " ", row.expected, " · ", t("差额"), " ", row.difference, class_name="small"),
            class_name="row-body",
        ),
        rx.el.span(pill(row.word, row.tone), icon("next", 20), class_name="row-end"),
        href=row.href,
        class_name="row row-entry",
        key=row.id,
    )


def shift_lines(rows: rx.Var[list[ShiftRow]], *, none: Text) -> rx.Component:
    return rx.cond(
        rows.length() > 0,
        card(rx.el.div(rx.foreach(rows, shift_line), class_name="rows"), class_name="card-flush"),
        empty("wallet", none),
    )


def _movement(row: rx.Var[MovementRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.at, scope="row", class_name="nowrap"),
        rx.el.td(row.kind, class_name="nowrap"),
        rx.el.td(row.appointment, rx.el.div(row.no, class_name="small muted"), class_name="nowrap"),
        rx.el.td(row.amount, class_name="num"),
        key=row.no,
    )


def movement_table(rows: rx.Var[list[MovementRow]]) -> rx.Component:
    heads = ("时间", "收退", "挂号单号与单号")
    return rx.cond(
        rows.length() > 0,
        card(
            rx.el.div(
                rx.el.table(
                    rx.el.caption(t("本班收退明细"), class_name="sr"),
                    rx.el.thead(
                        rx.el.tr(
                            *[rx.el.th(t(head), scope="col") for head in heads],
                            rx.el.th(t("金额"), scope="col", class_name="num"),
                        )
                    ),
                    rx.el.tbody(rx.foreach(rows, _movement)),
                    class_name="table trail-table",
                ),
                class_name="table-box",
                tab_index=0,
                role="region",
                custom_attrs={"aria-label": t("本班收退明细")},
            ),
        ),
        empty("wallet", t("这个班次还没有收退现金。")),
    )
