"""就诊人资料: add a family member, or give the details that are still missing."""

import reflex as rx

from hospital_app.domain.consent import WORDINGS, ConsentKind
from pages.components.browser import WAITS
from pages.components.forms import field, select_field, tick
from pages.components.parts import button
from pages.components.text import t
from state.person import RESIDENT_ID, PersonState


def _document() -> rx.Component:
    """Kind and number; a resident ID tells birth and gender by itself, of others they are asked."""
    return rx.fragment(
        select_field(
            "document_kind",
            t("证件种类"),
            [
                (RESIDENT_ID, t("身份证")),
                ("birth-certificate", t("出生医学证明（还没有身份证的孩子）")),
                ("passport", t("护照")),
                ("hk-macao-permit", t("港澳居民来往内地通行证")),
                ("taiwan-permit", t("台湾居民来往大陆通行证")),
                ("foreign-permanent-resident", t("外国人永久居留证")),
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
        rx.cond(PersonState.document_kind == RESIDENT_ID, rx.fragment(), _birth()),
    )


def _birth() -> rx.Component:
    return rx.fragment(
        field("born_on", t("出生日期"), error=PersonState.birth_error, type="date"),
        select_field("gender", t("性别"), [("male", t("男")), ("female", t("女"))]),
    )


def guardian_tick() -> rx.Component:
    """The guardian's consent, in the words that are kept with it."""
    return rx.el.div(
        rx.el.p(t(WORDINGS[ConsentKind.GUARDIAN].text), class_name="small"),
        tick("guardian_agrees", t("孩子未满 14 周岁：我是监护人，同意以上内容")),
        class_name="stack-s",
    )


def add_person_form(*beside: rx.Component, after: rx.EventHandler, only_self: bool = False) -> rx.Component:
    """`after` runs when the form has been dealt with; PersonState.saved_id tells whether somebody was saved.

    `only_self`: for the account's holder, who is asked for because a child needs them.
    """
    relation = (
        rx.el.input(type="hidden", name="relation", value="self")
        if only_self
        else select_field(
            "relation",
            t("与本人的关系"),
            [
                ("self", t("本人")),
                ("spouse", t("配偶")),
                ("child", t("子女")),
                ("parent", t("父母")),
                ("other", t("其他")),
            ],
            value=PersonState.relation,
            on_change=PersonState.choose_relation,
        )
    )
    of_a_child = (PersonState.relation == "child") | (PersonState.document_kind == "birth-certificate")
    return rx.el.form(
        rx.el.input(type="hidden", name="asks", value="everything"),
        field(
            "name",
            t("姓名"),
            hint=t("与证件一致"),
            error=PersonState.name_error,
            type="text",
            max_length=40,
            auto_complete="off",
        ),
        relation,
        _document(),
        rx.fragment() if only_self else rx.cond(of_a_child, guardian_tick()),
        button(t("保存就诊人"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
        *beside,
        on_submit=[PersonState.add, after],
        no_validate=True,
        class_name="stack",
    )


def complete_person_form(
    patient_id: rx.Var[str], missing: rx.Var[list[str]], *, after: rx.EventHandler
) -> rx.Component:
    """Asks for nothing but what is missing."""
    return rx.el.form(
        rx.el.input(type="hidden", name="patient_id", value=patient_id),
        rx.el.input(
            type="hidden", name="asks", value=rx.cond(missing.contains("document_number"), "document", "birth")
        ),
        rx.cond(missing.contains("document_number"), _document(), _birth()),
        button(t("保存并继续"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
        on_submit=[PersonState.complete, after],
        no_validate=True,
        class_name="stack",
    )


def resident_id_form(patient_id: rx.Var[str], *, after: rx.EventHandler) -> rx.Component:
    """For a child that was known by the birth certificate."""
    return rx.el.form(
        rx.el.input(type="hidden", name="patient_id", value=patient_id),
        rx.el.input(type="hidden", name="asks", value="document"),
        rx.el.input(type="hidden", name="document_kind", value=RESIDENT_ID),
        field(
            "document_number",
            t("孩子的身份证号"),
            hint=t("姓名、出生日期、性别须与登记一致，会向医保局核验；改后不能改回出生证明"),
            error=PersonState.document_error,
            type="text",
            max_length=30,
            auto_complete="off",
            custom_attrs={"autoCapitalize": "characters"},
        ),
        button(t("核验并保存"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
        on_submit=[PersonState.complete, after],
        no_validate=True,
        class_name="stack",
    )


def insurance_form(patient_id: rx.Var[str], *, after: rx.EventHandler) -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="patient_id", value=patient_id),
        field(
            "insurance_number",
            t("医保号"),
            hint=t("医保卡或医保电子凭证上的号码，会向医保局核验；不填也可以挂号"),
            error=PersonState.insurance_error,
            type="text",
            max_length=30,
            auto_complete="off",
        ),
        button(t("核验并保存"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
        on_submit=[PersonState.insure, after],
        no_validate=True,
        class_name="stack",
    )
