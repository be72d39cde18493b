"""员工登录: staff number and password. The form speaks to the REST API, because only HTTP can set the cookie."""

import reflex as rx

from pages.components.browser import PageMark, plain_link
from pages.components.icons import icon
from pages.components.layout import skip_link
from pages.components.parts import card
from pages.components.passkey_browser import passkey_button
from pages.components.text import t
from state.session import Session
from state.staff_signin import StaffSigninState


def _field(name: str, label: str, *, kind: str, complete: str, hint: str = "") -> rx.Component:
    described = f"{name}-hint {name}-error" if hint else f"{name}-error"
    return rx.el.div(
        rx.el.label(t(label), html_for=name),
        *([rx.el.p(t(hint), id=f"{name}-hint", class_name="hint")] if hint else []),
        rx.el.input(
            id=name,
            name=name,
            type=kind,
            auto_complete=complete,
            auto_capitalize="none",
            spell_check=False,
            max_length=200,
            required=True,
            class_name="input",
            custom_attrs={"aria-describedby": described},
        ),
        rx.el.p(class_name="error", id=f"{name}-error", role="alert", custom_attrs={"data-error": name}),
        class_name="field",
    )


def page() -> rx.Component:
    return rx.el.div(
        skip_link(),
        PageMark.create(),
        rx.el.main(
            rx.el.div(
                icon("cross", 40),
                rx.el.div(rx.el.h1(t("员工登录")), rx.el.p(Session.hospital, class_name="muted")),
                class_name="staff-door-head",
            ),
            card(
                rx.el.form(
                    _field("staff_no", "工号", kind="text", complete="username"),
                    _field("password", "密码", kind="password", complete="current-password"),
                    rx.el.fieldset(
                        _field(
                            "new_password",
                            "设置新密码",
                            kind="password",
                            complete="new-password",
                            hint="首次登录必须更换密码：至少 10 个字符，不能与原密码相同",
                        ),
                        custom_attrs={"data-when": "password_change_required", "hidden": True, "disabled": True},
                    ),
                    rx.el.fieldset(
                        _field(
                            "otp",
                            "动态码",
                            kind="text",
                            complete="one-time-code",
                            hint="验证器应用里的 6 位数字；手机不在身边时填恢复码",
                        ),
                        passkey_button("prove", t("用指纹/面容验证"), kind="plain"),
                        class_name="stack-s",
                        custom_attrs={"data-when": "second_factor_required", "hidden": True, "disabled": True},
                    ),
                    rx.el.button(t("登录"), type="submit", class_name="btn btn-primary btn-big btn-block"),
                    action="/api/v1/staff/sessions",
                    method="post",
                    no_validate=True,
                    class_name="stack staff-form",
                    custom_attrs={"data-gh-signin": "password", "data-next": "/staff"},
                )
            ),
            rx.cond(
                StaffSigninState.demo,
                rx.el.p(
                    icon("info", 20),
                    rx.el.span(
                        t("演示环境：各角色的工号和密码在启动时打印，也列在 README；管理员的动态码见"),
                        " ",
                        plain_link(t("沙箱里的验证器"), href="/sandbox/authenticator", class_name="text-link"),
                    ),
                    class_name="door-note",
                ),
            ),
            rx.el.a(t("患者请走这里：预约挂号"), href="/", class_name="text-link"),
            id="main",
            tab_index=-1,
            class_name="staff-door",
        ),
        class_name="prose",
    )
