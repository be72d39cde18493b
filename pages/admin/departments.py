"""科室: the open ones first; every code of the national list can be opened."""

import reflex as rx

from pages.components.parts import section
from pages.components.records import admin_page, entries, entry
from pages.components.staff import work_head
from pages.components.text import t
from state.department_records import DepartmentListState


def page() -> rx.Component:
    return admin_page(
        DepartmentListState,
        work_head(t("科室管理")),
        entries(DepartmentListState.rows, entry, none=t("还没有开放的科室。")),
        rx.cond(
            DepartmentListState.closed.length() > 0,
            section(t("未开放"), entries(DepartmentListState.closed, entry, none="")),
        ),
        current="/admin/departments",
    )
