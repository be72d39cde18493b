"""员工名册: search, filters, pages; within the own department or everybody."""

import reflex as rx

from pages.components.browser import WAITS, plain_link
from pages.components.forms import field, pick_field, select_field
from pages.components.icons import icon
from pages.components.parts import button, button_link, card
from pages.components.records import admin_page, entries, entry
from pages.components.staff import work_head
from pages.components.text import t
from state.staff import StaffState


def _search() -> rx.Component:
    return card(
        rx.el.form(
            field("q", t("姓名或工号"), type="search", default_value=StaffState.q, max_length=40),
            pick_field("role", t("角色"), StaffState.roles, none=t("全部"), default_value=StaffState.role),
            pick_field(
                "department",
                t("科室"),
                StaffState.departments,
                none=t("全部"),
                default_value=StaffState.department,
            ),
            select_field(
                "standing",
                t("在岗"),
                [("", t("全部")), ("active", t("在岗")), ("inactive", t("离岗"))],
                default_value=StaffState.standing,
            ),
            button(t("查询"), icon("search", 20), type="submit", custom_attrs=WAITS),
            on_submit=StaffState.search,
            class_name="filters",
            custom_attrs={"role": "search"},
        )
    )


def _turning() -> rx.Component:
    return rx.el.nav(
        rx.el.p(
            t(
                "共 {total} 人，第 {page} / {pages} 页",
                total=StaffState.total,
                page=StaffState.page,
                pages=StaffState.pages,
            )
        ),
        rx.el.div(
            button(
                t("上一页"),
                kind="plain",
                disabled=StaffState.page <= 1,
                on_click=StaffState.turn(StaffState.page - 1),
            ),
            button(
                t("下一页"),
                kind="plain",
                disabled=StaffState.page >= StaffState.pages,
                on_click=StaffState.turn(StaffState.page + 1),
            ),
            class_name="cluster",
        ),
        class_name="spread",
        custom_attrs={"aria-label": t("翻页")},
    )


def page() -> rx.Component:
    return admin_page(
        StaffState,
        work_head(
            t("员工"),
            button_link(t("新增员工"), "/admin/staff/new", icon("plus", 20)),
            button_link(t("批量导入"), "/admin/staff-import", kind="plain"),
            plain_link(t("导出名册"), href=StaffState.export, class_name="btn btn-plain"),
            note=StaffState.scope,
        ),
        _search(),
        entries(StaffState.rows, entry, none=t("没有符合条件的员工，请换个条件再查。")),
        _turning(),
        current="/admin/staff",
    )
