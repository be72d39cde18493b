"""交接单: the count of one shift, to be printed and signed by both."""

from collections.abc import Sequence

import reflex as rx

from pages.components import menus
from pages.components.browser import WAITS, does
from pages.components.parts import box, button, button_link, card, loading, pill, section
from pages.components.shift_rows import movement_table
from pages.components.staff import MenuItem, staff_page, work_head
from pages.components.text import t
from state.figures import Fact
from state.session import Session
from state.shift_sheet import ShiftSheetState


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name),
        rx.el.dd(rx.cond(fact.tone != "", pill(fact.value, fact.tone), rx.el.span(fact.value))),
    )


def _confirm() -> rx.Component:
    return rx.cond(
        ShiftSheetState.waits,
        rx.el.div(
            box(
                "warn",
                rx.el.p(t("请与交班人当面点清现金，再确认接收。")),
                button(t("已点清，确认接收"), on_click=ShiftSheetState.receive, custom_attrs=WAITS),
            ),
            class_name="no-print",
        ),
    )


def _signatures() -> rx.Component:
    return rx.el.div(
        *[rx.el.p(t(name), rx.el.span(), class_name="sign-line") for name in ("交班人签名", "接班人签名")],
        rx.el.p(t("打印于 {at}", at=ShiftSheetState.printed), class_name="small muted"),
        class_name="sheet-signs",
    )


def page() -> rx.Component:
    return rx.cond(ShiftSheetState.whole, _page(menus.HOSPITAL, "/admin/shifts"), _page(menus.CLERK, "/staff/shift"))


def _page(menu: Sequence[MenuItem], back: str) -> rx.Component:
    return staff_page(
        work_head(
            t("现金交接单"),
            button_link(t("返回"), back, kind="plain no-print"),
            button(t("打印"), kind="primary no-print", custom_attrs=does("print")),
            note=Session.hospital,
        ),
        rx.cond(
            ShiftSheetState.loaded,
            rx.el.div(
                _confirm(),
                card(
                    rx.el.div(
                        rx.el.div(
                            rx.el.h2(ShiftSheetState.name),
                            rx.el.p(ShiftSheetState.note, class_name="muted"),
                        ),
                        pill(ShiftSheetState.word, ShiftSheetState.tone),
                        class_name="spread",
                    ),
                    rx.el.dl(rx.foreach(ShiftSheetState.facts, _fact), class_name="facts"),
                    class_name="stack",
                ),
                section(t("收退明细"), movement_table(ShiftSheetState.movements)),
                _signatures(),
                class_name="records",
            ),
            loading(6, 4),
        ),
        menu=menu,
        current=back,
        hospital=Session.hospital,
        who=ShiftSheetState.who,
    )
