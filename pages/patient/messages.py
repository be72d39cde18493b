"""消息中心."""

import reflex as rx

from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import button, button_link, card, empty, loading, pill
from pages.components.text import t
from state.messages import MessageCard, MessagesState


def _message(message: rx.Var[MessageCard]) -> rx.Component:
    return rx.el.li(
        card(
            rx.el.div(
                rx.cond(message.warns, icon("warning", 20), icon("bell", 20)),
                rx.el.p(message.when, class_name="small muted grow"),
                rx.cond(message.unread, pill(t("未读"), "brand")),
                class_name=rx.cond(message.warns, "cluster ink-warn", "cluster"),
            ),
            rx.el.p(message.text),
            rx.cond(
                message.href != "",
                rx.el.p(rx.el.a(message.action, href=message.href, class_name="text-link")),
            ),
            class_name="stack-s",
        ),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("消息中心"), back="/me"),
        rx.cond(
            MessagesState.loaded,
            rx.cond(
                MessagesState.cards.length() > 0,
                rx.el.div(
                    rx.el.div(
                        rx.el.p(
                            rx.cond(
                                MessagesState.unread > 0,
                                t("{count} 条未读", count=MessagesState.unread),
                                t("都看过了"),
                            ),
                            class_name="muted",
                            role="status",
                        ),
                        rx.cond(
                            MessagesState.unread > 0,
                            button(
                                t("全部标为已读"),
                                kind="plain",
                                on_click=MessagesState.mark_read(MessagesState.cards[0].id),
                            ),
                        ),
                        class_name="spread",
                        style={"minHeight": "var(--target)"},
                    ),
                    rx.el.ul(rx.foreach(MessagesState.cards, _message), class_name="col"),
                    class_name="col",
                ),
                empty(
                    "bell",
                    t("还没有消息。挂号、改签、退款和登录提醒都会出现在这里。"),
                    button_link(t("去挂号"), "/find"),
                ),
            ),
            loading(2, 2, 2),
        ),
        tab="me",
    )
