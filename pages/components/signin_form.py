"""登录表单: one phone, three ways: a code, the password, or a code and a new password for who forgot it."""

import reflex as rx

from pages.components.credentials import (
    code_field,
    for_ways,
    new_password_field,
    other_way,
    password_field,
    phone_field,
    way_switch,
)
from pages.components.text import t

CODE, PASSWORD, RESET = "code", "password", "reset"


def signin_form() -> rx.Component:
    return rx.el.form(
        way_switch(t("登录方式"), (CODE, t("短信登录")), (PASSWORD, t("密码登录")), now=CODE),
        for_ways(
            CODE,
            rx.el.p(t("用手机号登录；第一次登录会自动建立账号。"), class_name="muted"),
            now=CODE,
        ),
        for_ways(
            RESET,
            rx.el.p(t("凭短信验证码设置新密码，其他设备会退出登录。"), class_name="muted", tab_index=-1),
            now=CODE,
        ),
        phone_field(),
        for_ways(f"{CODE} {RESET}", code_field(), now=CODE),
        for_ways(
            PASSWORD,
            password_field("password", t("密码"), complete="current-password"),
            other_way(t("忘记密码，或还没有设置"), RESET),
            now=CODE,
            class_name="stack-s",
        ),
        for_ways(RESET, new_password_field(), now=CODE),
        rx.el.button(
            rx.el.span(t("登录"), custom_attrs={"data-ways": f"{CODE} {PASSWORD}"}),
            rx.el.span(t("设置新密码并登录"), custom_attrs={"data-ways": RESET, "hidden": True}),
            type="submit",
            class_name="btn btn-primary btn-big btn-block",
        ),
        action="/api/v1/sessions",
        method="post",
        no_validate=True,
        class_name="stack",
        style={"gap": "1.25rem"},
        custom_attrs={"data-gh-signin": CODE, "data-way": CODE, "data-next": "/"},
    )
