"""账簿: what each account holds at the end of a day, the entries behind it, and the day-end close."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field, pick_field
from pages.components.parts import Text, button, card, empty, pill, section
from pages.components.records import admin_page, asking
from pages.components.staff import work_head
from pages.components.text import t
from state.figures import Line
from state.ledger import EntryRow, LedgerState, LineRow


def _table(caption: Text, heads: tuple[str, ...], rows: rx.Component, *, texts: int = 1) -> rx.Component:
    """`texts`: how many of the columns hold words; the rest are numbers."""
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *[
                        rx.el.th(t(head), scope="col", class_name="" if place < texts else "num")
                        for place, head in enumerate(heads)
                    ]
                )
            ),
            rx.el.tbody(rows),
            class_name="table trail-table",
        ),
        class_name="table-box",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": caption},
    )


def _balance(row: rx.Var[Line]) -> rx.Component:
    def cell(value: rx.Var[str], place: rx.Var[int]) -> rx.Component:
        return rx.cond(place == 0, rx.el.th(value, scope="row"), rx.el.td(value, class_name="num nowrap"))

    return rx.el.tr(rx.foreach(row.cells, cell))


def _balances() -> rx.Component:
    heads = ("科目", "期初", "借方", "贷方", "期末")
    return section(
        t("科目余额"),
        card(
            rx.el.div(
                field("on", t("日期"), type="date", value=LedgerState.on, on_change=LedgerState.choose),
                pill(LedgerState.day_word, LedgerState.day_tone),
                class_name="cluster",
            ),
            rx.cond(
                LedgerState.balances.length() > 0,
                _table(t("科目余额"), heads, rx.foreach(LedgerState.balances, _balance)),
                rx.el.p(t("到这一天为止，账上还没有发生额。"), class_name="muted"),
            ),
            rx.el.p(t("借方为正、贷方为负；全部科目的期末余额合计为零。"), class_name="small muted"),
            class_name="stack",
        ),
    )


def _line(line: rx.Var[LineRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(line.account),
        rx.el.td(line.debit, class_name="num nowrap"),
        rx.el.td(line.credit, class_name="num nowrap"),
    )


def _entry(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.tbody(
        rx.el.tr(
            rx.el.th(
                rx.el.span(row.kind, class_name="row-title"),
                " ",
                rx.el.span(row.subject, class_name="small muted as-written"),
                rx.el.div(row.at, class_name="small muted"),
                scope="rowgroup",
                col_span=3,
            )
        ),
        rx.foreach(row.lines, _line),
        key=row.id,
    )


def _entries() -> rx.Component:
    heads = ("科目", "借方", "贷方")
    return section(
        t("凭证"),
        card(
            rx.el.form(
                pick_field("account", t("科目"), LedgerState.accounts, none=t("全部科目")),
                field(
                    "number",
                    t("单号"),
                    hint=t("挂号单、支付或退款单号，不限日期"),
                    max_length=32,
                    auto_complete="off",
                    spell_check=False,
                ),
                rx.el.div(
                    button(t("查询"), type="submit", custom_attrs=WAITS),
                    button(t("导出 .xlsx"), kind="plain", on_click=LedgerState.export),
                    class_name="btn-row",
                ),
                on_submit=LedgerState.search,
                no_validate=True,
                class_name="ask-grid",
            ),
            class_name="no-print",
        ),
        rx.cond(
            LedgerState.entries.length() > 0,
            card(
                rx.el.div(
                    rx.el.table(
                        rx.el.caption(t("凭证，新的在前"), class_name="sr"),
                        rx.el.thead(
                            rx.el.tr(
                                *[
                                    rx.el.th(t(head), scope="col", class_name="num" if place else "")
                                    for place, head in enumerate(heads)
                                ]
                            )
                        ),
                        rx.foreach(LedgerState.entries, _entry),
                        class_name="table trail-table",
                    ),
                    class_name="table-box",
                    tab_index=0,
                    role="region",
                    custom_attrs={"aria-label": t("凭证，新的在前")},
                ),
                rx.cond(
                    LedgerState.older > 0,
                    button(t("更早的凭证"), kind="plain", on_click=LedgerState.show_older, custom_attrs=WAITS),
                ),
                class_name="stack",
            ),
            empty("note", t("没有符合条件的凭证，请换一天、一个科目或核对单号。")),
        ),
    )


def _closing() -> rx.Component:
    heads = ("日期", "凭证数", "日结时间", "日结人")
    return section(
        t("日结"),
        card(
            rx.cond(
                LedgerState.until != "",
                rx.fragment(
                    rx.el.p(LedgerState.waiting),
                    rx.cond(
                        LedgerState.may_close,
                        asking(
                            "close-books",
                            t("日结到 {day}", day=LedgerState.until),
                            t("日结之后，这些日子不能再记账；晚到的收退会记在下一个未日结的日子。"),
                            yes=t("确认日结"),
                            does_it=LedgerState.close,
                        ),
                    ),
                ),
                rx.el.p(t("过去的日子都已日结。"), class_name="muted"),
            ),
            rx.cond(
                LedgerState.closed.length() > 0,
                _table(t("最近日结的日子"), heads, rx.foreach(LedgerState.closed, _balance)),
            ),
            class_name="stack",
        ),
    )


def page() -> rx.Component:
    return admin_page(
        LedgerState,
        work_head(t("账簿"), note=t("复式记账：每一笔收退记一次，借贷相等")),
        rx.el.div(_balances(), _closing(), class_name="panels panels-roomy"),
        _entries(),
        current="/admin/ledger",
    )
