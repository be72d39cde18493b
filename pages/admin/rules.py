"""规则: every number by which the hospital books, with where it comes from."""

import reflex as rx

from pages.components.parts import card
from pages.components.records import admin_page, entry
from pages.components.staff import work_head
from pages.components.text import t
from state.rules import RuleRow, RulesState


def _row(row: rx.Var[RuleRow]) -> rx.Component:
    return rx.fragment(
        rx.cond(row.group != "", rx.el.h2(row.group, class_name="rule-group")),
        card(entry(row), class_name="card-flush"),
    )


def page() -> rx.Component:
    return admin_page(
        RulesState,
        work_head(t("规则"), note=t("现在全院按这些数字办理；点开一条可以修改")),
        rx.el.div(rx.foreach(RulesState.rows, _row), class_name="rule-list"),
        current="/admin/rules",
    )
