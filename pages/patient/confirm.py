"""确认预约: who, when, where, how much, under which rules. Everything on one page, nothing typed twice."""

import reflex as rx

from hospital_app.domain.consent import WORDINGS, ConsentKind
from pages.components.browser import WAITS
from pages.components.forms import choice, choices
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button, card, loading, section
from pages.components.person_form import add_person_form, complete_person_form, guardian_tick
from pages.components.proof import proof_told
from pages.components.text import t
from state.cards import PatientChoice
from state.confirm import Alternative, ConfirmState


def _summary() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2(ConfirmState.title),
            rx.el.a(t("改时段"), href=ConfirmState.back, class_name="text-link nowrap"),
            class_name="spread",
        ),
        rx.el.div(icon("clock"), rx.el.p(ConfirmState.when), class_name="where"),
        rx.el.div(icon("pin"), rx.el.p(ConfirmState.where), class_name="where"),
        class_name="stack-s",
    )


def _alternative(other: rx.Var[Alternative]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(other.when, class_name="row-title grow"),
            rx.el.span(other.word, class_name="pill tone-ok"),
            icon("next", 20),
            href=other.href,
            replace=True,
            class_name="row",
        )
    )


def _gone() -> rx.Component:
    return box(
        "warn",
        rx.el.h2(t("这个时段的号刚刚被约走了")),
        rx.cond(
            ConfirmState.alternatives.length() > 0,
            rx.fragment(
                rx.el.p(t("下面几个时段离它最近，就诊人已为您保留：")),
                rx.el.ul(rx.foreach(ConfirmState.alternatives, _alternative), class_name="rows"),
            ),
            rx.el.p(t("这位医生七天内暂时没有别的号了，请换一位医生看看。")),
        ),
        rx.el.a(t("看这位医生的全部时段"), href=ConfirmState.back, class_name="text-link"),
        role="alert",
    )


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


def _patients() -> rx.Component:
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


def _consent() -> rx.Component:
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


def _rules() -> rx.Component:
    return section(
        t("退号与改签规则"),
        card(rx.el.ul(rx.foreach(ConfirmState.rules, lambda rule: rx.el.li(rule)), class_name="stack-s small")),
    )


def _action() -> rx.Component:
    return rx.el.div(
        proof_told(ConfirmState.proving, round_=ConfirmState.proof_round, on_proof=ConfirmState.hold_proved),
        rx.el.div(rx.el.span(t("挂号费")), rx.el.span(ConfirmState.fee, class_name="price"), class_name="spread"),
        button(
            t("预约此号，{minutes} 分钟内付款", minutes=ConfirmState.hold_minutes),
            kind="primary btn-big btn-block",
            on_click=ConfirmState.hold,
            disabled=(ConfirmState.chosen == "")
            | (ConfirmState.missing.length() > 0)
            | ConfirmState.gone
            | ConfirmState.proving
            | ~ConfirmState.agreed,
            custom_attrs=WAITS,
        ),
        class_name="actionbar",
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("确认预约"), back=ConfirmState.back),
        rx.cond(
            ConfirmState.loaded,
            rx.fragment(
                rx.cond(ConfirmState.gone, _gone(), _summary()),
                _patients(),
                rx.cond(ConfirmState.agreed, rx.fragment(), _consent()),
                _rules(),
                _action(),
            ),
            loading(3, 3, 3),
        ),
        tab="book",
    )
