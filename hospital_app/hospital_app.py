"""Composition root: the Reflex app, its pages, the API beside them. Nobody imports it."""

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from pages import PAGES
from pages.components.connection import connection_banner
from pages.components.notice import notice_bar


def page_broken() -> rx.Component:
    """Shown by React in place of a page whose drawing failed."""
    return rx.el.main(
        rx.el.h1("页面出错了"),
        rx.el.p("请刷新页面；若仍不行，请到服务台或拨打医院电话办理。"),
        rx.el.a("回到首页", href="/"),
        class_name="page-broken",
    )


app = rx.App(
    html_lang="zh-CN",
    stylesheets=["/styles.css"],
    reset_style=False,
    toaster=None,
    app_wraps={
        (55, "ErrorBoundary"): lambda _: ErrorBoundary.create(fallback_render=rx.Var.create(page_broken())),
        (5, "Overlay"): lambda _: rx.fragment(connection_banner(), notice_bar()),
    },
)

for route, component, title, on_load in PAGES:
    app.add_page(component, route=route, title=title, on_load=on_load)
