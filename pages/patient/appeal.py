"""冻结与申诉: the reason, the end, the appeal, the answer."""

import reflex as rx

from pages.components.browser import WAITS, plain_link
from pages.components.forms import text_area
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button, card, empty, loading, pairs, section
from pages.components.text import t
from state.appeal import LONGEST, AppealState
from state.session import Session


def _what() -> rx.Component:
    return rx.fragment(
        rx.cond(
            AppealState.active,
            box("warn", rx.el.p(rx.el.b(t("账号已冻结到 {until}，暂时不能预约", until=AppealState.until)))),
            box("ok", rx.el.p(rx.el.b(t("冻结已于 {until} 结束，可以继续预约", until=AppealState.until)))),
        ),
        card(
            pairs(
                [
                    (t("原因"), AppealState.reason),
                    (t("冻结时间"), AppealState.frozen_at),
                ]
            ),
            rx.el.p(t("已有的挂号仍可查看、退号和签到。"), class_name="small muted"),
            class_name="stack",
        ),
    )


def _form() -> rx.Component:
    return section(
        t("申诉"),
        card(
            rx.el.form(
                text_area(
                    "text",
                    t("为什么应当解除冻结"),
                    hint=t("每次冻结可申诉一次，最多 500 字，医院会答复"),
                    error=AppealState.error,
                    rows=5,
                    max_length=LONGEST,
                    required=True,
                ),
                button(t("提交申诉"), kind="primary btn-block", type="submit", custom_attrs=WAITS),
                on_submit=AppealState.send,
                no_validate=True,
                class_name="stack",
            )
        ),
    )


def _said() -> rx.Component:
    return section(
        t("我的申诉"),
        card(
            rx.el.p(AppealState.appeal, class_name="as-written"),
            rx.el.p(AppealState.appealed_at, class_name="small muted"),
            class_name="stack-s",
        ),
    )


def _answer() -> rx.Component:
    return section(
        t("医院的答复"),
        card(
            rx.cond(
                AppealState.answer != "",
                rx.el.p(AppealState.answer, class_name="as-written"),
                rx.el.p(t("还没有答复，有答复会发短信告诉您。"), class_name="muted"),
            ),
            rx.cond(AppealState.outcome != "", rx.el.p(AppealState.outcome, class_name="small muted")),
            class_name="stack-s",
        ),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("冻结与申诉"), back="/me"),
        rx.cond(
            AppealState.loaded,
            rx.cond(
                AppealState.known,
                rx.fragment(
                    _what(),
                    rx.cond(AppealState.may_appeal, _form()),
                    rx.cond(AppealState.appeal != "", _said()),
                    rx.cond((AppealState.appeal != "") | (AppealState.answer != ""), _answer()),
                ),
                empty(
                    "check", t("您的账号没有被冻结。"), rx.el.a(t("去挂号"), href="/find", class_name="btn btn-primary")
                ),
            ),
            loading(2, 3),
        ),
        plain_link(
            icon("phone", 20),
            t("打电话问医院 {phone}", phone=Session.phone),
            href=f"tel:{Session.phone}",
            class_name="btn btn-soft btn-block",
        ),
        tab="me",
    )
