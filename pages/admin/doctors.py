"""医生档案: who they are to patients."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.cards import face
from pages.components.forms import field, pick_field
from pages.components.icons import icon
from pages.components.parts import button, button_link, card
from pages.components.records import admin_page, entries, entry
from pages.components.staff import work_head
from pages.components.text import t
from state.doctor_records import DoctorListState, DoctorRow


def _row(row: rx.Var[DoctorRow]) -> rx.Component:
    return entry(row, face(row.mark, row.photo, row.name, size="avatar-s"))


def page() -> rx.Component:
    return admin_page(
        DoctorListState,
        work_head(t("医生"), button_link(t("新增医生"), "/admin/staff/new", icon("plus", 20))),
        card(
            rx.el.form(
                field("q", t("姓名、拼音或首字母"), type="search", default_value=DoctorListState.q, max_length=40),
                pick_field(
                    "department",
                    t("科室"),
                    DoctorListState.departments,
                    none=t("全部"),
                    default_value=DoctorListState.department,
                ),
                button(t("查询"), icon("search", 20), type="submit", custom_attrs=WAITS),
                on_submit=DoctorListState.search,
                class_name="filters",
                custom_attrs={"role": "search"},
            )
        ),
        entries(DoctorListState.rows, _row, none=t("没有符合条件的医生，请换个条件再查。")),
        current="/admin/doctors",
    )
