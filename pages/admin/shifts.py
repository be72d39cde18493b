"""收费班次: who had the cash of the windows on a day, and what waits to be received by the finance office."""

import reflex as rx

from pages.components.forms import field
from pages.components.parts import card, section
from pages.components.records import admin_page
from pages.components.shift_rows import shift_lines
from pages.components.staff import work_head
from pages.components.text import t
from state.shifts import ShiftsState


def page() -> rx.Component:
    return admin_page(
        ShiftsState,
        work_head(t("收费班次"), note=t("窗口现金：每班的收退、清点和交接")),
        rx.cond(
            ShiftsState.incoming.length() > 0,
            section(t("待财务接收"), shift_lines(ShiftsState.incoming, none="")),
        ),
        section(
            t("当日班次"),
            card(
                field("on", t("日期"), type="date", value=ShiftsState.on, on_change=ShiftsState.choose),
                class_name="record",
            ),
            shift_lines(ShiftsState.rows, none=t("这一天窗口没有班次。")),
        ),
        current="/admin/shifts",
    )
