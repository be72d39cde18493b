"""一条规则: its value, a change with its date and reason, and what it was before."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field, select_field
from pages.components.parts import box, button, button_link, card, empty, pill, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.rules import ChangeRow, RuleState


def _value() -> rx.Component:
    given = {"default_value": RuleState.value, "required": True}
    return rx.match(
        RuleState.kind,
        (
            "switch",
            select_field("value", t("新的值"), [("yes", t("是")), ("no", t("否"))], default_value=RuleState.value),
        ),
        ("time", field("value", t("新的值"), type="time", **given)),
        (
            "tiers",
            field(
                "value",
                t("新的值"),
                hint=t("小时=百分比，用空格隔开：12=0 2=10 0=30 表示 12 小时前不收，2 小时前收 10%，再晚收 30%"),
                max_length=80,
                **given,
            ),
        ),
        field(
            "value",
            t("新的值（{lowest} 到 {highest}）", lowest=RuleState.lowest, highest=RuleState.highest),
            type="number",
            input_mode="numeric",
            min=RuleState.lowest,
            max=RuleState.highest,
            **given,
        ),
    )


def _form() -> rx.Component:
    return card(
        rx.el.p(
            rx.el.b(RuleState.told, class_name="rule-value"),
            pill(RuleState.source, RuleState.tone),
            class_name="spread",
        ),
        rx.cond(RuleState.planned != "", box("warn", rx.el.p(RuleState.planned))),
        rx.el.form(
            _value(),
            field("day", t("生效日期"), hint=t("不填就是立即生效"), type="date"),
            field("at", t("生效时间"), type="time", default_value="00:00"),
            field("reason", t("原因"), hint=t("记入审计日志"), max_length=200, required=True),
            button(t("保存"), type="submit", kind="primary btn-block", custom_attrs=WAITS),
            on_submit=RuleState.save,
            key=RuleState.value,
            class_name="stack",
        ),
        class_name="stack record",
    )


def _change(change: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(change.title, class_name="row-title"),
            rx.el.span(change.note, class_name="small muted"),
            class_name="row-body",
        ),
        pill(change.word, change.tone),
        rx.cond(
            change.open,
            button(t("撤回"), kind="loss", on_click=RuleState.withdraw(change.id), custom_attrs=WAITS),
        ),
        class_name="row",
    )


def page() -> rx.Component:
    return admin_page(
        RuleState,
        work_head(
            rx.cond(RuleState.loaded, RuleState.label, t("规则")),
            button_link(t("全部规则"), "/admin/rules", kind="plain"),
            note=RuleState.group,
        ),
        rx.el.div(
            section(t("现在的值"), _form()),
            section(
                t("修改记录"),
                rx.cond(
                    RuleState.changes.length() > 0,
                    card(rx.el.div(rx.foreach(RuleState.changes, _change), class_name="rows"), class_name="card-flush"),
                    empty("note", t("还没有人改过这条规则。")),
                ),
            ),
            class_name="records-beside",
        ),
        current="/admin/rules",
    )
