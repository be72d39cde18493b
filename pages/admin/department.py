"""一个科室: what patients read about it, and whether it takes them."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field, long_field, pick_field
from pages.components.parts import button, button_link, card, section
from pages.components.records import admin_page, asking
from pages.components.staff import work_head
from pages.components.text import t
from state.department_records import DepartmentRecordState


def _form() -> rx.Component:
    return card(
        rx.el.form(
            field("name", t("名称"), default_value=DepartmentRecordState.name, max_length=60, required=True),
            field(
                "location",
                t("位置"),
                hint=t("患者照着能找到，如“门诊楼 3 层 A 区”"),
                default_value=DepartmentRecordState.location,
                max_length=80,
            ),
            pick_field(
                "area",
                t("候诊区"),
                DepartmentRecordState.areas,
                none=t("未指定"),
                default_value=DepartmentRecordState.area,
            ),
            long_field("scope", t("诊治范围"), default_value=DepartmentRecordState.scope, max_length=300),
            field(
                "opening",
                t("开放时间"),
                hint=t("如“周一至周五 8:00-17:30，周六上午”"),
                default_value=DepartmentRecordState.opening,
                max_length=80,
            ),
            button(t("保存"), type="submit", kind="primary btn-block", custom_attrs=WAITS),
            on_submit=DepartmentRecordState.save,
            class_name="stack",
        ),
        class_name="record",
    )


def _opening() -> rx.Component:
    return section(
        t("开放与关闭"),
        card(
            rx.cond(
                DepartmentRecordState.is_open,
                asking(
                    "ask-close",
                    t("关闭科室"),
                    t("不再接受预约，未来的出诊全部停止。还有已约的号时不能关闭。"),
                    yes=t("关闭科室"),
                    does_it=DepartmentRecordState.close,
                ),
                button(t("开放科室"), on_click=DepartmentRecordState.open_up, custom_attrs=WAITS),
            ),
            class_name="stack record",
        ),
    )


def _release() -> rx.Component:
    return section(
        t("放号时间"),
        card(
            rx.el.form(
                field(
                    "release",
                    t("本科室的放号时间"),
                    hint=t("与其他科室错开，减轻同一时刻的拥挤；不填则按全院规则"),
                    type="time",
                    default_value=DepartmentRecordState.release,
                ),
                button(t("保存放号时间"), type="submit", custom_attrs=WAITS),
                on_submit=DepartmentRecordState.save_release,
                class_name="stack",
            ),
            class_name="record",
        ),
    )


def page() -> rx.Component:
    return admin_page(
        DepartmentRecordState,
        work_head(
            rx.cond(DepartmentRecordState.loaded, DepartmentRecordState.title, t("科室")),
            button_link(t("全部科室"), "/admin/departments", kind="plain"),
            note=DepartmentRecordState.note,
        ),
        _form(),
        rx.cond(DepartmentRecordState.may_time, _release()),
        rx.cond(DepartmentRecordState.may_open, _opening()),
        current="/admin/departments",
    )
