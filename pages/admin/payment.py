"""一笔支付的来龙去脉."""

import reflex as rx

from pages.components.parts import button_link, card, empty, pill, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.figures import Fact
from state.payment import DeedRow, PaymentState, RefundRow


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name),
        rx.el.dd(
            rx.cond(fact.tone != "", pill(fact.value, fact.tone), rx.el.span(fact.value, class_name="as-written"))
        ),
    )


def _refund(row: rx.Var[RefundRow]) -> rx.Component:
    return card(
        rx.el.div(
            rx.el.div(rx.el.h3(row.title), rx.el.p(row.no, class_name="small muted")),
            pill(row.word, row.tone),
            class_name="spread",
        ),
        rx.cond(row.why != "", rx.el.p(row.why, class_name="small ink-loss as-written")),
        rx.el.dl(rx.foreach(row.facts, _fact), class_name="facts small"),
        class_name="stack-s",
        key=row.no,
    )


def _deed(row: rx.Var[DeedRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.at, scope="row", class_name="nowrap"),
        rx.el.td(
            rx.el.div(rx.el.strong(row.what), rx.el.div(row.subject, class_name="small muted as-written")),
            custom_attrs={"data-label": t("发生了什么")},
        ),
        rx.el.td(rx.el.span(row.who), custom_attrs={"data-label": t("操作者")}),
        rx.cond(
            row.detail != "",
            rx.el.td(rx.el.span(row.detail, class_name="small as-written"), custom_attrs={"data-label": t("明细")}),
            rx.el.td(),
        ),
        key=row.key,
    )


def _trail() -> rx.Component:
    heads = ("时间", "发生了什么", "操作者", "明细")
    return section(
        t("经过"),
        card(
            rx.el.div(
                rx.el.table(
                    rx.el.caption(t("这笔支付的经过"), class_name="sr"),
                    rx.el.thead(rx.el.tr(*[rx.el.th(t(head), scope="col") for head in heads])),
                    rx.el.tbody(rx.foreach(PaymentState.trail, _deed)),
                    class_name="table trail-table stacked-table",
                ),
                class_name="table-box",
                tab_index=0,
                role="region",
                custom_attrs={"aria-label": t("这笔支付的经过")},
            )
        ),
    )


def page() -> rx.Component:
    return admin_page(
        PaymentState,
        work_head(
            PaymentState.title,
            pill(PaymentState.word, PaymentState.tone),
            button_link(t("返回"), "/admin/payments", kind="plain"),
            note=t("一笔支付的来龙去脉"),
        ),
        rx.el.div(
            section(t("支付单"), card(rx.el.dl(rx.foreach(PaymentState.facts, _fact), class_name="facts"))),
            rx.el.div(
                rx.cond(
                    PaymentState.settlement.length() > 0,
                    section(
                        t("医保结算"),
                        card(rx.el.dl(rx.foreach(PaymentState.settlement, _fact), class_name="facts")),
                    ),
                ),
                section(
                    t("退款"),
                    rx.cond(
                        PaymentState.refunds.length() > 0,
                        rx.el.div(rx.foreach(PaymentState.refunds, _refund), class_name="stack"),
                        empty("check", t("这笔支付没有退款。")),
                    ),
                ),
                class_name="records",
            ),
            class_name="records-beside",
        ),
        _trail(),
        current="/admin/payments",
    )
