"""没有这个页面."""

import reflex as rx

from pages.components.layout import patient_page, top_bar
from pages.components.parts import button_link, empty
from pages.components.text import t


def page() -> rx.Component:
    return patient_page(
        top_bar(t("没有这个页面"), back="/"),
        empty("search", t("这个地址没有内容，可能是链接旧了。"), button_link(t("回到首页"), "/")),
    )
