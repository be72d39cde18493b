"""微信、支付宝绑定 in the account's settings: which of them open it; link one, unlink it."""

import reflex as rx

from pages.components.browser import does
from pages.components.icons import icon
from pages.components.parts import button, card, section
from pages.components.sheet import sheet
from pages.components.text import t
from state.linked import LinkedRow, LinkedState


def _row(link: rx.Var[LinkedRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(link.provider == "wechat", icon("chat"), icon("wallet")),
            rx.el.div(
                rx.el.p(link.word, class_name="row-title"),
                rx.el.p(rx.cond(link.since != "", link.since, t("没有绑定")), class_name="small muted"),
                class_name="row-body",
            ),
            rx.cond(
                link.since != "",
                button(
                    t("解除绑定"),
                    kind="plain",
                    custom_attrs={
                        **does("open", f"#unlink-{link.provider}"),
                        "aria-label": t("解除{provider}绑定", provider=link.word),
                    },
                ),
                button(
                    t("绑定"),
                    kind="plain",
                    custom_attrs={**does("link", link.provider), "aria-label": t("绑定{provider}", provider=link.word)},
                ),
            ),
            class_name="row",
        ),
        sheet(
            f"unlink-{link.provider}",
            t("解除{provider}绑定？", provider=link.word),
            rx.el.p(t("以后不能再用它登录；短信验证码随时可以登录。")),
            rx.el.div(
                button(
                    t("解除绑定"),
                    kind="loss-solid",
                    on_click=LinkedState.unlink(link.provider),
                    custom_attrs=does("close"),
                ),
                button(t("不解除"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )


def linked_rows() -> rx.Component:
    return rx.cond(
        LinkedState.rows.length() > 0,
        section(
            t("微信、支付宝登录"),
            card(rx.el.ul(rx.foreach(LinkedState.rows, _row), class_name="rows"), class_name="card-flush"),
        ),
    )
