"""隐私与数据: what was agreed to, a copy of everything, and the way out; each told before it is done."""

import reflex as rx

from hospital_app.domain.consent import WORDINGS, ConsentKind
from pages.components.browser import WAITS, does, plain_link
from pages.components.forms import tick
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button, card, loading, pill, prove_first, section
from pages.components.sheet import sheet
from pages.components.text import t
from state.privacy import ConsentRow, PrivacyState


def _consent(row: rx.Var[ConsentRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.p(rx.el.b(row.title), pill(row.word, row.tone), class_name="cluster"),
                rx.el.p(row.when, class_name="small muted"),
                class_name="row-body",
            ),
            rx.cond(
                row.open,
                rx.el.button(
                    t("撤回"),
                    rx.el.span(" ", row.title, class_name="sr"),
                    type="button",
                    class_name="btn btn-plain",
                    custom_attrs=does("open", f"#withdraw-{row.id}"),
                ),
            ),
            class_name="row",
        ),
        sheet(
            f"withdraw-{row.id}",
            t("撤回同意？"),
            rx.el.p(t("撤回后不能再预约新的号，已有的挂号照常使用；以后可以重新同意。")),
            rx.el.div(
                button(
                    t("撤回"), kind="loss-solid", on_click=PrivacyState.withdraw(row.id), custom_attrs=does("close")
                ),
                button(t("不撤回"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )


def _consents() -> rx.Component:
    wording = WORDINGS[ConsentKind.HEALTH_DATA]
    return section(
        t("我的同意"),
        rx.cond(
            PrivacyState.agreed,
            rx.fragment(),
            card(
                rx.el.h3(t(wording.title)),
                rx.el.p(t(wording.text)),
                button(t("我同意"), kind="primary btn-block", on_click=PrivacyState.agree, custom_attrs=WAITS),
                class_name="stack",
            ),
        ),
        rx.cond(
            PrivacyState.consents.length() > 0,
            card(rx.el.ul(rx.foreach(PrivacyState.consents, _consent), class_name="rows"), class_name="card-flush"),
        ),
    )


def _copy() -> rx.Component:
    return section(
        t("导出我的数据"),
        card(
            rx.el.p(
                t("账号、就诊人、挂号、付款、同意、消息和登录记录，存成一个文件。文件里有完整的证件号码，请妥善保管。")
            ),
            rx.cond(
                PrivacyState.proved,
                plain_link(
                    icon("download", 20),
                    t("下载我的数据"),
                    href="/api/v1/account/export",
                    download="guahao-data.json",
                    class_name="btn btn-plain btn-block",
                ),
                prove_first(t("下载前需要重新登录一次，确认是您本人。"), "/me/privacy"),
            ),
            class_name="stack",
        ),
    )


def _what_happens() -> rx.Component:
    return rx.el.ul(
        rx.el.li(t("手机号、密码、登录绑定和就诊人列表立即删除，所有设备退出登录，不能恢复。")),
        rx.el.li(
            t(
                "已发生的挂号和付款记录依法保存 {years} 年，到期自动删除；没有挂号记录的就诊人立即删除。",
                years=PrivacyState.keep_years,
            )
        ),
        rx.el.li(t("同一个手机号以后可以重新注册，但看不到以前的记录。")),
        class_name="stack-s small",
    )


def _closing() -> rx.Component:
    return section(
        t("注销账号"),
        card(
            _what_happens(),
            rx.cond(
                PrivacyState.obstacles.length() > 0,
                box(
                    "warn",
                    rx.el.p(t("现在还不能注销：")),
                    rx.el.ul(rx.foreach(PrivacyState.obstacles, lambda sentence: rx.el.li(sentence))),
                    rx.el.a(t("我的挂号"), href="/appointments", class_name="text-link"),
                ),
                rx.cond(
                    PrivacyState.proved,
                    button(t("注销账号"), kind="loss btn-block", custom_attrs=does("open", "#closing")),
                    prove_first(t("注销前需要重新登录一次，确认是您本人。"), "/me/privacy"),
                ),
            ),
            class_name="stack",
        ),
        sheet(
            "closing",
            t("确定注销账号？"),
            rx.el.form(
                _what_happens(),
                tick("confirm", t("我已了解，注销后不能恢复"), required=True),
                rx.el.p(class_name="error", custom_attrs={"data-error": "confirm", "role": "alert"}),
                rx.el.div(
                    button(t("注销账号"), kind="loss-solid", type="submit"),
                    button(t("不注销"), kind="plain", custom_attrs=does("close")),
                    class_name="btn-row",
                ),
                action="/api/v1/account/closing",
                custom_attrs={"data-gh-closing": ""},
                class_name="stack",
            ),
        ),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("隐私与数据"), back="/me"),
        rx.cond(
            PrivacyState.loaded,
            rx.fragment(_consents(), _copy(), _closing()),
            loading(3, 2, 3),
        ),
        tab="me",
    )
