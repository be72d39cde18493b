"""The door to assets/proof.js: the browser proves by itself that it has worked for a number. Loaded only when asked."""

import reflex as rx

from pages.components.browser import CustomElement
from pages.components.parts import box
from pages.components.text import t


class ProofElement(CustomElement):
    """Finds a proof of work and sends the form inside with it as `proof`; anew for each `round`."""

    tag = "proof"


def proof_told(wanted: rx.Var[bool], *, round_: rx.Var[int], on_proof: rx.EventHandler) -> rx.Component:
    """Nothing until `wanted`: then one calm sentence that is also read aloud, and how far it is. Nothing to press."""
    return rx.el.div(rx.cond(wanted, _at_work(round_, on_proof), rx.fragment()), role="status")


def _at_work(round_: rx.Var[int], on_proof: rx.EventHandler) -> rx.Component:
    return rx.fragment(
        rx.el.script(src="/proof.js", custom_attrs={"async": True}),
        ProofElement.create(
            box(
                "info",
                rx.el.p(rx.el.b(t("正在确认不是机器抢号，请稍候"))),
                rx.el.p(t("不用做任何操作，几秒后自动继续。"), class_name="small"),
                rx.el.progress(max=1, aria_label=t("确认的进度"), class_name="progress"),
                rx.el.p(class_name="small ink-warn", custom_attrs={"data-told": ""}),
            ),
            rx.el.form(rx.el.input(type="hidden", name="proof"), on_submit=on_proof, hidden=True),
            custom_attrs={"round": round_},
        ),
    )
