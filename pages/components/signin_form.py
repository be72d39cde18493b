"""登录表单: the phone, and what proves that it is yours."""

import reflex as rx

from pages.components.text import t


def _error(name: str) -> rx.Component:
    return rx.el.p(class_name="error", id=f"{name}-error", role="alert", custom_attrs={"data-error": name})


def phone_field() -> rx.Component:
    return rx.el.div(
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
    )


def code_field() -> rx.Component:
    return rx.el.div(
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
    )


def signin_form() -> rx.Component:
    return rx.el.form(
        rx.el.p(t("用手机号登录；第一次登录会自动建立账号。"), class_name="muted"),
        phone_field(),
        code_field(),
        rx.el.button(t("登录"), type="submit", class_name="btn btn-primary btn-big btn-block"),
        action="/api/v1/sessions",
        method="post",
        no_validate=True,
        class_name="stack",
        style={"gap": "1.25rem"},
        custom_attrs={"data-gh-signin": "code", "data-next": "/"},
    )
