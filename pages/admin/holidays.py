"""节假日与调休: days that are not what their weekday says."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field, select_field
from pages.components.parts import box, button, card, empty, pill, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.holidays import DayRow, HolidaysState


def _row(day: rx.Var[DayRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(day.title, class_name="row-title"),
            rx.el.span(day.note, class_name="small muted"),
            class_name="row-body",
        ),
        pill(day.word, day.tone),
        rx.cond(
            day.corrected,
            button(t("删除修正"), kind="plain", on_click=HolidaysState.drop(day.key), custom_attrs=WAITS),
        ),
        class_name="row row-wrap",
    )


def _gap() -> rx.Component:
    return rx.fragment(
        rx.el.p(HolidaysState.gap),
        rx.el.p(t("请按国务院办公厅的通知，在下面逐段录入休息日和调休上班日。"), class_name="small"),
    )


def _form() -> rx.Component:
    return card(
        rx.el.form(
            rx.el.div(
                field("day", t("日期"), type="date", required=True),
                field("last", t("到（含）"), hint=t("只有一天时不填"), type="date"),
                class_name="ask-grid",
            ),
            select_field("kind", t("这一天"), [("holiday", t("休息，不出诊")), ("workday", t("上班，照常出诊"))]),
            field("name", t("名称"), hint=t("如“春节”“院庆”“调休上班”"), max_length=40, required=True),
            button(t("保存"), type="submit", kind="primary btn-block", custom_attrs=WAITS),
            on_submit=HolidaysState.save,
            reset_on_submit=True,
            class_name="stack",
        ),
        box("info", rx.el.p(t("已经生成的门诊不会因此取消；要取消请在号源看板关闭余号，有人约的走停诊。"))),
        class_name="stack record",
    )


def page() -> rx.Component:
    return admin_page(
        HolidaysState,
        work_head(t("节假日与调休"), note=t("国家安排之外，本院可以逐日修正")),
        rx.cond(
            HolidaysState.gap != "",
            rx.match(
                HolidaysState.gap_tone,
                ("loss", box("loss", _gap())),
                box("warn", _gap()),
            ),
        ),
        rx.el.div(
            section(
                t("今后半年"),
                rx.cond(
                    HolidaysState.rows.length() > 0,
                    card(rx.el.div(rx.foreach(HolidaysState.rows, _row), class_name="rows"), class_name="card-flush"),
                    empty("calendar", t("今后半年还没有已公布的节假日，也没有修正。")),
                ),
            ),
            section(t("修正一天"), _form()),
            class_name="records-beside",
        ),
        current="/admin/holidays",
    )
