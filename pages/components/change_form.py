"""停诊、调诊、加号、号数: what may be asked for one clinic, on a doctor's calendar and on an admin's page."""

from typing import Any

import reflex as rx

from pages.components.forms import field, pick_field
from pages.components.text import t

KINDS = (("suspend", "停诊"), ("adjust", "调诊"), ("overbook", "加号"), ("quota", "号数"))


def kinds(state: Any) -> list[rx.Component]:
    return [_kind(state, kind, label) for kind, label in KINDS]


def _kind(state: Any, kind: str, label: str) -> rx.Component:
    return rx.el.button(
        t(label),
        type="button",
        on_click=state.choose_kind(kind),
        class_name="chip",
        custom_attrs={"aria-pressed": rx.cond(state.kind == kind, "true", "false")},
    )


def wish(state: Any) -> rx.Component:
    """The fields of the kind that is asked for."""
    return rx.match(
        state.kind,
        (
            "adjust",
            rx.el.div(
                field("room", t("新诊室（不换可留空）"), max_length=20, auto_complete="off"),
                field("starts", t("新的开始时间（不改可留空）"), type="time", step="300"),
                pick_field("substitute", t("替诊医生"), state.substitutes, none=t("不替诊")),
                class_name="stack",
            ),
        ),
        (
            "overbook",
            rx.el.div(
                field(
                    "document_number",
                    t("患者证件号码"),
                    hint=t("患者须在本院登记过；加号只给这一位患者"),
                    required=True,
                    max_length=40,
                    auto_complete="off",
                ),
                pick_field("period", t("加在哪个时段"), state.periods),
                class_name="stack",
            ),
        ),
        (
            "quota",
            rx.el.div(
                field(
                    "per_period",
                    t("每半小时几个号"),
                    type="number",
                    min=1,
                    max=state.most,
                    default_value=state.per_period.to_string(),
                    required=True,
                ),
                field(
                    "on",
                    t("另开一天（只改这次门诊可留空）"),
                    type="date",
                    min=state.first_day,
                    max=state.last_day,
                ),
                class_name="stack",
            ),
        ),
        rx.el.p(t("停诊须提前 24 小时申请；更晚的申请要由医院管理员审批。"), class_name="small muted"),
    )
