"""退款进度: every way back with its steps; what takes too long is told calmly, with whom to ask."""

import reflex as rx

from pages.components.icons import icon
from pages.components.parts import box, card, pill, section
from pages.components.text import t
from state.refund_rows import RefundRow, StepRow
from state.session import Session


def _step(step: rx.Var[StepRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.cond(step.state == "done", icon("check", 16)),
            class_name="step-dot",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.span(rx.el.b(step.name), rx.el.span(step.at, class_name="small muted"), class_name="step-body"),
        class_name=f"step is-{step.state}",
        custom_attrs={"aria-current": rx.cond(step.state == "now", "step", "false")},
        key=step.name,
    )


def _refund(refund: rx.Var[RefundRow]) -> rx.Component:
    return card(
        rx.el.div(rx.el.h3(refund.title), pill(refund.word, refund.tone), class_name="spread"),
        rx.el.ol(rx.foreach(refund.steps, _step), class_name="steps"),
        rx.cond(refund.note != "", rx.el.p(refund.note, class_name="small muted")),
        rx.cond(
            refund.stuck,
            box(
                "info",
                rx.el.p(t("这笔退款比平时慢，我们已经在处理，钱不会丢，您不用再操作。")),
                rx.el.a(
                    t("问一问：{phone}", phone=Session.phone), href=f"tel:{Session.phone}", class_name="btn btn-plain"
                ),
            ),
        ),
        rx.el.p(t("退款单号 {no}", no=refund.no), class_name="small muted"),
        class_name="stack",
        key=refund.no,
    )


def refund_progress(refunds: rx.Var[list[RefundRow]]) -> rx.Component:
    return rx.cond(
        refunds.length() > 0,
        section(t("退款进度"), rx.el.div(rx.foreach(refunds, _refund), class_name="stack", role="status")),
    )
