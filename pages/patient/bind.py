"""快捷登录的最后一步: the first time a phone and its code, and nothing else; or one sentence on what went wrong."""

import reflex as rx

from pages.components.browser import plain_link
from pages.components.credentials import code_field, phone_field
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button_link, card, empty, loading
from pages.components.text import t
from state.bind import BindState
from state.signin import SigninState


def _trouble() -> rx.Component:
    return card(
        box("warn", rx.el.p(BindState.trouble)),
        rx.cond(
            BindState.signed_in,
            button_link(t("回到账号与安全"), "/me/security", kind="primary btn-block"),
            rx.fragment(
                plain_link(
                    t("重新用{provider}登录", provider=BindState.provider),
                    href=BindState.again,
                    class_name="btn btn-primary btn-block",
                ),
                button_link(t("用手机号登录"), BindState.by_phone, kind="plain btn-block"),
            ),
        ),
        class_name="stack",
    )


def _greeting() -> rx.Component:
    return rx.el.div(
        rx.el.span(icon("person", 28), class_name="avatar avatar-s"),
        rx.el.div(
            rx.el.p(
                rx.el.b(
                    rx.cond(
                        BindState.nickname != "",
                        t("{nickname}，您好", nickname=BindState.nickname),
                        t("您好"),
                    )
                )
            ),
            rx.el.p(t("{provider}已确认您的身份", provider=BindState.provider), class_name="small muted"),
            class_name="grow",
        ),
        class_name="doctor",
        style={"alignItems": "center"},
    )


def _form() -> rx.Component:
    return card(
        _greeting(),
        rx.el.form(
            rx.el.p(
                t("第一次用{provider}登录，请验证手机号；以后点一下就能进入。", provider=BindState.provider),
                class_name="muted",
            ),
            phone_field(),
            code_field(),
            rx.el.button(t("绑定并登录"), type="submit", class_name="btn btn-primary btn-big btn-block"),
            action="/api/v1/identity/bindings",
            method="post",
            no_validate=True,
            class_name="stack",
            style={"gap": "1.25rem"},
            custom_attrs={"data-gh-signin": "code", "data-next": "/"},
        ),
        class_name="stack",
    )


def _nobody() -> rx.Component:
    return empty("clock", t("没有等待绑定的登录，或者已经过期。"), button_link(t("去登录"), "/signin", kind="primary"))


def _sandbox_note() -> rx.Component:
    return card(
        rx.el.p(icon("info", 20), t("演示环境：短信显示在沙箱页面。"), class_name="cluster"),
        plain_link(t("打开短信沙箱"), href="/sandbox/sms", target="_blank", class_name="text-link"),
        class_name="stack-s card-tint",
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("快捷登录"), back="/signin"),
        rx.cond(
            BindState.loaded,
            rx.cond(
                BindState.trouble != "",
                _trouble(),
                rx.cond(
                    BindState.provider != "",
                    rx.fragment(_form(), rx.cond(SigninState.demo, _sandbox_note())),
                    _nobody(),
                ),
            ),
            loading(2, 4),
        ),
        tab="me",
    )
