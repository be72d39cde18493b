"""自助签到: scan the slip or type its eight digits; one answer, then the next patient."""

import reflex as rx

from pages.components.icons import icon
from pages.components.layout import skip_link
from pages.components.staff_browser import ReturnBy, staff_script
from pages.components.text import t
from state.kiosk import KioskState
from state.session import Session

_PAD = ("1", "2", "3", "4", "5", "6", "7", "8", "9")


def _digit(digit: str) -> rx.Component:
    return rx.el.button(digit, type="button", class_name="pad-key", custom_attrs={"data-gh-digit": digit})


def _start() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon("scan", 96),
            rx.el.h1(t("扫码签到")),
            rx.el.p(t("请把挂号单的二维码对准扫描口"), class_name="kiosk-lead"),
            rx.el.p(t("扫不出来？输入二维码下面的 8 位数字"), class_name="kiosk-hint", id="shown-hint"),
            class_name="kiosk-say",
        ),
        rx.el.form(
            rx.el.label(t("挂号单号码"), html_for="shown", class_name="sr"),
            rx.el.input(
                id="shown",
                name="shown",
                input_mode="none",
                auto_complete="off",
                auto_focus=True,
                max_length=200,
                placeholder="________",
                class_name="kiosk-input",
                custom_attrs={"data-gh-scan": "", "aria-describedby": "shown-hint"},
            ),
            rx.el.div(
                *[_digit(digit) for digit in _PAD],
                rx.el.button(
                    t("清空"), type="button", class_name="pad-key pad-word", custom_attrs={"data-gh-digit": "clear"}
                ),
                _digit("0"),
                rx.el.button(
                    t("退格"), type="button", class_name="pad-key pad-word", custom_attrs={"data-gh-digit": "back"}
                ),
                class_name="pad",
                role="group",
                custom_attrs={"aria-label": t("数字键盘")},
            ),
            rx.el.button(t("签到"), type="submit", class_name="btn btn-primary kiosk-button"),
            on_submit=KioskState.present,
            class_name="kiosk-form",
        ),
        class_name="kiosk-two",
    )


def _again(seconds: int) -> rx.Component:
    return ReturnBy.create(
        rx.el.button(t("完成"), type="button", on_click=KioskState.again, class_name="btn btn-primary kiosk-button"),
        rx.el.p(class_name="kiosk-hint", custom_attrs={"data-left": "", "aria-hidden": "true"}),
        class_name="kiosk-return",
        custom_attrs={"seconds": f"{seconds}"},
        key=KioskState.tries.to_string(),
    )


def _done() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(icon("check", 48), rx.el.h1(t("签到成功")), class_name="kiosk-ok"),
            rx.el.p(t("您的候诊号"), class_name="kiosk-hint"),
            rx.el.p(KioskState.ticket_no, class_name="kiosk-number"),
            rx.el.p(KioskState.doctor, class_name="kiosk-lead"),
            role="alert",
            class_name="kiosk-answer",
        ),
        rx.el.dl(
            rx.el.div(rx.el.dt(t("去哪里")), rx.el.dd(KioskState.place, " ", rx.el.b(KioskState.room))),
            rx.el.div(rx.el.dt(t("排在第几")), rx.el.dd(rx.el.b(KioskState.ahead))),
            rx.el.div(rx.el.dt(t("要等多久")), rx.el.dd(KioskState.eta)),
            class_name="kiosk-facts",
        ),
        _again(10),
        class_name="kiosk-one",
    )


def _refused() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(icon("warning", 48), rx.el.h1(t("没有签到成功")), class_name="kiosk-no"),
            rx.el.p(KioskState.problem, class_name="kiosk-lead"),
            role="alert",
            class_name="kiosk-answer",
        ),
        _again(12),
        class_name="kiosk-one",
    )


def page() -> rx.Component:
    return rx.el.div(
        skip_link(),
        rx.el.header(
            rx.el.b(Session.hospital),
            rx.el.span(t("需要帮助请按服务铃，或到服务台")),
            class_name="kiosk-head",
        ),
        rx.el.main(
            rx.match(
                KioskState.phase,
                ("done", _done()),
                ("refused", _refused()),
                _start(),
            ),
            id="main",
            tab_index=-1,
            class_name="kiosk-main",
        ),
        staff_script(),
        class_name="kiosk",
    )
