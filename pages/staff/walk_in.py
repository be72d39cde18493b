"""窗口挂号: find or enter who stands here, choose what today still has, take the fee, print the slip."""

import reflex as rx

from pages.components import menus
from pages.components.browser import WAITS, does
from pages.components.clinics import clinic_cards
from pages.components.forms import field, pick_field
from pages.components.icons import icon
from pages.components.on_behalf import on_behalf
from pages.components.parts import Text, box, button, button_link, card, empty, loading
from pages.components.staff import staff_page, work_head
from pages.components.text import t
from state.session import Session
from state.walk_in import CashRow, PeriodChip, PersonRow, WalkInState


def _step(number: int, title: Text, *children: rx.Component, **props: object) -> rx.Component:
    """One of the three things a clerk does, in their order."""
    head = rx.el.h2(rx.el.span(f"{number}", class_name="step-no"), title, class_name="step-head")
    return rx.el.section(head, *children, class_name="stack", **props)


def _search() -> rx.Component:
    return card(
        rx.el.form(
            field(
                "number",
                t("证件号码或手机号"),
                type="text",
                max_length=40,
                auto_complete="off",
                auto_focus=True,
                required=True,
            ),
            button(t("查找"), type="submit"),
            on_submit=WalkInState.find,
            class_name="stack",
        ),
        rx.el.details(
            rx.el.summary(t("第一次来，新建档案")),
            rx.el.form(
                field("name", t("姓名"), max_length=40, auto_complete="off", required=True),
                field("document_number", t("身份证号"), max_length=18, auto_complete="off", required=True),
                field("phone", t("手机号"), hint=t("挂号消息发到这部手机"), type="tel", max_length=20, required=True),
                button(t("建档"), kind="plain", type="submit", custom_attrs=WAITS),
                on_submit=WalkInState.enrol,
                class_name="stack",
            ),
            class_name="data",
        ),
        class_name="stack",
    )


def _found(row: rx.Var[PersonRow]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.span(row.name, class_name="row-title"),
                rx.el.span(row.facts, class_name="small muted"),
                class_name="row-body",
            ),
            icon("next", 20),
            type="button",
            on_click=WalkInState.choose(row.id),
            class_name="row",
        ),
        key=row.id,
    )


def _people() -> rx.Component:
    return rx.cond(
        WalkInState.people.length() > 0,
        card(rx.el.ul(rx.foreach(WalkInState.people, _found), class_name="rows"), class_name="card-flush"),
        rx.cond(WalkInState.searched, empty("search", t("没有找到这个人。请核对号码，或新建档案。"))),
    )


def _person() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.span(WalkInState.person_name, class_name="counter-name"),
                rx.el.span(WalkInState.person_facts, class_name="small muted"),
                class_name="row-body",
            ),
            button(t("换人"), kind="plain", on_click=WalkInState.next_person),
            class_name="counter-person",
        )
    )


def _cash(row: rx.Var[CashRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.text, class_name="row-body"),
        button(t("已退现金"), kind="warn", on_click=WalkInState.pay_out(row.no), custom_attrs=WAITS),
        class_name="row row-wrap",
        key=row.no,
    )


def _due(row: rx.Var[CashRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.text, class_name="row-body"),
        button(t("已收现金"), on_click=WalkInState.collect(row.no), custom_attrs=WAITS),
        class_name="row row-wrap",
        key=row.no,
    )


def _who() -> rx.Component:
    return _step(
        1,
        t("谁来挂号"),
        rx.cond(WalkInState.person != "", _person(), rx.fragment(_search(), _people())),
        rx.cond(
            WalkInState.dues.length() > 0,
            card(rx.el.ul(rx.foreach(WalkInState.dues, _due), class_name="rows"), class_name="card-flush"),
        ),
        rx.cond(
            WalkInState.cash.length() > 0,
            card(rx.el.ul(rx.foreach(WalkInState.cash, _cash), class_name="rows"), class_name="card-flush"),
        ),
    )


def _chip(chip: rx.Var[PeriodChip]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.b(chip.time),
            rx.el.span(chip.word),
            type="button",
            class_name=f"slot is-{chip.state}",
            disabled=WalkInState.person == "",
            on_click=WalkInState.pick(chip.key),
            custom_attrs={"aria-label": chip.label, "aria-pressed": chip.key == WalkInState.chosen},
        ),
        key=chip.key,
    )


def _today() -> rx.Component:
    return _step(
        2,
        t("今天的号"),
        card(
            pick_field(
                "department",
                t("科室"),
                WalkInState.departments,
                none=t("请选择科室"),
                value=WalkInState.department,
                on_change=WalkInState.look,
            )
        ),
        rx.cond(WalkInState.extra, on_behalf()),
        rx.cond(
            WalkInState.clinics.length() > 0,
            clinic_cards(WalkInState.clinics, _chip),
            rx.cond(
                WalkInState.looked,
                empty("calendar", t("这个科室今天没有还能挂的门诊。")),
                empty("calendar", t("先选科室，这里列出今天还能挂的门诊和时段。")),
            ),
        ),
    )


def _pay() -> rx.Component:
    """Nothing is taken before this button: the clerk reads it out, takes the cash, then presses."""
    return rx.cond(
        WalkInState.chosen != "",
        card(
            rx.el.div(
                rx.el.span(t("为 {name} 挂号", name=WalkInState.person_name), class_name="row-title"),
                rx.el.span(WalkInState.bill),
                rx.cond(WalkInState.extra, rx.el.span(t("计划外的加号，排在这个时段最后"), class_name="small muted")),
                class_name="row-body",
            ),
            rx.el.p(t("应收现金"), rx.el.b(WalkInState.amount), class_name="counter-amount"),
            button(
                t("已收现金，出号"),
                kind="primary",
                on_click=WalkInState.give(WalkInState.chosen, WalkInState.extra),
                custom_attrs={**WAITS, **does("scroll", "#counter-given")},
            ),
            rx.cond(
                WalkInState.insures,
                button(
                    t("用医保支付"),
                    kind="plain",
                    on_click=WalkInState.insure(WalkInState.chosen, WalkInState.extra),
                    custom_attrs=WAITS,
                ),
            ),
            button(t("取消"), kind="plain", on_click=WalkInState.unpick),
            class_name="counter-pay",
            custom_attrs={"role": "group", "aria-label": t("收费")},
        ),
    )


def _given() -> rx.Component:
    return rx.el.div(
        rx.cond(
            WalkInState.slip != "",
            box(
                "ok",
                rx.el.p(WalkInState.given, class_name="counter-given"),
                rx.el.p(WalkInState.bill),
                rx.el.p(WalkInState.receipt, class_name="small"),
                rx.el.div(
                    button_link(t("打开挂号单打印"), WalkInState.slip, target="_blank"),
                    button(t("下一位"), kind="plain", on_click=WalkInState.next_person),
                    class_name="btn-row",
                ),
            ),
        ),
        role="status",
        id="counter-given",
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("窗口挂号"), note=t("先查人，再选今天的号，收现金，打印挂号单")),
        rx.cond(
            WalkInState.loaded,
            rx.fragment(
                rx.el.div(rx.el.div(_who(), _given(), class_name="stack"), _today(), class_name="counter"),
                _pay(),
            ),
            loading(3, 3),
        ),
        menu=menus.CLERK,
        current="/staff/walk-in",
        hospital=Session.hospital,
        who=WalkInState.who,
    )
