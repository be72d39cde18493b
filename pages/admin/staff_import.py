"""批量导入员工: template, preview of every row, then the good ones together, and a report with first passwords."""

import reflex as rx

from pages.components.browser import plain_link
from pages.components.icons import icon
from pages.components.parts import button_link, card
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.staff_browser import SheetImport, uploads_script
from pages.components.text import t
from state.staff_import import StaffImportState


def page() -> rx.Component:
    return admin_page(
        StaffImportState,
        work_head(t("批量导入员工"), button_link(t("回到名册"), "/admin/staff", kind="plain")),
        card(
            rx.el.ol(
                rx.el.li(
                    rx.el.p(t("下载模板，每行填一位员工，覆盖示例行。科室可填名称或代码；医生须填职称。")),
                    plain_link(
                        icon("note", 20),
                        t("下载模板"),
                        href="/api/v1/staff/import-template.xlsx",
                        class_name="btn btn-plain",
                    ),
                ),
                rx.el.li(
                    SheetImport.create(
                        rx.el.div(
                            rx.el.label(t("选择填好的 .xlsx 文件"), html_for="sheet"),
                            rx.el.p(t("不超过 2 MB、500 行"), id="sheet-hint", class_name="hint"),
                            rx.el.input(
                                id="sheet",
                                type="file",
                                accept=".xlsx",
                                class_name="input",
                                custom_attrs={"aria-describedby": "sheet-hint sheet-told"},
                            ),
                            rx.el.p(id="sheet-told", role="alert", custom_attrs={"data-told": ""}),
                            class_name="field",
                        ),
                        rx.el.div(custom_attrs={"data-preview": "", "aria-live": "polite"}),
                        rx.el.button(
                            t("导入可用的行，并下载含初始密码的报告"),
                            type="button",
                            class_name="btn btn-primary btn-block",
                            custom_attrs={"data-enter": "", "hidden": True},
                        ),
                    )
                ),
                class_name="factor-steps",
            ),
            class_name="record-wide",
        ),
        uploads_script(),
        current="/admin/staff",
    )
