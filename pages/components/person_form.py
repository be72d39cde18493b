"""就诊人资料: add a family member, or give the document that is still missing."""

import reflex as rx

from pages.components.forms import field, select_field
from pages.components.parts import busy_label, button
from pages.components.text import t
from state.person import PersonState

_DOCUMENT_HINT = "18 位，最后一位可能是 X；只用于实名挂号，加密保存"


def _document() -> rx.Component:
    return field(
        "document_number",
        t("身份证号"),
        hint=t(_DOCUMENT_HINT),
        error=PersonState.document_error,
        type="text",
        max_length=20,
        auto_complete="off",
        required=True,
        custom_attrs={"autoCapitalize": "characters"},
    )


def _submit(idle: rx.Var[str]) -> rx.Component:
    return button(
        busy_label(PersonState.busy, t("正在保存…"), idle),
        kind="primary btn-block",
        type="submit",
        disabled=PersonState.busy,
    )


def add_person_form(*beside: rx.Component) -> rx.Component:
    return rx.el.form(
        field(
            "name",
            t("姓名"),
            hint=t("与身份证一致"),
            error=PersonState.name_error,
            type="text",
            max_length=30,
            auto_complete="off",
            required=True,
        ),
        select_field(
            "relation",
            t("与本人的关系"),
            [
                ("self", t("本人")),
                ("spouse", t("配偶")),
                ("child", t("子女")),
                ("parent", t("父母")),
                ("other", t("其他")),
            ],
        ),
        _document(),
        _submit(t("保存就诊人")),
        *beside,
        on_submit=PersonState.add,
        no_validate=True,
        class_name="stack",
    )


def complete_person_form(patient_id: rx.Var[str]) -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="patient_id", value=patient_id),
        _document(),
        _submit(t("保存并继续")),
        on_submit=PersonState.complete,
        no_validate=True,
        class_name="stack",
    )
