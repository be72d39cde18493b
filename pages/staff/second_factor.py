"""第二因素: bind an authenticator app, see its recovery codes once, change to another phone."""

import reflex as rx

from pages.components.browser import WAITS, PageMark, does, plain_link
from pages.components.forms import field
from pages.components.icons import icon
from pages.components.layout import skip_link
from pages.components.parts import box, button, button_link, card, loading
from pages.components.passkey_rows import passkey_factor_rows
from pages.components.text import t
from state.second_factor import SecondFactorState
from state.session import Session


def _key() -> rx.Component:
    """One step after the other, on one page: scan, or type the key; then the code that it shows."""
    return card(
        rx.el.h2(t("绑定验证器应用")),
        rx.el.ol(
            rx.el.li(t("在手机上打开任意一款验证器应用（如 Microsoft Authenticator、FreeOTP）。")),
            rx.el.li(
                rx.el.p(t("用它扫描这个二维码，或手工输入密钥：")),
                rx.el.img(
                    src=SecondFactorState.picture,
                    alt=t("绑定用的二维码，内容与下面的密钥相同"),
                    width="220",
                    height="220",
                    class_name="factor-qr",
                ),
                rx.el.p(SecondFactorState.secret, class_name="factor-key", id="factor-key"),
                button(t("复制密钥"), kind="soft", custom_attrs=does("copy", SecondFactorState.secret)),
            ),
            rx.el.li(
                rx.el.form(
                    field(
                        "code",
                        t("应用里显示的 6 位动态码"),
                        type="text",
                        input_mode="numeric",
                        auto_complete="one-time-code",
                        max_length=7,
                        required=True,
                    ),
                    button(t("确认绑定"), type="submit", kind="primary btn-block", custom_attrs=WAITS),
                    on_submit=SecondFactorState.confirm,
                    reset_on_submit=True,
                    class_name="stack",
                )
            ),
            class_name="factor-steps",
        ),
        rx.cond(
            SecondFactorState.demo,
            rx.el.p(
                icon("info", 20),
                rx.el.span(
                    t("演示环境：没有手机应用时，可把密钥填入"),
                    " ",
                    plain_link(
                        t("沙箱里的验证器"), href="/sandbox/authenticator", target="_blank", class_name="text-link"
                    ),
                ),
                class_name="door-note",
            ),
        ),
        class_name="stack",
    )


def _codes() -> rx.Component:
    return card(
        rx.el.h2(t("请保存恢复码")),
        rx.el.p(t("手机丢失或不在身边时，每个恢复码可代替动态码登录一次。只显示这一次，请打印或抄写后收好。")),
        rx.el.ul(
            rx.foreach(SecondFactorState.codes, lambda code: rx.el.li(code)),
            class_name="factor-codes",
            custom_attrs={"aria-label": t("恢复码")},
        ),
        rx.el.div(
            button(t("打印"), icon("print", 20), kind="plain", custom_attrs=does("print")),
            button(t("复制"), kind="plain", custom_attrs=does("copy", SecondFactorState.codes.join("\n"))),
            class_name="btn-row no-print",
        ),
        button_link(t("已保存，进入工作台"), "/staff", kind="primary btn-block no-print"),
        class_name="stack",
    )


def _standing() -> rx.Component:
    return card(
        box("ok", rx.el.p(t("登录受第二因素保护。")), rx.el.p(SecondFactorState.standing, class_name="muted")),
        rx.el.p(t("还有 {count} 个恢复码可用。", count=SecondFactorState.codes_left)),
        rx.el.div(
            button(t("重新生成恢复码"), kind="plain", on_click=SecondFactorState.renew_codes, custom_attrs=WAITS),
            button(t("换一部手机"), kind="plain", on_click=SecondFactorState.begin, custom_attrs=WAITS),
            class_name="btn-row",
        ),
        button_link(t("返回工作台"), "/staff", kind="primary btn-block"),
        class_name="stack",
    )


def page() -> rx.Component:
    return rx.el.div(
        skip_link(),
        PageMark.create(),
        rx.el.main(
            rx.el.div(
                icon("shield", 40),
                rx.el.div(
                    rx.el.h1(t("第二因素")),
                    rx.el.p(Session.hospital, " ", SecondFactorState.who, class_name="muted"),
                ),
                class_name="staff-door-head",
            ),
            rx.cond(
                SecondFactorState.loaded,
                rx.fragment(
                    rx.cond(
                        SecondFactorState.first,
                        box(
                            "info",
                            rx.el.p(t("登录除密码外还需要动态码。绑定后即可进入系统，以后每次登录都会用到。")),
                        ),
                    ),
                    rx.cond(
                        SecondFactorState.codes.length() > 0,
                        _codes(),
                        rx.cond(
                            SecondFactorState.secret != "",
                            _key(),
                            rx.cond(SecondFactorState.enrolled, _standing()),
                        ),
                    ),
                    passkey_factor_rows(SecondFactorState.load),
                ),
                loading(4),
            ),
            rx.el.button(
                icon("out", 20),
                t("退出登录"),
                type="button",
                class_name="btn btn-quiet no-print",
                custom_attrs=does("signout", "/staff"),
            ),
            id="main",
            tab_index=-1,
            class_name="staff-door",
        ),
    )
