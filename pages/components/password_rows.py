"""登录密码 in the account's settings: whether there is one; a new one by the old one or by a code."""

import reflex as rx

from pages.components.browser import does
from pages.components.credentials import (
    code_field,
    for_ways,
    new_password_field,
    password_field,
    way_switch,
)
from pages.components.icons import icon
from pages.components.parts import button, card, section
from pages.components.sheet import sheet
from pages.components.text import t
from state.security import SecurityState

CODE, PASSWORD = "code", "password"


def _form(now: str, *proofs: rx.Component) -> rx.Component:
    return rx.el.form(
        *proofs,
        new_password_field(),
        rx.el.p(t("保存后，其他已登录的设备都要重新登录。"), class_name="small muted"),
        button(t("保存密码"), type="submit", kind="primary btn-block"),
        action="/api/v1/password",
        method="post",
        no_validate=True,
        class_name="stack",
        custom_attrs={
            "data-gh-signin": "new_password",
            "data-way": now,
            "data-next": "/me/security",
            "data-done": t("密码已保存，其他设备都已退出登录。"),
        },
    )


def _by_code(now: str) -> rx.Component:
    return for_ways(CODE, code_field(ask="/api/v1/password/codes"), now=now)


def _change() -> rx.Component:
    return _form(
        PASSWORD,
        way_switch(t("怎样确认是您本人"), (PASSWORD, t("用原密码")), (CODE, t("用短信确认")), now=PASSWORD),
        for_ways(PASSWORD, password_field("password", t("原密码"), complete="current-password"), now=PASSWORD),
        _by_code(PASSWORD),
    )


def _first() -> rx.Component:
    return _form(CODE, rx.el.p(t("先用短信验证码确认是您本人。"), class_name="muted"), _by_code(CODE))


def password_rows() -> rx.Component:
    return section(
        t("登录密码"),
        card(
            rx.el.div(
                icon("key"),
                rx.el.div(
                    rx.el.p(
                        rx.cond(SecurityState.password_set != "", t("已设置密码"), t("还没有密码")),
                        class_name="row-title",
                    ),
                    rx.el.p(
                        rx.cond(
                            SecurityState.password_set != "",
                            SecurityState.password_set,
                            t("设置以后，收不到短信时也能登录。"),
                        ),
                        class_name="small muted",
                    ),
                    class_name="row-body",
                ),
                button(
                    rx.cond(SecurityState.password_set != "", t("修改"), t("设置")),
                    kind="plain",
                    custom_attrs={
                        **does("open", "#password-sheet"),
                        "aria-label": rx.cond(SecurityState.password_set != "", t("修改密码"), t("设置密码")),
                    },
                ),
                class_name="row",
            ),
            class_name="card-flush",
        ),
        sheet(
            "password-sheet",
            rx.cond(SecurityState.password_set != "", t("修改密码"), t("设置密码")),
            rx.cond(SecurityState.password_set != "", _change(), _first()),
        ),
    )
