"""一次门诊的变更申请: an admin asks for any clinic of the department, also for one that no doctor speaks for."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.change_form import kinds, wish
from pages.components.forms import text_area
from pages.components.parts import button, button_link, card, pill
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.clinic import ClinicState


def _form() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2(ClinicState.title),
            rx.cond(ClinicState.waiting != "", pill(ClinicState.waiting, "warn")),
            class_name="spread",
        ),
        rx.el.p(rx.el.b(ClinicState.when)),
        rx.el.p(ClinicState.note, class_name="muted"),
        rx.el.div(*kinds(ClinicState), class_name="chips", role="group", custom_attrs={"aria-label": t("申请类型")}),
        rx.el.form(
            wish(ClinicState),
            text_area("reason", t("原因"), max_length=200, required=True),
            button(t("提交申请"), type="submit", custom_attrs=WAITS, kind="primary btn-block"),
            on_submit=ClinicState.ask,
            class_name="stack",
            key=ClinicState.kind,
        ),
        class_name="stack record",
    )


def page() -> rx.Component:
    return admin_page(
        ClinicState,
        work_head(
            t("申请变更门诊"),
            button_link(t("号源看板"), "/admin/board", kind="plain"),
            note=t("提交后出现在审批里，先看影响再批准"),
        ),
        _form(),
        current="/admin/board",
    )
