"""What proves who somebody is, in forms that speak to the REST API: phone, code, password; one way at a time.

A form has `data-way`, the way now; what carries `data-ways` shows while its list names it (assets/guahao.js). What
was typed stays when the way changes.
"""

import reflex as rx

from pages.components.parts import Text
from pages.components.text import t


def _error(name: str) -> rx.Component:
    return rx.el.p(class_name="error", id=f"{name}-error", role="alert", custom_attrs={"data-error": name})


def for_ways(ways: str, *children: rx.Component, now: str, **props: object) -> rx.Component:
    """A part of a form for some of its ways; `now`: the one it begins with."""
    off = {} if now in ways.split() else {"hidden": True, "disabled": True}
    return rx.el.fieldset(*children, custom_attrs={"data-ways": ways, **off}, **props)


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


def code_field(*, ask: str = "") -> rx.Component:
    """`ask`: where a code is asked for; empty: for the phone that stands in the form."""
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
                custom_attrs={"data-gh-code": ask},
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


def password_field(name: str, label: Text, *, complete: str, hint: Text | None = None) -> rx.Component:
    """With a key that shows what is typed: on a phone nobody types blind without mistakes."""
    described = f"{name}-hint {name}-error" if hint is not None else f"{name}-error"
    return rx.el.div(
        rx.el.label(label, html_for=name),
        *([rx.el.p(hint, id=f"{name}-hint", class_name="hint")] if hint is not None else []),
        rx.el.div(
            rx.el.input(
                id=name,
                name=name,
                type="password",
                auto_complete=complete,
                auto_capitalize="none",
                spell_check=False,
                max_length=128,
                required=True,
                class_name="input",
                custom_attrs={"aria-describedby": described},
            ),
            rx.el.button(
                t("显示"),
                type="button",
                class_name="btn btn-soft",
                custom_attrs={
                    "data-gh": "reveal",
                    "data-gh-to": f"#{name}",
                    "aria-pressed": "false",
                    "aria-label": t("显示密码"),
                },
            ),
            class_name="input-row",
        ),
        _error(name),
        class_name="field",
    )


def new_password_field() -> rx.Component:
    hint = t("8 位以上；三四个不相干的词连在一起，又长又好记。不要用生日、手机号。")
    return password_field("new_password", t("新密码"), complete="new-password", hint=hint)


def way_switch(legend: Text, *ways: tuple[str, Text], now: str) -> rx.Component:
    """Which way: a radio button each. Native, so arrow keys and screen readers know it."""
    return rx.el.fieldset(
        rx.el.legend(legend, class_name="sr"),
        *[
            rx.el.label(
                rx.el.input(type="radio", name="way", value=way, default_checked=way == now, class_name="sr"),
                rx.el.span(label),
            )
            for way, label in ways
        ],
        class_name="ways",
    )


def other_way(label: Text, way: str) -> rx.Component:
    """A link-like key that changes the way of the form it stands in."""
    return rx.el.button(label, type="button", class_name="text-link", custom_attrs={"data-gh-way": way})
