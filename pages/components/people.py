"""为谁: whom something is booked for, what they still lack, and the consent that is asked once."""

import reflex as rx

from hospital_app.domain.consent import WORDINGS, ConsentKind
from pages.components.browser import WAITS
from pages.components.forms import choice, choices
from pages.components.icons import icon
from pages.components.parts import box, button, card, section
from pages.components.person_form import add_person_form, complete_person_form, guardian_tick
from pages.components.text import t
from state.cards import PatientChoice
from state.confirm import ConfirmState


def _patient(patient: rx.Var[PatientChoice]) -> rx.Component:
    return choice(
        "patient",
        patient.id,
        rx.el.span(
            rx.el.span(
                rx.el.b(patient.name), rx.el.span(patient.relation, class_name="muted small"), class_name="cluster"
            ),
            rx.el.span(
                rx.cond(patient.missing_word != "", patient.missing_word, patient.document),
                class_name=rx.cond(patient.missing_word != "", "small ink-warn", "small muted"),
            ),
            class_name="row-body",
        ),
        checked=ConfirmState.chosen == patient.id,
        on_change=ConfirmState.choose(patient.id),
    )


def people_choice() -> rx.Component:
    return section(
        t("就诊人"),
        rx.cond(
            ConfirmState.patients.length() > 0,
            choices(t("为谁挂号"), rx.foreach(ConfirmState.patients, _patient), hidden_legend=True),
        ),
        rx.cond(ConfirmState.adding, rx.fragment(), _next_step()),
        rx.cond(
            ConfirmState.adding,
            card(
                rx.el.h3(t("添加就诊人")),
                add_person_form(
                    rx.cond(
                        ConfirmState.patients.length() > 0,
                        button(t("先不添加"), kind="soft btn-block", on_click=ConfirmState.stop_adding),
                    ),
                    after=ConfirmState.take_person,
                ),
                class_name="stack",
            ),
            rx.el.button(
                icon("plus", 20),
                t("添加就诊人"),
                type="button",
                class_name="btn btn-soft",
                on_click=ConfirmState.start_adding,
            ),
        ),
    )


def _next_step() -> rx.Component:
    """What the chosen person still lacks, one thing at a time."""
    return rx.match(
        ConfirmState.missing[0],
        ("guardian", _guardian()),
        ("consent", _guardian_consent()),
        ("document_number", _details(t("还差一步：请补全证件"))),
        ("born_on", _details(t("还差一步：请补全出生日期和性别"))),
        ("gender", _details(t("还差一步：请补全出生日期和性别"))),
        rx.fragment(),
    )


def _details(title: rx.Var[str]) -> rx.Component:
    return card(
        rx.el.h3(title),
        complete_person_form(ConfirmState.chosen, ConfirmState.missing, after=ConfirmState.take_person),
        class_name="stack",
    )


def _guardian() -> rx.Component:
    """A child's guardian is the account's holder: known, complete and grown up."""
    return card(
        rx.el.h3(t("还差一步：登记监护人")),
        rx.el.p(t("孩子未满 14 周岁，由您作为监护人为孩子挂号。孩子的信息已保存，填完您的信息接着预约。")),
        rx.cond(
            ConfirmState.holder == "",
            add_person_form(after=ConfirmState.take_person, only_self=True),
            rx.cond(
                ConfirmState.holder_lacks.length() > 0,
                complete_person_form(ConfirmState.holder, ConfirmState.holder_lacks, after=ConfirmState.take_person),
                box("warn", rx.el.p(t("登记的本人未满 18 周岁，请由成年监护人用自己的手机号登录后为孩子挂号。"))),
            ),
        ),
        class_name="stack",
    )


def _guardian_consent() -> rx.Component:
    return card(
        rx.el.h3(t("还差一步：监护人同意")),
        rx.el.form(
            guardian_tick(),
            button(t("同意并继续"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
            on_submit=ConfirmState.agree_for_child,
            class_name="stack",
        ),
        class_name="stack",
    )


def health_consent() -> rx.Component:
    """Asked by itself, once for an account, before its first booking."""
    wording = WORDINGS[ConsentKind.HEALTH_DATA]
    return section(
        t(wording.title),
        card(
            rx.el.p(t(wording.text)),
            rx.el.a(t("隐私与数据"), href="/me/privacy", class_name="text-link"),
            button(t("我同意"), kind="primary btn-block", on_click=ConfirmState.agree, custom_attrs=WAITS),
            class_name="stack",
        ),
    )
