"""财务统计: takings by day, week or month; by channel, leg, income and department, each chart with its table."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.charts import columns, data_table, panel, shares
from pages.components.forms import field, pick_field, select_field
from pages.components.parts import button, card
from pages.components.records import admin_page
from pages.components.staff import figure, work_head
from pages.components.text import t
from state.finance import FinanceState

HEADS = ("收款笔数", "收款", "退款", "确认收入", "渠道手续费")


def _ask() -> rx.Component:
    periods = [("day", t("按日")), ("week", t("按周")), ("month", t("按月"))]
    return card(
        rx.el.form(
            select_field("by", t("期间"), periods, value=FinanceState.by, on_change=FinanceState.span),
            field("since", t("从"), type="date", default_value=FinanceState.since, key=FinanceState.since),
            field("until", t("到"), type="date", default_value=FinanceState.until, key=FinanceState.until),
            pick_field(
                "department",
                t("科室"),
                FinanceState.choices,
                none=t("全院"),
                default_value=FinanceState.department,
                key=FinanceState.department,
            ),
            rx.el.div(
                button(t("查询"), type="submit", custom_attrs=WAITS),
                button(t("导出 .xlsx"), kind="plain", on_click=FinanceState.export),
                class_name="btn-row",
            ),
            on_submit=FinanceState.choose,
            no_validate=True,
            class_name="ask-grid",
        ),
        class_name="no-print",
    )


def _figures() -> rx.Component:
    return rx.el.div(
        figure(t("收款"), FinanceState.captured, FinanceState.captured_note),
        figure(t("退款"), FinanceState.refunded, FinanceState.refunded_note),
        figure(t("收款减退款"), FinanceState.net, t("渠道另扣手续费 {sum}", sum=FinanceState.fees)),
        figure(t("确认收入"), FinanceState.earned, t("就诊、爽约和退号费")),
        class_name="figures figures-money",
    )


def _part(title: str, head: str, bars: rx.Var, table: rx.Var) -> rx.Component:
    return panel(
        t(title),
        rx.cond(
            bars.length() > 0,
            shares(bars),
            rx.el.p(t("这段时间没有收款。"), class_name="muted"),
        ),
        data_table(t(title), (head, *HEADS), table),
    )


def _incomes() -> rx.Component:
    return panel(
        t("确认收入，按来源"),
        rx.cond(
            FinanceState.incomes.length() > 0,
            shares(FinanceState.incomes),
            rx.el.p(t("这段时间没有确认收入。"), class_name="muted"),
        ),
        data_table(t("确认收入，按来源"), ("来源", "确认收入"), FinanceState.income_table),
    )


def page() -> rx.Component:
    return admin_page(
        FinanceState,
        work_head(t("财务统计"), note=t("全部数字出自账簿；改动和补记都留有凭证")),
        _ask(),
        _figures(),
        panel(
            t("收款（元）"),
            columns(FinanceState.bars, FinanceState.ticks),
            data_table(t("各期间的收款、退款和收入"), ("期间", *HEADS), FinanceState.periods),
        ),
        rx.el.div(
            _part("按渠道", "渠道", FinanceState.channels, FinanceState.channel_table),
            _part("按支付方", "支付方", FinanceState.legs, FinanceState.leg_table),
            _part("按科室", "科室", FinanceState.departments, FinanceState.department_table),
            _incomes(),
            class_name="panels panels-even",
        ),
        current="/admin/finance",
    )
