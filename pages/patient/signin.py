"""登录. The form speaks to the REST API, because only an answer over HTTP can set the cookie."""

from collections.abc import Callable

import reflex as rx

from pages.components.browser import plain_link
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import card, section
from pages.components.passkey_signin import passkey_signin
from pages.components.quick_signin import quick_signin
from pages.components.signin_form import signin_form
from pages.components.text import t
from state.signin import SigninState

#: Ways in that need no typing, from the top; each is a module of its own.
OTHER_WAYS: tuple[Callable[[], rx.Component], ...] = (quick_signin, passkey_signin)


def page() -> rx.Component:
    return patient_page(
        top_bar(t("登录"), back="/"),
        card(signin_form()),
        *([section(t("其他登录方式"), *[way() for way in OTHER_WAYS])] if OTHER_WAYS else []),
        rx.cond(
            SigninState.demo,
            card(
                rx.el.p(icon("info", 20), t("演示环境：短信显示在沙箱页面。"), class_name="cluster"),
                plain_link(t("打开短信沙箱"), href="/sandbox/sms", target="_blank", class_name="text-link"),
                class_name="stack-s card-tint",
            ),
        ),
        rx.el.p(t("登录即表示同意我们仅为挂号就诊使用您的信息，不作他用。"), class_name="small muted center"),
        tab="me",
    )
