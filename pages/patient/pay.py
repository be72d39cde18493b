"""收银台: the number is held, the clock runs by the server's time."""

import reflex as rx

from pages.components.browser import WAITS, LeaveElement, does
from pages.components.countdown import countdown
from pages.components.forms import choice, choices
from pages.components.layout import patient_page, top_bar
from pages.components.on_behalf import on_behalf
from pages.components.parts import box, button, button_link, card, empty, loading, pairs, pill
from pages.components.sheet import sheet
from pages.components.text import t
from state.pay import PayState


def _deadline() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("号已为您锁定，请在以下时间内付款")),
        rx.el.div(countdown(now=PayState.server_now, until=PayState.until), class_name="clock"),
        rx.el.p(t("超时自动释放，不扣费"), class_name="small"),
        rx.el.button(
            type="button", hidden=True, on_click=PayState.refresh, custom_attrs={"data-gh-over": "", "tabIndex": -1}
        ),
        class_name="deadline",
    )


def _summary() -> rx.Component:
    return card(
        rx.el.div(rx.el.h2(PayState.title), pill(PayState.seq, "brand"), class_name="spread"),
        rx.el.p(PayState.when),
        rx.el.p(PayState.where, class_name="muted"),
        rx.el.p(PayState.patient, class_name="muted"),
        class_name="stack-s",
    )


def _fee() -> rx.Component:
    return card(
        pairs([(rx.cond(PayState.difference, t("改签补差价"), t("挂号诊查费")), PayState.fee)]),
        rx.el.hr(class_name="rule"),
        rx.el.div(rx.el.b(t("还需自付")), rx.el.span(PayState.fee, class_name="price"), class_name="spread"),
        class_name="stack",
    )


def _channels() -> rx.Component:
    return choices(
        t("付款方式"),
        choice(
            "channel",
            "wechat",
            rx.el.span(t("微"), class_name="channel-mark", custom_attrs={"aria-hidden": "true"}),
            rx.el.span(t("微信支付"), class_name="row-title"),
            default_checked=True,
        ),
    )


def _open() -> rx.Component:
    return rx.fragment(
        _deadline(),
        _summary(),
        on_behalf(),
        _fee(),
        _channels(),
        rx.el.ul(rx.foreach(PayState.rules, lambda rule: rx.el.li(rule)), class_name="stack-s small muted"),
        _give_up(),
        rx.el.div(
            button(
                t("微信支付 {fee}", fee=PayState.fee),
                kind="primary btn-big btn-block",
                on_click=PayState.pay,
                custom_attrs=WAITS,
            ),
            class_name="actionbar",
        ),
    )


def _give_up() -> rx.Component:
    return rx.fragment(
        button(t("不要这个号了"), kind="soft btn-block", custom_attrs=does("open", "#give-up")),
        sheet(
            "give-up",
            t("放弃这个号？"),
            rx.el.p(t("号会马上还给其他患者。还没付款，不产生费用。")),
            rx.el.div(
                button(t("放弃这个号"), kind="loss-solid", on_click=PayState.give_up, custom_attrs=does("close")),
                button(t("留着，继续付款"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )


def _checking() -> rx.Component:
    return rx.fragment(
        box(
            "info",
            rx.el.h2(t("正在确认支付结果")),
            rx.el.p(t("一般几秒钟就好，请不要重复付款。付款成功后这里会自动显示挂号单。")),
            role="status",
        ),
        _deadline(),
        _summary(),
        on_behalf(),
        rx.el.div(
            button(t("继续付款"), kind="plain", on_click=PayState.pay, custom_attrs=WAITS),
            button(t("我已付款，查询结果"), on_click=PayState.check, custom_attrs=WAITS),
            class_name="btn-row",
        ),
        _give_up(),
    )


def _over() -> rx.Component:
    return empty(
        "clock",
        t("付款时间已过，号已自动释放，没有扣费。若刚刚已付款，钱会原路退回，或为您保留号源。"),
        button_link(t("重新选择时段"), PayState.again),
        button_link(t("我的挂号"), "/appointments", kind="plain"),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("确认并支付"), back="/appointments"),
        LeaveElement.create(custom_attrs={"to": PayState.cashier}),
        rx.cond(
            PayState.loaded,
            rx.match(PayState.phase, ("pending", _open()), ("checking", _checking()), _over()),
            loading(2, 4, 3),
        ),
        tab="book",
    )
