"""我的账单."""

import reflex as rx

from pages.components.browser import plain_link
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import button, button_link, card, empty, loading, pill
from pages.components.text import t
from state.bills import BillCard, BillsState, PartLine, ReturnLine


def _return(refund: rx.Var[ReturnLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(refund.text),
        pill(refund.word, refund.tone),
        class_name="spread",
        key=refund.no,
    )


def _part(part: rx.Var[PartLine]) -> rx.Component:
    return rx.fragment(rx.el.dt(part.name), rx.el.dd(part.amount), key=part.name)


def _invoice(bill: rx.Var[BillCard]) -> rx.Component:
    return rx.el.div(
        rx.cond(bill.invoice_word != "", pill(bill.invoice_word, bill.invoice_tone)),
        rx.cond(bill.invoice_number != "", rx.el.p(t("票据号 {no}", no=bill.invoice_number), class_name="small muted")),
        rx.cond(
            bill.url != "",
            rx.el.a(t("查看票据"), href=bill.url, target="_blank", rel="noopener", class_name="btn btn-plain"),
        ),
        rx.cond(
            bill.file != "",
            plain_link(
                icon("download", 20), t("下载票据 PDF"), href=bill.file, download=True, class_name="btn btn-plain"
            ),
        ),
        rx.cond(
            bill.may_ask,
            button(t("开具电子票据"), kind="plain", on_click=BillsState.ask_invoice(bill.no)),
        ),
        class_name="cluster",
        role="status",
    )


def _bill(bill: rx.Var[BillCard]) -> rx.Component:
    return rx.el.li(
        card(
            rx.el.div(rx.el.h2(bill.title), pill(bill.word, bill.tone), class_name="spread"),
            rx.el.div(
                rx.el.p(rx.el.b(bill.amount), class_name="grow"),
                rx.el.p(bill.when, class_name="small muted"),
                class_name="spread",
            ),
            rx.el.dl(rx.foreach(bill.parts, _part), class_name="pairs"),
            rx.cond(
                bill.refunds.length() > 0,
                rx.el.div(
                    rx.el.ul(rx.foreach(bill.refunds, _return), class_name="stack-s"),
                    rx.el.p(t("实际支付 {money}", money=bill.kept), class_name="small muted"),
                    class_name="stack-s",
                ),
            ),
            rx.cond((bill.invoice_word != "") | bill.may_ask, _invoice(bill)),
            rx.el.p(rx.el.a(t("查看挂号"), href=f"/appointment/{bill.appointment_no}", class_name="text-link")),
            class_name="stack",
        ),
        key=bill.no,
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("我的账单"), back="/me"),
        rx.cond(
            BillsState.loaded,
            rx.cond(
                BillsState.cards.length() > 0,
                rx.el.ul(rx.foreach(BillsState.cards, _bill), class_name="col"),
                empty(
                    "note",
                    t("还没有账单。支付挂号费后，支付、退款和电子票据都在这里。"),
                    button_link(t("去挂号"), "/find"),
                ),
            ),
            loading(3, 3),
        ),
        tab="me",
    )
