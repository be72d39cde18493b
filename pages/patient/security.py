"""账号与安全: the phone, and every way in that the account has; each section is a module of its own."""

from collections.abc import Callable

import reflex as rx

from pages.components.device_rows import device_rows
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.linked_rows import linked_rows
from pages.components.parts import card, loading, prove_first
from pages.components.passkey_rows import passkey_rows
from pages.components.password_rows import password_rows
from pages.components.text import t
from state.security import SecurityState

#: Sections of the page, from the top.
SECTIONS: tuple[Callable[[], rx.Component], ...] = (password_rows, passkey_rows, linked_rows, device_rows)


def _phone() -> rx.Component:
    return card(
        icon("phone", 28),
        rx.el.div(
            rx.el.p(rx.el.b(SecurityState.phone)),
            rx.el.p(t("登录用的手机号"), class_name="small muted"),
            class_name="grow",
        ),
        class_name="doctor",
        style={"alignItems": "center"},
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("账号与安全"), back="/me"),
        rx.cond(
            SecurityState.loaded,
            rx.fragment(
                _phone(),
                rx.cond(
                    SecurityState.proved,
                    rx.fragment(),
                    prove_first(t("添加或移除登录方式前，需要重新登录一次，防止别人趁您离开时改动。"), "/me/security"),
                ),
                *[section() for section in SECTIONS],
            ),
            loading(2, 3, 3),
        ),
        tab="me",
    )
