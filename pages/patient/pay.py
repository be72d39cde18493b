"""收银台: the number is held, the clock runs by the server's time."""

import reflex as rx

from pages.components.browser import WAITS, LeaveElement, WeChatElement, does, plain_link
from pages.components.countdown import countdown
from pages.components.forms import choice, choices
from pages.components.layout import patient_page, top_bar
from pages.components.on_behalf import on_behalf
from pages.components.parts import box, button, button_link, card, loading, pairs, pill
from pages.components.person_form import insurance_form
from pages.components.refunds import refund_progress
from pages.components.sheet import sheet
from pages.components.text import t
from state.pay import PayState
from state.pay_screen import Way


def _deadline() -> rx.Component:
    return _clock(t("号已为您锁定，请在以下时间内付款"), t("超时自动释放，不扣费"))


def _kept() -> rx.Component:
    """For somebody who may have paid already."""
    return _clock(t("号还为您留着，剩余时间"), t("付过的钱不会丢：超时没挂上号，会全额原路退回"))


def _clock(above: rx.Var[str], below: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.p(above),
        rx.el.div(countdown(now=PayState.server_now, until=PayState.until), class_name="clock"),
        rx.el.p(below, class_name="small"),
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
    less = [(t("医保统筹支付"), PayState.fund), (t("医保个人账户"), PayState.account)]
    return card(
        pairs([(rx.cond(PayState.difference, t("改签补差价"), t("挂号诊查费")), PayState.fee)]),
        rx.cond(
            PayState.difference,
            rx.el.p(t("差价只能自费；要用医保付新号的全部费用，请退号后重新挂号。"), class_name="small muted"),
        ),
        rx.cond(PayState.fund != "", pairs([(name, rx.el.span("−", amount)) for name, amount in less])),
        rx.el.hr(class_name="rule"),
        rx.el.div(rx.el.b(t("还需自付")), rx.el.span(PayState.cash, class_name="price"), class_name="spread"),
        class_name="stack",
        role="status",
    )


def _insurance() -> rx.Component:
    return rx.match(
        PayState.insurance,
        ("ready", rx.cond(PayState.insured, _insured(), _may_insure())),
        ("unverified", box("info", rx.el.p(t("医保号还在核验，通过后就能用医保支付；您也可以先自费。")))),
        ("absent", _link()),
        rx.fragment(),
    )


def _may_insure() -> rx.Component:
    return rx.fragment(
        button(t("用医保支付"), kind="plain btn-block", on_click=PayState.insure, custom_attrs=WAITS),
        rx.cond(
            PayState.relative,
            rx.el.p(
                t("用的是就诊人自己的医保，请本人授权；不在身边时，可带家人的医保卡到窗口挂号，或先自费。"),
                class_name="small muted",
            ),
        ),
    )


def _insured() -> rx.Component:
    return rx.el.div(
        rx.cond(
            PayState.use_account,
            button(t("不用个人账户"), kind="soft", on_click=PayState.with_account(False), custom_attrs=WAITS),
            button(t("用个人账户余额"), kind="soft", on_click=PayState.with_account(True), custom_attrs=WAITS),
        ),
        button(t("不用医保，全部自费"), kind="soft", on_click=PayState.uninsure, custom_attrs=WAITS),
        class_name="btn-row",
    )


def _link() -> rx.Component:
    return rx.cond(
        PayState.linking,
        card(rx.el.h2(t("填写医保号")), insurance_form(PayState.person, after=PayState.linked), class_name="stack"),
        button(t("有医保？填写医保号"), kind="soft btn-block", on_click=PayState.link),
    )


def _way(way: rx.Var[Way]) -> rx.Component:
    return choice(
        "channel",
        way.code,
        rx.el.span(way.mark, class_name=f"channel-mark is-{way.code}", custom_attrs={"aria-hidden": "true"}),
        rx.el.span(
            rx.el.span(way.name, class_name="row-title"),
            rx.cond(
                way.code == "onsite", rx.el.span(t("签到前到挂号窗口付，未付按爽约处理"), class_name="small muted")
            ),
            class_name="row-body",
        ),
        checked=PayState.way == way.code,
        on_change=PayState.choose(way.code),
    )


def _ways() -> rx.Component:
    return choices(t("付款方式"), rx.foreach(PayState.ways, _way))


def _pay() -> rx.Component:
    """On a phone its own cashier; at a large screen a code, since the money is on the phone."""
    label = t("{channel} {fee}", channel=PayState.way_name, fee=PayState.cash)
    by_code = t("{channel}扫码 {fee}", channel=PayState.way_name, fee=PayState.cash)
    big = "primary btn-big btn-block"
    return rx.el.div(
        rx.cond(
            PayState.nothing_left,
            button(t("确认，全部由医保支付"), kind=big, on_click=PayState.agree, custom_attrs=WAITS),
            rx.cond(
                PayState.way == "onsite",
                rx.cond(
                    PayState.insured,
                    button(
                        t("已收现金 {fee}，医保结算", fee=PayState.cash),
                        kind=big,
                        on_click=PayState.take_cash,
                        custom_attrs=WAITS,
                    ),
                    button(
                        t("先挂号，到院付 {fee}", fee=PayState.cash),
                        kind=big,
                        on_click=PayState.promise,
                        custom_attrs=WAITS,
                    ),
                ),
                rx.fragment(
                    button(label, kind=f"{big} on-narrow", on_click=PayState.pay, custom_attrs=WAITS),
                    button(by_code, kind=f"{big} on-wide", on_click=PayState.scan, custom_attrs=WAITS),
                ),
            ),
        ),
        class_name="actionbar",
    )


def _open() -> rx.Component:
    return rx.fragment(
        _deadline(),
        rx.cond(
            PayState.failed,
            box(
                "warn",
                rx.cond(
                    PayState.uninsured,
                    rx.cond(
                        PayState.unpaid,
                        rx.el.p(t("医保没有结成，没有产生费用。号还为您保留，可以再试一次，或全部自费。")),
                        rx.el.p(
                            t(
                                "医保没有结成，您付的钱全额原路退回，进度见下方。号还为您保留，可以再试一次，或全部自费。"
                            )
                        ),
                    ),
                    rx.el.p(t("上次付款没有成功，没有扣费或会原路退回。号还为您保留，可以再付一次，或换一种方式。")),
                ),
                role="status",
            ),
        ),
        rx.cond(PayState.unauthorised != "", box("warn", rx.el.p(PayState.unauthorised), role="status")),
        _summary(),
        on_behalf(),
        _fee(),
        _insurance(),
        rx.cond(PayState.nothing_left, rx.fragment(), _ways()),
        rx.cond(PayState.failed, refund_progress(PayState.refunds)),
        rx.el.ul(rx.foreach(PayState.rules, lambda rule: rx.el.li(rule)), class_name="stack-s small muted"),
        _give_up(),
        _pay(),
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


def _asking() -> rx.Component:
    """What helps when the payer has paid and nothing happens, or wants to pay otherwise."""
    return rx.el.div(
        button(t("我已付款，查询结果"), kind="primary btn-block", on_click=PayState.check, custom_attrs=WAITS),
        button(t("换一种付款方式"), kind="plain btn-block", on_click=PayState.another),
        class_name="stack-s",
    )


def _scan() -> rx.Component:
    return rx.fragment(
        _deadline(),
        card(
            rx.el.h2(t("请用{channel}扫码", channel=PayState.way_name)),
            rx.el.p(PayState.cash, class_name="price"),
            rx.el.img(
                src=PayState.code,
                alt=t("{channel}付款码", channel=PayState.way_name),
                width="232",
                height="232",
            ),
            rx.el.p(t("付款成功后这里会自动显示挂号单，不用刷新。"), class_name="muted"),
            rx.cond(
                PayState.code_link != "",
                plain_link(t("就在这台设备上付款"), href=PayState.code_link, class_name="text-link"),
            ),
            class_name="qr",
        ),
        _asking(),
        _summary(),
        on_behalf(),
        _give_up(),
    )


def _checking() -> rx.Component:
    return rx.fragment(
        box(
            "info",
            rx.el.h2(t("正在确认支付结果")),
            rx.el.p(t("一般几秒钟就好，请不要重复付款。付款成功后这里会自动显示挂号单。")),
            role="status",
        ),
        _kept(),
        _summary(),
        on_behalf(),
        _asking(),
        button(t("还没付，继续付款"), kind="plain btn-block", on_click=PayState.pay, custom_attrs=WAITS),
        _give_up(),
    )


def _settling() -> rx.Component:
    return rx.fragment(
        box(
            "info",
            rx.cond(PayState.unpaid, rx.el.h2(t("正在医保结算")), rx.el.h2(t("已付款，正在医保结算"))),
            rx.cond(
                PayState.unpaid,
                rx.el.p(
                    t(
                        "一般一分钟内完成，完成后这里会自动显示挂号单，您不用付款。"
                        "万一医保没有结成，不产生费用，号还为您保留。"
                    )
                ),
                rx.el.p(
                    t(
                        "一般一分钟内完成，完成后这里会自动显示挂号单，不用再付款。"
                        "万一医保没有结成，您付的钱会自动全额原路退回。"
                    )
                ),
            ),
            role="status",
        ),
        _summary(),
        button(t("查询结果"), kind="plain btn-block", on_click=PayState.check, custom_attrs=WAITS),
    )


def _returned() -> rx.Component:
    return rx.fragment(
        box(
            "info",
            rx.el.h2(t("没有挂上号，钱会全额退回")),
            rx.cond(
                PayState.uninsured,
                rx.el.p(t("医保没有结成。不用您操作，您付的钱按原路退回，进度见下方。")),
                rx.el.p(t("付款到账时号已经释放。不用您操作，钱按原路退回，进度见下方。")),
            ),
            role="status",
        ),
        refund_progress(PayState.refunds),
        _ways_on(),
    )


def _ways_on() -> rx.Component:
    return rx.el.div(
        button_link(t("重新选择时段"), PayState.again),
        button_link(t("我的挂号"), "/appointments", kind="plain"),
        class_name="btn-row",
    )


def _over() -> rx.Component:
    return rx.fragment(
        box(
            "info",
            rx.el.h2(t("付款时间已过，号已释放")),
            rx.el.p(t("没有付款就没有扣费，可以重新选择时段。如果您刚刚付过：号还空着就为您留下，不然全额原路退回。")),
            role="status",
        ),
        button_link(t("重新选择时段"), PayState.again, kind="primary btn-block"),
        button(t("我已付款，查询结果"), kind="plain btn-block", on_click=PayState.check, custom_attrs=WAITS),
        button_link(t("我的挂号"), "/appointments", kind="soft btn-block"),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("确认并支付"), back="/appointments"),
        LeaveElement.create(custom_attrs={"to": PayState.cashier}),
        WeChatElement.create(custom_attrs={"order": PayState.order}),
        rx.el.button(
            type="button",
            hidden=True,
            on_click=PayState.outside,
            custom_attrs={"data-gh-no-bridge": "", "tabIndex": -1},
        ),
        rx.el.button(
            type="button", hidden=True, on_click=PayState.left, custom_attrs={"data-gh-gone": "", "tabIndex": -1}
        ),
        rx.cond(
            PayState.loaded,
            rx.match(
                PayState.phase,
                ("pending", _open()),
                ("scan", _scan()),
                ("checking", _checking()),
                ("settling", _settling()),
                ("returned", _returned()),
                _over(),
            ),
            loading(2, 4, 3),
        ),
        tab="book",
    )
