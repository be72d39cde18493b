"""候诊进度: how many are ahead, and where to go when called."""

import reflex as rx

from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import button_link, empty, live_badge, loading, pill
from pages.components.text import t
from state.queue import QueueState, Waiting


def _visit(visit: rx.Var[Waiting]) -> rx.Component:
    return rx.el.article(
        rx.el.div(
            rx.el.div(rx.el.h2(visit.title), rx.el.p(visit.who, class_name="small muted")),
            pill(visit.label, "brand"),
            class_name="spread",
        ),
        rx.el.div(
            rx.el.p(visit.headline),
            rx.cond(visit.ahead != "", rx.el.b(visit.ahead)),
            rx.cond(visit.eta != "", rx.el.p(visit.eta)),
            class_name="ahead",
            role="status",
        ),
        rx.cond(visit.note != "", rx.el.p(visit.note, class_name="small muted center")),
        rx.el.div(icon("pin"), rx.el.p(visit.where), class_name="where"),
        rx.cond(visit.action != "", button_link(visit.action, visit.href, kind="plain")),
        class_name=rx.cond(visit.called, "card stack called", "card stack"),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("候诊进度")),
        rx.cond(
            QueueState.loaded,
            rx.cond(
                QueueState.visits.length() > 0,
                rx.fragment(
                    rx.foreach(QueueState.visits, _visit),
                    live_badge(t("实时更新")),
                ),
                rx.cond(
                    QueueState.signed_out,
                    empty("clock", t("登录后可以看到您的候诊进度。"), button_link(t("登录"), "/signin?next=/queue")),
                    empty(
                        "clock",
                        t("今天没有要就诊的号。就诊当天到院签到后，这里会显示前面还有几位。"),
                        button_link(t("我的挂号"), "/appointments"),
                        button_link(t("去挂号"), "/find", kind="plain"),
                    ),
                ),
            ),
            loading(5),
        ),
        tab="queue",
    )
