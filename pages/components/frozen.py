"""The banner of a frozen account."""

import reflex as rx

from pages.components.parts import box
from pages.components.text import t
from state.appeal import AppealState


def frozen_banner() -> rx.Component:
    """Shown after `AppealState.glance`: among the page's on_load, or called by it for a frozen account."""
    return rx.cond(
        AppealState.active,
        box(
            "warn",
            rx.el.p(rx.el.b(t("账号已冻结到 {until}，暂时不能预约", until=AppealState.until))),
            rx.el.p(t("已有的挂号仍可查看、退号和签到。")),
            rx.el.a(t("查看原因并申诉"), href="/me/appeal", class_name="btn btn-plain"),
        ),
    )
