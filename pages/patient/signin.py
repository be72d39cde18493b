"""登录: phone and SMS code. The form speaks to the REST API, because only an answer over HTTP can set the cookie."""

import reflex as rx

from pages.components.browser import plain_link
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import card
from pages.components.text import t
from state.signin import SigninState


def _error(name: str) -> rx.Component:
    return rx.el.p(class_name="error", id=f"{name}-error", role="alert", custom_attrs={"data-error": name})


def page() -> rx.Component:
    return patient_page(
        top_bar(t("登录"), back="/"),
        card(
            rx.el.form(
                rx.el.p(t("用手机号登录；第一次登录会自动建立账号。"), class_name="muted"),
                rx.el.div(
                    rx.el.label(t("手机号"), html_for="phone"),
                    rx.el.input(
                        id="phone",
                        name="phone",
                        type="tel",
                        input_mode="numeric",
                        auto_complete="tel-national",
                        max_length=20,
                        required=True,
                        class_name="input",
                        custom_attrs={"aria-describedby": "phone-error"},
                    ),
                    _error("phone"),
                    class_name="field",
                ),
                rx.el.div(
                    rx.el.label(t("短信验证码"), html_for="code"),
                    rx.el.p(t("6 位数字，5 分钟内有效"), id="code-hint", class_name="hint"),
                    rx.el.div(
                        rx.el.input(
                            id="code",
                            name="code",
                            type="text",
                            input_mode="numeric",
                            auto_complete="one-time-code",
                            max_length=6,
                            required=True,
                            class_name="input input-code",
                            custom_attrs={"aria-describedby": "code-hint code-error"},
                        ),
                        rx.el.button(
                            t("获取验证码"),
                            type="button",
                            class_name="btn btn-plain",
                            custom_attrs={"data-gh-code": ""},
                        ),
                        class_name="input-row",
                    ),
                    rx.el.p(
                        t("验证码已发出，请查看短信。"),
                        class_name="hint ink-ok",
                        role="status",
                        hidden=True,
                        custom_attrs={"data-sent": ""},
                    ),
                    _error("code"),
                    class_name="field",
                ),
                rx.el.button(t("登录"), type="submit", class_name="btn btn-primary btn-big btn-block"),
                action="/api/v1/sessions",
                method="post",
                no_validate=True,
                class_name="stack",
                style={"gap": "1.25rem"},
                custom_attrs={"data-gh-signin": "code", "data-next": "/"},
            ),
        ),
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
