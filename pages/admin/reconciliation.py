"""对账: days and channels with both sides' sums, the ones with differences in sight."""

import reflex as rx

from pages.components.parts import Text, box, card, empty, pill
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.difference_rows import DayRow
from state.reconciliation import ReconciliationState


def both(label: str, theirs: Text, ours: Text, differs: rx.Var[bool]) -> rx.Component:
    """Their sum above ours; marked where they are not the same."""
    return rx.el.td(
        rx.el.div(rx.el.span(t("账单"), class_name="small muted"), rx.el.span(theirs), class_name="recon-sum"),
        rx.el.div(
            rx.el.span(t("我方"), class_name="small muted"),
            rx.el.span(ours, class_name=rx.cond(differs, "ink-loss recon-off", "")),
            class_name="recon-sum",
        ),
        custom_attrs={"data-label": t(label)},
    )


def _row(row: rx.Var[DayRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(rx.el.a(row.day, rx.el.span(" ", row.channel), href=row.href, class_name="text-link"), scope="row"),
        rx.el.td(pill(row.word, row.tone), custom_attrs={"data-label": t("状态")}),
        both("收款", row.their_in, row.our_in, row.in_differs),
        both("退款", row.their_back, row.our_back, row.back_differs),
        rx.el.td(row.fee, class_name="num", custom_attrs={"data-label": t("渠道手续费")}),
        rx.el.td(row.lines, class_name="num", custom_attrs={"data-label": t("账单行数")}),
        rx.el.td(
            rx.el.div(row.differences),
            rx.cond(row.note != "", rx.el.div(row.note, class_name="small muted as-written")),
            custom_attrs={"data-label": t("差异")},
        ),
        key=row.key,
    )


def _days() -> rx.Component:
    heads = ("账单日", "状态", "收款", "退款", "渠道手续费", "账单行数", "差异")
    return card(
        rx.el.table(
            rx.el.caption(t("各渠道每天的对账，新的在前"), class_name="sr"),
            rx.el.thead(rx.el.tr(*[rx.el.th(t(head), scope="col") for head in heads])),
            rx.el.tbody(rx.foreach(ReconciliationState.rows, _row)),
            class_name="table trail-table recon-table stacked-table",
        ),
    )


def page() -> rx.Component:
    return admin_page(
        ReconciliationState,
        work_head(t("对账"), note=t("每天自动取前一日账单，逐笔核对到分")),
        rx.cond(
            ReconciliationState.alert != "",
            box("loss", rx.el.p(rx.el.b(ReconciliationState.alert))),
        ),
        rx.cond(
            ReconciliationState.rows.length() > 0,
            _days(),
            empty("check", t("还没有对账记录。账单在次日上午取得后，会自动出现在这里。")),
        ),
        current="/admin/reconciliation",
    )
