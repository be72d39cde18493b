"""指纹/面容登录: one button, nothing typed."""

import reflex as rx

from pages.components.passkey_browser import passkey_button
from pages.components.text import t


def passkey_signin() -> rx.Component:
    return passkey_button("signin", t("指纹/面容登录"), kind="plain")
