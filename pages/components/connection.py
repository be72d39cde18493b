"""断线提示: our own banner in place of Reflex's English one."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors


def connection_banner() -> rx.Component:
    """Shown while the socket is away; the page reconnects by itself."""
    return rx.el.div(
        rx.cond(has_connection_errors, rx.el.p("网络连接中断，正在自动重新连接…")),
        class_name="connection-banner",
        role="status",
    )
