"""微信登录、支付宝登录: links that leave for the vendor's page and come back signed in."""

import reflex as rx

from pages.components.browser import plain_link
from pages.components.icons import icon
from pages.components.parts import Text
from pages.components.text import t
from state.quick import QuickState


def _way(provider: str, glyph: str, label: Text) -> rx.Component:
    return plain_link(
        icon(glyph),
        label,
        href=f"/api/v1/identity/{provider}/start",
        class_name="btn btn-plain btn-block",
        custom_attrs={"data-gh-next": ""},
    )


def quick_signin() -> rx.Component:
    return rx.fragment(
        rx.cond(QuickState.wechat, _way("wechat", "chat", t("微信登录"))),
        rx.cond(QuickState.alipay, _way("alipay", "wallet", t("支付宝登录"))),
    )
