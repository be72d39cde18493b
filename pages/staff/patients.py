"""患者资料: find one person by what they hold in their hand; look at the rest for a reason, for a minute, on record."""

from collections.abc import Sequence

import reflex as rx

from pages.components import menus
from pages.components.browser import WAITS
from pages.components.forms import field, select_field
from pages.components.parts import Text, box, button, button_link, card, empty, loading, pairs
from pages.components.staff import MenuItem, staff_page, work_head
from pages.components.staff_browser import staff_script
from pages.components.text import t
from state.session import Session
from state.staff_patients import FoundPerson, StaffPatientsState

SECONDS_SHOWN = 60


def _search() -> rx.Component:
    return card(
        rx.el.form(
            select_field(
                "kind",
                t("按什么查找"),
                [
                    ("appointment_no", t("挂号单号")),
                    ("document_number", t("证件号码")),
                    ("phone", t("手机号")),
                ],
            ),
            field(
                "number",
                t("号码"),
                hint=t("须与挂号单或证件完全一致"),
                error=StaffPatientsState.number_error,
                type="text",
                max_length=40,
                auto_complete="off",
            ),
            button(t("查找"), type="submit", custom_attrs=WAITS),
            on_submit=StaffPatientsState.find,
            no_validate=True,
            class_name="stack",
        )
    )


def _full(label: Text, name: str) -> tuple[Text, rx.Component]:
    return label, rx.el.span(custom_attrs={"data-show": name})


def _person(person: rx.Var[FoundPerson]) -> rx.Component:
    return rx.el.li(
        card(
            rx.el.h2(person.name),
            rx.cond(person.appointment != "", button_link(t("打开挂号单，代办"), person.appointment, kind="plain")),
            pairs(
                [
                    (t("性别与出生日期"), rx.el.span(person.facts)),
                    (t("证件号码"), rx.el.span(person.document)),
                    (t("手机号"), rx.el.span(person.phones)),
                ]
            ),
            rx.el.form(
                select_field(
                    f"reason-{person.id}",
                    t("查看原因"),
                    [
                        ("identity", t("核对身份")),
                        ("contact", t("联系患者")),
                        ("correction", t("更正资料")),
                        ("insurance", t("医保或退费核对")),
                        ("emergency", t("急救")),
                        ("complaint", t("处理投诉")),
                        ("other", t("其他")),
                    ],
                    name="reason",
                ),
                field(
                    f"note-{person.id}",
                    t("具体说明"),
                    hint=t("至少 4 个字，不要写证件号或手机号；会记入审计"),
                    type="text",
                    max_length=200,
                    auto_complete="off",
                    name="note",
                ),
                rx.el.p(class_name="error", custom_attrs={"data-error": "note", "role": "alert"}),
                button(t("查看完整信息"), kind="plain", type="submit"),
                custom_attrs={"data-gh-unmask": person.unmask, "data-seconds": str(SECONDS_SHOWN)},
                class_name="stack",
            ),
            rx.el.div(
                box(
                    "warn",
                    rx.el.p(t("完整信息，{seconds} 秒后自动收起", seconds=SECONDS_SHOWN)),
                    pairs(
                        [
                            _full(t("姓名"), "name"),
                            _full(t("证件号码"), "document_number"),
                            _full(t("出生日期"), "born_on"),
                            _full(t("医保号"), "insurance_number"),
                            _full(t("统筹区"), "insurance_region"),
                            _full(t("手机号"), "phones"),
                            _full(t("今天还可查看"), "left"),
                        ]
                    ),
                ),
                hidden=True,
                custom_attrs={"data-unmasked": "", "role": "status"},
            ),
            class_name="stack",
        ),
        key=person.id,
    )


def _results() -> rx.Component:
    return rx.cond(
        StaffPatientsState.found.length() > 0,
        rx.el.ul(rx.foreach(StaffPatientsState.found, _person), class_name="stack"),
        rx.cond(
            StaffPatientsState.searched,
            empty("search", t("没有找到，请核对号码后再试；手机号须是患者登录用的号码。")),
        ),
    )


def page() -> rx.Component:
    return rx.cond(
        StaffPatientsState.admin,
        _page(menus.HOSPITAL),
        _page(menus.CLERK),
    )


def _page(menu: Sequence[MenuItem]) -> rx.Component:
    return staff_page(
        staff_script(),
        work_head(t("患者资料"), note=t("默认遮挡；查看完整信息须写明原因，每次都会记入审计。")),
        rx.cond(
            StaffPatientsState.loaded,
            rx.el.div(_search(), _results(), class_name="stack", style={"maxWidth": "44rem"}),
            loading(3),
        ),
        menu=menu,
        current="/staff/patients",
        hospital=Session.hospital,
        who=StaffPatientsState.who,
    )
