"""窗口挂号: find or enter who stands here, choose what today still has, take the fee, print the slip."""

import reflex as rx

from pages.components import menus
from pages.components.browser import WAITS
from pages.components.forms import field, pick_field, select_field
from pages.components.parts import box, button, button_link, card, empty, loading, section
from pages.components.staff import staff_page, work_head
from pages.components.text import t
from state.session import Session
from state.walk_in import CashRow, PeriodRow, PersonRow, WalkInState


def _search() -> rx.Component:
    return card(
        rx.el.form(
            select_field("kind", t("按什么查找"), [("document_number", t("证件号码")), ("phone", t("手机号"))]),
            field("number", t("号码"), type="text", max_length=40, auto_complete="off", required=True),
            button(t("查找"), type="submit", custom_attrs=WAITS),
            on_submit=WalkInState.find,
            class_name="stack",
        ),
        rx.el.details(
            rx.el.summary(t("第一次来，新建档案"), class_name="text-link"),
            rx.el.form(
                field("name", t("姓名"), max_length=40, auto_complete="off", required=True),
                field("document_number", t("身份证号"), max_length=18, auto_complete="off", required=True),
                field("phone", t("手机号"), hint=t("挂号消息发到这部手机"), type="tel", max_length=20, required=True),
                button(t("建档"), kind="plain", type="submit", custom_attrs=WAITS),
                on_submit=WalkInState.enrol,
                class_name="stack",
            ),
        ),
        class_name="stack",
    )


def _person(row: rx.Var[PersonRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.name, class_name="row-title"),
            rx.el.span(row.facts, class_name="small muted"),
            class_name="row-body",
        ),
        rx.el.button(
            t("选这位"),
            type="button",
            on_click=WalkInState.choose(row.id),
            class_name="chip",
            custom_attrs={"aria-pressed": rx.cond(WalkInState.person == row.id, "true", "false")},
        ),
        class_name="row",
        key=row.id,
    )


def _people() -> rx.Component:
    return rx.cond(
        WalkInState.people.length() > 0,
        card(rx.el.ul(rx.foreach(WalkInState.people, _person), class_name="rows"), class_name="card-flush"),
        rx.cond(WalkInState.searched, empty("search", t("没有找到这个人。请核对号码，或新建档案。"))),
    )


def _cash(row: rx.Var[CashRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.text, class_name="row-body"),
        button(t("已退现金"), kind="warn", on_click=WalkInState.pay_out(row.no), custom_attrs=WAITS),
        class_name="row row-wrap",
        key=row.no,
    )


def _period(row: rx.Var[PeriodRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.when, " ", row.who, class_name="row-title"),
            rx.el.span(row.note, class_name="small muted"),
            class_name="row-body",
        ),
        rx.cond(row.give != "", button(row.give, on_click=WalkInState.give(row.key, False), custom_attrs=WAITS)),
        rx.cond(
            row.extra != "",
            button(row.extra, kind="warn", on_click=WalkInState.give(row.key, True), custom_attrs=WAITS),
        ),
        class_name="row row-wrap",
        key=row.key,
    )


def _register() -> rx.Component:
    return rx.el.div(
        rx.el.h2(t("为 {name} 挂号", name=WalkInState.person_name)),
        rx.cond(
            WalkInState.slip != "",
            box(
                "ok",
                rx.el.p(WalkInState.given),
                button_link(t("打开挂号单打印"), WalkInState.slip, kind="plain", target="_blank"),
                role="status",
            ),
        ),
        rx.cond(
            WalkInState.cash.length() > 0,
            card(rx.el.ul(rx.foreach(WalkInState.cash, _cash), class_name="rows"), class_name="card-flush"),
        ),
        card(
            rx.el.form(
                pick_field("department", t("科室"), WalkInState.departments),
                button(t("看今天的号"), kind="plain", type="submit", custom_attrs=WAITS),
                on_submit=WalkInState.look,
                class_name="ask-line",
            )
        ),
        rx.cond(
            WalkInState.periods.length() > 0,
            card(rx.el.ul(rx.foreach(WalkInState.periods, _period), class_name="rows"), class_name="card-flush"),
            rx.cond(WalkInState.looked, empty("calendar", t("这个科室今天没有还能挂的门诊。"))),
        ),
        class_name="stack",
        key=WalkInState.person,
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("窗口挂号"), note=t("先查人，再选今天的号，收现金，打印挂号单")),
        rx.cond(
            WalkInState.loaded,
            rx.el.div(
                section(t("谁来挂号"), _search(), _people()),
                rx.cond(WalkInState.person != "", _register()),
                class_name="records-beside",
            ),
            loading(3, 3),
        ),
        menu=menus.CLERK,
        current="/staff/walk-in",
        hospital=Session.hospital,
        who=WalkInState.who,
    )
