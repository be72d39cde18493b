"""转诊: the patient's document, a department, a half hour that is kept for referrals; the number is held at once."""

import reflex as rx

from pages.components import menus
from pages.components.browser import WAITS, does
from pages.components.clinics import clinic_cards
from pages.components.forms import field, pick_field
from pages.components.parts import box, button, card, empty, loading, pill, section
from pages.components.staff import staff_page, work_head
from pages.components.text import t
from state.referrals import Chip, ReferralsState
from state.sent_rows import SentRow
from state.session import Session


def _who() -> rx.Component:
    return section(
        t("转诊谁"),
        rx.cond(
            ReferralsState.person != "",
            card(
                rx.el.div(
                    rx.el.div(
                        rx.el.span(ReferralsState.person_name, class_name="counter-name"),
                        rx.el.span(ReferralsState.person_facts, class_name="small muted"),
                        class_name="row-body",
                    ),
                    button(t("换人"), kind="plain", on_click=ReferralsState.next_person),
                    class_name="counter-person",
                )
            ),
            card(
                rx.el.form(
                    field(
                        "number",
                        t("患者证件号码"),
                        hint=t("患者须在本院登记过"),
                        required=True,
                        max_length=40,
                        auto_complete="off",
                    ),
                    button(t("查找"), type="submit"),
                    on_submit=ReferralsState.find,
                    class_name="stack",
                )
            ),
        ),
    )


def _chip(chip: rx.Var[Chip]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.b(chip.time),
            rx.el.span(chip.word),
            type="button",
            class_name="slot is-free",
            disabled=ReferralsState.person == "",
            on_click=ReferralsState.pick(chip.key),
            custom_attrs={"aria-pressed": chip.key == ReferralsState.chosen},
        ),
        key=chip.key,
    )


def _where() -> rx.Component:
    return section(
        t("转到哪里"),
        card(
            pick_field(
                "department",
                t("科室"),
                ReferralsState.departments,
                none=t("请选择科室"),
                value=ReferralsState.department,
                on_change=ReferralsState.look,
            )
        ),
        rx.cond(
            ReferralsState.clinics.length() > 0,
            clinic_cards(ReferralsState.clinics, _chip),
            rx.cond(
                ReferralsState.looked,
                empty("calendar", t("这个科室近两周没有空的转诊号。请选择其他科室，或请患者自行预约、候补。")),
                empty("calendar", t("先选科室，这里列出近两周留给转诊的号，未放号的也可以用。")),
            ),
        ),
    )


def _confirm() -> rx.Component:
    return rx.cond(
        ReferralsState.chosen != "",
        card(
            rx.el.div(
                rx.el.span(t("为 {name} 转诊", name=ReferralsState.person_name), class_name="row-title"),
                rx.el.span(ReferralsState.bill),
                class_name="row-body",
            ),
            button(
                t("确认转诊"),
                on_click=ReferralsState.refer(ReferralsState.chosen),
                custom_attrs={**WAITS, **does("scroll", "#referred")},
            ),
            button(t("取消"), kind="plain", on_click=ReferralsState.unpick),
            class_name="counter-pay",
            custom_attrs={"role": "group", "aria-label": t("确认转诊")},
        ),
    )


def _done() -> rx.Component:
    return rx.el.div(
        rx.cond(
            ReferralsState.given != "",
            box(
                "ok",
                rx.el.p(ReferralsState.given, class_name="counter-given"),
                rx.el.p(ReferralsState.bill),
                rx.el.p(ReferralsState.told, class_name="small"),
                button(t("下一位"), kind="plain", on_click=ReferralsState.next_person),
            ),
        ),
        role="status",
        id="referred",
    )


def _sent_row(row: rx.Var[SentRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.b(row.patient), pill(row.word, row.tone), class_name="cluster"),
            rx.el.p(row.where),
            rx.el.p(row.when, class_name="small"),
            rx.el.p(row.note, class_name="small muted"),
            class_name="row-body",
        ),
        class_name="row",
        key=row.key,
    )


def _sent() -> rx.Component:
    return section(
        t("我转诊的患者"),
        rx.cond(
            ReferralsState.sent.length() > 0,
            rx.fragment(
                rx.el.p(t("近 90 天"), " · ", ReferralsState.sent_note, class_name="small muted", role="status"),
                card(rx.el.ul(rx.foreach(ReferralsState.sent, _sent_row), class_name="rows"), class_name="card-flush"),
            ),
            empty("people", t("近 90 天还没有转诊过患者。转诊后在这里看到是否取号。")),
        ),
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("转诊"), note=t("用留给转诊的号，为患者约其他医生；号会锁定，患者收到通知后支付")),
        rx.cond(
            ReferralsState.loaded,
            rx.fragment(
                rx.el.div(rx.el.div(_who(), _done(), class_name="stack"), _where(), class_name="counter"),
                _confirm(),
                _sent(),
            ),
            loading(3, 3),
        ),
        menu=menus.DOCTOR,
        current="/doctor/referrals",
        hospital=Session.hospital,
        who=ReferralsState.who,
    )
