"""运行总览: today as it happens, each chart with its table."""

import reflex as rx

from pages.components import menus
from pages.components.charts import columns, curve, data_table, panel, shares, stacked
from pages.components.parts import bones, box, live_badge, pill
from pages.components.staff import figure, staff_page, work_head
from pages.components.text import t
from state.dashboard import DashboardState
from state.figures import Fact
from state.session import Session


def _calendar_gap() -> rx.Component:
    return rx.fragment(
        rx.el.p(DashboardState.calendar_gap),
        rx.el.a(t("去录入节假日"), href="/admin/holidays", class_name="text-link"),
    )


def _figures() -> rx.Component:
    return rx.el.div(
        figure(t("今日挂号"), DashboardState.registered, DashboardState.registered_note),
        figure(t("号源利用率"), DashboardState.used, DashboardState.used_note),
        figure(t("正在候诊"), DashboardState.waiting, DashboardState.waiting_note),
        figure(t("今日实收"), DashboardState.revenue, DashboardState.refund_note),
        figure(t("爽约率（近 7 日）"), DashboardState.noshow_rate, t("不含今日")),
        class_name="figures",
    )


def _hours() -> rx.Component:
    legend = rx.el.p(
        rx.el.i(class_name="key key-bar", custom_attrs={"aria-hidden": "true"}),
        t("预约"),
        rx.el.i(class_name="key key-line", custom_attrs={"aria-hidden": "true"}),
        t("到院"),
        class_name="legend-line",
    )
    return panel(
        t("今日到院（按小时，人）"),
        columns(
            DashboardState.hours,
            DashboardState.hour_ticks,
            curve(DashboardState.arrived_line, DashboardState.arrived_area),
        ),
        data_table(t("今日每小时的预约和到院人数"), ("时间", "预约", "到院"), DashboardState.hour_table),
        beside=legend,
    )


def _departments() -> rx.Component:
    return panel(
        t("科室号源利用率"),
        rx.cond(
            DashboardState.busiest.length() > 0,
            rx.fragment(
                rx.el.h3(t("最满"), class_name="panel-sub"),
                shares(DashboardState.busiest),
                rx.cond(
                    DashboardState.emptiest.length() > 0,
                    rx.fragment(rx.el.h3(t("最空"), class_name="panel-sub"), shares(DashboardState.emptiest)),
                ),
                data_table(
                    t("各科室今日号源"),
                    ("科室", "号源", "已约", "锁定", "空闲", "利用率"),
                    DashboardState.department_table,
                ),
            ),
            rx.el.p(t("今天没有出诊的科室。"), class_name="muted"),
        ),
    )


def _queues() -> rx.Component:
    return panel(
        t("候诊队列（人，中位等待）"),
        rx.cond(
            DashboardState.queues.length() > 0,
            rx.fragment(
                shares(DashboardState.queues),
                data_table(
                    t("各科室候诊情况"),
                    ("科室", "候诊区", "候诊", "诊中", "中位等待（分）", "最久（分）"),
                    DashboardState.queue_table,
                ),
            ),
            rx.el.p(t("现在没有人候诊。"), class_name="muted"),
        ),
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    word = rx.match(fact.tone, ("warn", t("偏慢")), ("loss", t("请处理")), ("ok", t("正常")), "")
    return rx.el.div(
        rx.el.dt(fact.name),
        rx.el.dd(fact.value, rx.cond(word != "", pill(word, fact.tone))),
    )


def _system() -> rx.Component:
    return rx.cond(
        DashboardState.facts.length() > 0,
        panel(
            t("系统"),
            rx.el.dl(rx.foreach(DashboardState.facts, _fact), class_name="facts"),
            rx.cond(
                DashboardState.failures.length() > 0,
                rx.fragment(
                    box("loss", rx.el.p(t("有任务多次重试仍未成功，需要人工处理。"))),
                    data_table(t("失败的任务"), ("任务", "次数", "原因"), DashboardState.failures),
                ),
            ),
        ),
    )


def _two_weeks() -> rx.Component:
    heads = ("日期", "挂号", "就诊", "爽约", "实收", "退费")
    return rx.fragment(
        panel(
            t("近 14 日挂号（人次）"),
            columns(DashboardState.days, DashboardState.day_ticks),
            data_table(t("近 14 日挂号、就诊与收退费"), heads, DashboardState.day_table),
        ),
        panel(
            t("近 14 日实收（元）"),
            columns(DashboardState.takings, DashboardState.takings_ticks),
            data_table(t("近 14 日实收与退费"), heads, DashboardState.day_table),
        ),
    )


def page() -> rx.Component:
    return staff_page(
        work_head(
            t("运行总览"),
            rx.cond(DashboardState.loaded, live_badge(t("实时 · {at}", at=DashboardState.as_of))),
            note=DashboardState.scope,
        ),
        rx.cond(
            DashboardState.loaded,
            rx.fragment(
                rx.cond(
                    DashboardState.differences != "",
                    box(
                        "loss",
                        rx.el.p(DashboardState.differences),
                        rx.el.a(t("去对账"), href="/admin/reconciliation", class_name="text-link"),
                    ),
                ),
                rx.cond(
                    DashboardState.calendar_gap != "",
                    rx.match(
                        DashboardState.calendar_tone,
                        ("loss", box("loss", _calendar_gap())),
                        box("warn", _calendar_gap()),
                    ),
                ),
                _figures(),
                panel(t("今日号源"), stacked(DashboardState.shares)),
                rx.el.div(_hours(), _departments(), class_name="panels"),
                rx.el.div(_queues(), _system(), class_name="panels"),
                rx.el.div(_two_weeks(), class_name="panels panels-even"),
            ),
            rx.fragment(bones(2), bones(6), bones(6)),
        ),
        menu=menus.ADMIN,
        more=menus.WHOLE_HOSPITAL,
        more_when=DashboardState.whole,
        current="/admin",
        hospital=Session.hospital,
        who=DashboardState.who,
    )
