"""就诊人资料: add a family member, or give the details that are still missing."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field, select_field
from pages.components.parts import button
from pages.components.text import t
from state.person import RESIDENT_ID, PersonState


def _document() -> rx.Component:
    """Kind and number; a resident ID tells birth and gender by itself, of others they are asked."""
    by_itself = PersonState.document_kind == RESIDENT_ID
    return rx.fragment(
        select_field(
            "document_kind",
            t("证件种类"),
            [
                (RESIDENT_ID, t("身份证")),
                ("passport", t("护照")),
                ("hk-macao-permit", t("港澳居民来往内地通行证")),
                ("taiwan-permit", t("台湾居民来往大陆通行证")),
                ("foreign-permanent-resident", t("外国人永久居留证")),
                ("birth-certificate", t("出生医学证明")),
            ],
            value=PersonState.document_kind,
            on_change=PersonState.choose_kind,
        ),
        field(
            "document_number",
            t("证件号码"),
            hint=t("只用于实名挂号，加密保存"),
            error=PersonState.document_error,
            type="text",
            max_length=30,
            auto_complete="off",
            custom_attrs={"autoCapitalize": "characters"},
        ),
        rx.cond(
            by_itself,
            rx.fragment(),
            rx.fragment(
                field("born_on", t("出生日期"), error=PersonState.birth_error, type="date"),
                select_field("gender", t("性别"), [("male", t("男")), ("female", t("女"))]),
            ),
        ),
    )


def add_person_form(*beside: rx.Component, after: rx.EventHandler) -> rx.Component:
    """`after` runs when the form has been dealt with; PersonState.saved_id tells whether somebody was saved."""
    return rx.el.form(
        field(
            "name",
            t("姓名"),
            hint=t("与证件一致"),
            error=PersonState.name_error,
            type="text",
            max_length=40,
            auto_complete="off",
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
        button(t("保存就诊人"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
        *beside,
        on_submit=[PersonState.add, after],
        no_validate=True,
        class_name="stack",
    )


def complete_person_form(patient_id: rx.Var[str], *, after: rx.EventHandler) -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="patient_id", value=patient_id),
        _document(),
        button(t("保存并继续"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
        on_submit=[PersonState.complete, after],
        no_validate=True,
        class_name="stack",
    )
