"""班次与交接: what the drawer holds, its count, and what colleagues hand over."""

import reflex as rx

from pages.components import menus
from pages.components.browser import WAITS
from pages.components.forms import field, pick_field
from pages.components.parts import box, button, button_link, card, empty, loading, section
from pages.components.shift_rows import movement_table, shift_lines
from pages.components.staff import figure, staff_page, work_head
from pages.components.text import t
from state.session import Session
from state.shift import ShiftState
from state.shift_rows import ShiftRow


def _incoming(row: rx.Var[ShiftRow]) -> rx.Component:
    return box(
        "warn",
        rx.el.p(t("{who} 交给您 {amount}，请点清后确认。", who=row.name, amount=row.counted)),
        rx.el.div(
            button(t("已点清，确认接收"), on_click=ShiftState.receive(row.id), custom_attrs=WAITS),
            button_link(t("看交接单"), row.href, kind="plain"),
            class_name="btn-row",
        ),
        key=row.id,
    )


def _count() -> rx.Component:
    return section(
        t("交班"),
        card(
            rx.el.form(
                field(
                    "counted",
                    t("实点现金（元）"),
                    hint=t("只数收的现金，备用金另放"),
                    error=ShiftState.counted_error,
                    input_mode="decimal",
                    auto_complete="off",
                    max_length=9,
                    placeholder="0.00",
                ),
                pick_field("handed_to", t("交给谁"), ShiftState.colleagues, none=t("财务科（今天没有下一班）")),
                field(
                    "note",
                    t("说明"),
                    hint=t("与应有现金不符时必填"),
                    max_length=200,
                    auto_complete="off",
                ),
                button(t("清点无误，交班"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
                on_submit=ShiftState.close,
                no_validate=True,
                class_name="stack",
            )
        ),
    )


def _at_work() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            figure(t("收现金"), ShiftState.collected, ShiftState.collected_note),
            figure(t("退现金"), ShiftState.refunded, ShiftState.refunded_note),
            figure(t("应有现金"), ShiftState.expected, t("自 {since} 起", since=ShiftState.since)),
            class_name="figures figures-money",
        ),
        rx.el.div(
            section(t("本班明细"), movement_table(ShiftState.movements)),
            _count(),
            class_name="records-beside",
        ),
    )


def _between() -> rx.Component:
    return empty(
        "wallet",
        t("现在没有进行中的班次。收第一笔现金时会自动开始，也可以现在接班。"),
        button(t("开始当班"), on_click=ShiftState.begin, custom_attrs=WAITS),
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("班次与交接"), note=t("收退的现金都记在当班人名下，交班时清点")),
        rx.cond(
            ShiftState.loaded,
            rx.el.div(
                rx.foreach(ShiftState.incoming, _incoming),
                rx.cond(ShiftState.shift != "", _at_work(), _between()),
                section(t("以前的班次"), shift_lines(ShiftState.past, none=t("您还没有交过班。"))),
                class_name="records",
            ),
            loading(2, 4),
        ),
        menu=menus.CLERK,
        current="/staff/shift",
        hospital=Session.hospital,
        who=ShiftState.who,
    )
