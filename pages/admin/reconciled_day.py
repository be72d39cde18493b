"""一天的对账: each difference with both sides, what was done about it, and its resolution by a person."""

import reflex as rx

from hospital_app.domain.differences import RESOLUTION_NAMES, Resolution
from pages.components.browser import WAITS
from pages.components.forms import select_field, text_area
from pages.components.parts import box, button, button_link, card, empty, pill, section
from pages.components.records import admin_page
from pages.components.staff import figure, work_head
from pages.components.text import t
from state.difference_rows import DayRow, DifferenceRow, StepRow
from state.reconciled_day import ReconciledDayState as State


def _figures(day: rx.Var[DayRow]) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            figure(t("账单收款"), day.their_in, rx.el.span(t("我方 {sum}", sum=day.our_in))),
            figure(t("账单退款"), day.their_back, rx.el.span(t("我方 {sum}", sum=day.our_back))),
            figure(t("账单行数"), day.lines, rx.el.span(day.differences)),
            figure(t("渠道手续费"), day.fee, rx.el.span(day.flow)),
            class_name="figures figures-money",
        ),
        rx.cond(
            day.in_differs | day.back_differs,
            box("loss", rx.el.p(t("两边的金额不一致，差异逐条列在下面。"))),
        ),
        rx.cond(day.note != "", rx.el.p(day.note, class_name="small muted as-written")),
    )


def _side(name: str, money: rx.Var[str], state: rx.Var[str], row: rx.Var[DifferenceRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(t(name), scope="row"),
        rx.el.td(money, class_name=rx.cond(row.money_differs, "nowrap ink-loss recon-off", "nowrap")),
        rx.el.td(state, class_name=rx.cond(row.state_differs, "nowrap ink-loss recon-off", "nowrap")),
    )


def _sides(row: rx.Var[DifferenceRow]) -> rx.Component:
    heads = ("哪一方", "金额", "状态")
    return rx.el.table(
        rx.el.caption(t("两边各有什么"), class_name="sr"),
        rx.el.thead(rx.el.tr(*[rx.el.th(t(head), scope="col") for head in heads])),
        rx.el.tbody(
            _side("我方", row.our_money, row.our_state, row),
            _side("对方", row.their_money, row.their_state, row),
        ),
        class_name="table recon-sides",
    )


def _step(step: rx.Var[StepRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(step.at, class_name="small muted nowrap"),
        rx.el.span(
            rx.el.strong(step.what),
            rx.el.span(step.about, class_name="small muted as-written"),
            class_name="row-body",
        ),
        rx.el.span(step.detail, class_name="small as-written"),
        class_name="recon-step",
        key=step.key,
    )


def _form(row: rx.Var[DifferenceRow]) -> rx.Component:
    ways = [(way.value, t(RESOLUTION_NAMES[way])) for way in Resolution]
    return rx.el.form(
        rx.el.input(type="hidden", name="difference_id", value=row.id),
        select_field("resolution", t("处理方式"), ways),
        text_area(
            "note",
            t("说明"),
            hint=t("核实了什么，依据是什么；记入审计日志"),
            error=State.note_error,
            max_length=200,
        ),
        button(t("记录处理结果"), type="submit", custom_attrs=WAITS),
        on_submit=State.resolve,
        no_validate=True,
        class_name="stack",
    )


def _opened(row: rx.Var[DifferenceRow]) -> rx.Component:
    return rx.el.div(
        rx.el.h4(t("来龙去脉"), class_name="panel-sub"),
        rx.cond(
            State.steps.length() > 0,
            rx.el.ol(rx.foreach(State.steps, _step), class_name="recon-steps"),
            rx.el.p(t("我方没有这个单号的任何记录。"), class_name="muted"),
        ),
        rx.cond(
            State.payment != "",
            rx.el.a(t("打开这笔支付"), href=f"/admin/payments/{State.payment}", class_name="text-link"),
        ),
        rx.cond(row.open, _form(row)),
        class_name="stack",
    )


def _difference(row: rx.Var[DifferenceRow]) -> rx.Component:
    chosen = State.chosen == row.id
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.h3(row.title, " · ", row.kind),
                rx.el.p(
                    t("单号 {ours} · 渠道单号 {theirs}", ours=row.number, theirs=row.channel_number),
                    class_name="small muted as-written",
                ),
                rx.el.p(t("挂号单 {no}", no=row.appointment), class_name="small muted"),
            ),
            pill(row.word, row.tone),
            class_name="spread",
        ),
        _sides(row),
        rx.cond(row.settled != "", rx.el.p(row.settled, class_name="small")),
        rx.cond(row.note != "", rx.el.p(row.note, class_name="small as-written")),
        rx.el.div(
            button(
                rx.cond(chosen, t("收起"), rx.cond(row.open, t("查看并处理"), t("来龙去脉"))),
                rx.el.span(row.number, " ", class_name="sr"),
                kind="plain",
                on_click=State.choose(row.id),
                custom_attrs={"aria-expanded": rx.cond(chosen, "true", "false")},
            ),
            class_name="cluster",
        ),
        rx.cond(chosen, _opened(row)),
        class_name="stack-s",
        key=row.id,
    )


def page() -> rx.Component:
    return admin_page(
        State,
        work_head(
            rx.cond(State.loaded, State.title, t("对账")),
            button(t("重新对账"), kind="plain", on_click=State.run_again, custom_attrs=WAITS),
            button(t("导出 .xlsx"), kind="plain", on_click=State.export),
            button_link(t("全部对账日"), "/admin/reconciliation", kind="plain"),
        ),
        rx.foreach(State.day, _figures),
        section(
            t("差异"),
            rx.cond(
                State.rows.length() > 0,
                rx.el.div(rx.foreach(State.rows, _difference), class_name="stack"),
                empty("check", t("这一天两边完全一致，或账单还没有取得。")),
            ),
        ),
        current="/admin/reconciliation",
    )
