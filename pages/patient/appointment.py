"""一张挂号单: its state, and what can be done with it now."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field
from pages.components.layout import patient_page, top_bar
from pages.components.on_behalf import on_behalf
from pages.components.parts import box, button, button_link, card, loading, pairs, pill, section
from pages.components.proof import proof_told
from pages.components.refunds import refund_progress
from pages.components.text import t
from pages.components.week import legend, period_choice, week_table
from state.appointment import AppointmentState
from state.cards import Fact
from state.displaced import DisplacedState, OfferRow


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.fragment(rx.el.dt(fact.name), rx.el.dd(fact.value))


def _summary() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2(AppointmentState.title),
            pill(AppointmentState.status, AppointmentState.tone),
            class_name="spread",
        ),
        rx.cond(AppointmentState.status_note != "", rx.el.p(AppointmentState.status_note, class_name="muted")),
        rx.el.hr(class_name="rule"),
        rx.el.dl(rx.foreach(AppointmentState.facts, _fact), class_name="pairs"),
        class_name="stack",
    )


def _next_steps() -> rx.Component:
    number = AppointmentState.number
    return rx.el.div(
        rx.cond(AppointmentState.can_pay, button_link(t("去付款"), f"/pay/{number}")),
        rx.cond(AppointmentState.waiting, button_link(t("看候诊进度"), "/queue")),
        rx.cond(AppointmentState.has_slip, button_link(t("出示挂号单"), f"/slip/{number}", kind="plain")),
        rx.cond(
            AppointmentState.can_reschedule & (AppointmentState.doing != "reschedule"),
            button(t("改签"), kind="plain", on_click=AppointmentState.ask_reschedule),
        ),
        rx.cond(
            AppointmentState.can_cancel & (AppointmentState.doing != "cancel"),
            button(t("退号"), kind="loss", on_click=AppointmentState.ask_cancel),
        ),
        class_name="btn-row",
    )


def _offer(offer: rx.Var[OfferRow]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.span(offer.who, class_name="row-title"),
                rx.el.span(offer.when, class_name="block"),
                rx.el.span(offer.note, class_name="small muted"),
                class_name="row-body",
            ),
            rx.el.span(t("改到这里"), class_name="btn btn-soft", custom_attrs={"aria-hidden": "true"}),
            type="button",
            on_click=DisplacedState.move(offer.key),
            class_name="row offer",
            custom_attrs=WAITS,
        ),
        key=offer.key,
    )


def _displaced() -> rx.Component:
    return section(
        t("门诊停诊，请选择"),
        box(
            "loss",
            rx.el.p(t("很抱歉，这次门诊停诊了。您可以改到同级或更高级别的医生，不加价；也可以全额退款。")),
            rx.cond(
                DisplacedState.until != "",
                rx.el.p(t("请在 {until} 前选择，到时会自动全额退款。", until=DisplacedState.until)),
            ),
        ),
        rx.cond(
            DisplacedState.offers.length() > 0,
            card(rx.el.ul(rx.foreach(DisplacedState.offers, _offer), class_name="rows"), class_name="card-flush"),
            card(
                rx.el.p(t("现在没有同级医生的空号。您可以稍后再看；7 天内候补这位医生或这个科室，您排在前面。")),
                button(t("再看一次"), kind="plain", on_click=DisplacedState.load, custom_attrs=WAITS),
                class_name="stack",
            ),
        ),
        button(
            t("全额退款"),
            kind="loss btn-block",
            on_click=DisplacedState.refund,
            custom_attrs=WAITS,
        ),
        id="displaced",
    )


def _due() -> rx.Component:
    return rx.cond(
        AppointmentState.due != "",
        box(
            "warn",
            rx.el.p(t("到院付：签到前请先到挂号窗口付 {amount}。", amount=AppointmentState.due)),
            rx.cond(
                AppointmentState.at_the_window,
                button(
                    t("已收现金 {amount}", amount=AppointmentState.due),
                    on_click=AppointmentState.collect,
                    custom_attrs=WAITS,
                ),
            ),
        ),
    )


def _check_in() -> rx.Component:
    return section(
        t("签到"),
        card(
            rx.el.form(
                rx.el.p(t("到了候诊区再签到。可以在自助机上扫挂号单，也可以输入候诊区屏幕上的签到码。")),
                field(
                    "area_code",
                    t("候诊区签到码"),
                    error=AppointmentState.area_code_error,
                    type="text",
                    input_mode="numeric",
                    max_length=12,
                    auto_complete="off",
                    required=True,
                ),
                button(
                    t("签到"),
                    kind="primary btn-block",
                    type="submit",
                    custom_attrs=WAITS,
                ),
                on_submit=AppointmentState.check_in,
                no_validate=True,
                class_name="stack",
            )
        ),
    )


def _cancel() -> rx.Component:
    return section(
        t("确认退号"),
        card(
            pairs([(t("退号手续费"), AppointmentState.quote_fee), (t("退回金额"), AppointmentState.quote_refund)]),
            rx.el.p(AppointmentState.quote_note, class_name="small muted"),
            rx.el.p(t("钱会原路退回。退号后号源立即还给其他患者，不能撤销。"), class_name="small muted"),
            rx.el.div(
                button(
                    t("确认退号"),
                    kind="loss-solid",
                    on_click=AppointmentState.cancel,
                    custom_attrs=WAITS,
                ),
                button(t("不退了"), kind="plain", on_click=AppointmentState.leave_it),
                class_name="btn-row",
            ),
            class_name="stack",
        ),
        id="cancel",
    )


def _reschedule() -> rx.Component:
    return section(
        t("改签到哪个时段"),
        rx.el.p(t("改签成功前，原来的号一直为您保留。"), class_name="muted"),
        card(
            week_table(
                AppointmentState.days,
                evenings=AppointmentState.evenings,
                chosen=AppointmentState.chosen,
                choose=AppointmentState.choose,
                caption=t("未来七天的号源：行是日期，列是时段"),
            ),
            rx.el.div(legend(), style={"marginTop": "0.75rem"}),
        ),
        rx.el.div(
            rx.cond(
                AppointmentState.chosen != "",
                section(
                    AppointmentState.chosen_title,
                    card(
                        period_choice(
                            AppointmentState.periods, picked=AppointmentState.picked, pick=AppointmentState.pick
                        )
                    ),
                ),
            ),
            id="periods",
        ),
        rx.cond(
            AppointmentState.picked != "",
            box("info", rx.el.p(AppointmentState.picked_title), role="status"),
        ),
        proof_told(
            AppointmentState.proving,
            round_=AppointmentState.proof_round,
            on_proof=AppointmentState.reschedule_proved,
        ),
        rx.el.div(
            button(
                t("确认改签"),
                on_click=AppointmentState.reschedule,
                disabled=(AppointmentState.picked == "") | AppointmentState.proving,
                custom_attrs=WAITS,
            ),
            button(t("不改了"), kind="plain", on_click=AppointmentState.leave_it),
            class_name="btn-row",
        ),
        id="reschedule",
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("挂号详情"), back="/appointments"),
        rx.cond(
            AppointmentState.loaded,
            rx.fragment(
                _summary(),
                on_behalf(),
                _due(),
                _next_steps(),
                refund_progress(AppointmentState.refunds),
                rx.match(
                    AppointmentState.doing,
                    ("cancel", _cancel()),
                    ("reschedule", _reschedule()),
                    rx.cond(
                        AppointmentState.displaced,
                        _displaced(),
                        rx.cond(AppointmentState.can_check_in & (AppointmentState.due == ""), _check_in()),
                    ),
                ),
            ),
            loading(6, 2),
        ),
        tab="me",
    )
