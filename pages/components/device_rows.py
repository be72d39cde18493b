"""登录设备 in the account's settings: where the account is signed in; end one, or all."""

import reflex as rx

from pages.components.browser import does
from pages.components.icons import icon
from pages.components.parts import button, card, pill, section
from pages.components.sheet import sheet
from pages.components.text import t
from state.security import DeviceRow, SecurityState


def _row(device: rx.Var[DeviceRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            icon("device"),
            rx.el.div(
                rx.el.p(
                    rx.el.span(device.name, class_name="row-title"),
                    rx.cond(device.current, pill(t("本机"), "brand")),
                    class_name="cluster",
                ),
                rx.el.p(device.seen, class_name="small muted"),
                rx.el.p(device.signed_in, class_name="small muted"),
                class_name="row-body",
            ),
            rx.cond(
                ~device.current,
                button(
                    t("退出"),
                    kind="plain",
                    custom_attrs={
                        **does("open", f"#device-{device.id}"),
                        "aria-label": t("让“{name}”退出登录", name=device.name),
                    },
                ),
            ),
            class_name="row",
        ),
        rx.cond(
            ~device.current,
            sheet(
                f"device-{device.id}",
                t("让“{name}”退出登录？", name=device.name),
                rx.el.p(device.signed_in, class_name="muted"),
                rx.el.p(t("那台设备马上要重新登录。如果不认识它，请同时修改密码。")),
                rx.el.div(
                    button(
                        t("退出"),
                        kind="loss-solid",
                        on_click=SecurityState.end_session(device.id),
                        custom_attrs=does("close"),
                    ),
                    button(t("不退出"), kind="plain", custom_attrs=does("close")),
                    class_name="btn-row",
                ),
            ),
        ),
    )


def device_rows() -> rx.Component:
    return section(
        t("登录设备"),
        card(rx.el.ul(rx.foreach(SecurityState.devices, _row), class_name="rows"), class_name="card-flush"),
        button(t("退出所有设备"), icon("out", 20), kind="loss btn-block", custom_attrs=does("open", "#everywhere")),
        sheet(
            "everywhere",
            t("退出所有设备？"),
            rx.el.p(t("包括这一台。下次要重新登录，已有的挂号不受影响。")),
            rx.el.div(
                button(t("全部退出"), kind="loss-solid", custom_attrs=does("everywhere", "/signin")),
                button(t("不退出"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )
