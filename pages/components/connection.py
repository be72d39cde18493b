"""断线提示: our own banner in place of Reflex's English one."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from pages.components.icons import icon
from pages.components.text import t


def connection_banner() -> rx.Component:
    """Shown while the socket is away or the browser is offline; the page reconnects by itself."""
    return rx.el.div(
        icon("refresh", 20),
        rx.el.p(t("网络连接中断，正在自动重新连接…")),
        class_name=rx.cond(has_connection_errors, "banner banner-on", "banner"),
        role="status",
    )
