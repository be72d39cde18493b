"""选择时段: one doctor's next seven days."""

import reflex as rx

from pages.components.cards import face
from pages.components.countdown import countdown
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import box, button_link, card, empty, live_badge, loading
from pages.components.text import t
from pages.components.week import legend, period_grid, week_table
from state.doctor import DoctorState


def _who() -> rx.Component:
    return card(
        face(DoctorState.mark, DoctorState.photo, DoctorState.name),
        rx.el.div(
            rx.el.p(
                rx.el.span(DoctorState.name, class_name="doctor-name"),
                rx.el.span(DoctorState.title, class_name="muted"),
                class_name="doctor-head",
            ),
            rx.el.p(DoctorState.department),
            rx.el.p(DoctorState.opening, class_name="small muted"),
            rx.el.p(DoctorState.specialty, class_name="small muted"),
            rx.cond(
                DoctorState.rating != "",
                rx.el.p(icon("star", 16), DoctorState.rating, class_name="star"),
            ),
            rx.cond(
                DoctorState.introduction != "",
                rx.el.details(
                    rx.el.summary(t("医生简介")),
                    rx.el.p(DoctorState.introduction, class_name="small pre"),
                    class_name="about-doctor",
                ),
            ),
            class_name="doctor-body",
        ),
        class_name="doctor",
    )


def _week() -> rx.Component:
    return card(
        week_table(
            DoctorState.days,
            evenings=DoctorState.evenings,
            chosen=DoctorState.chosen,
            choose=DoctorState.choose,
            caption=t("未来七天的号源：行是日期，列是时段"),
        ),
        rx.el.div(legend(), style={"marginTop": "0.75rem"}),
    )


def _opening() -> rx.Component:
    return rx.cond(
        DoctorState.opens_at != 0,
        box(
            "info",
            rx.el.p(rx.el.b(DoctorState.opening_note)),
            rx.el.p(
                t("距放号还有"),
                " ",
                countdown(now=DoctorState.server_now, until=DoctorState.opens_at),
                class_name="opening",
            ),
            rx.el.p(t("到时本页自动更新，不用刷新。"), class_name="small"),
        ),
    )


def _sold_out() -> rx.Component:
    return card(
        rx.el.p(rx.el.b(t("这一天已经约满，可以候补。"))),
        rx.el.p(t("有人退号时，号会按候补的先后直接为您锁定，并发短信通知您付款；等不到不收费。")),
        button_link(t("候补这一天"), DoctorState.waitlist_href, icon("clock", 20), kind="primary btn-block"),
        class_name="stack",
    )


def _periods() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(DoctorState.chosen_title),
            rx.el.span(DoctorState.fee, class_name="price"),
            class_name="spread",
        ),
        rx.cond(DoctorState.waitlist_href != "", _sold_out(), card(period_grid(DoctorState.periods))),
        live_badge(t("实时更新")),
        id="periods",
        class_name="section sticky-col",
        custom_attrs={"aria-live": "off"},
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("选择时段"), back="/find"),
        rx.cond(
            DoctorState.loaded,
            rx.el.div(
                rx.el.div(_who(), _opening(), _week(), class_name="col"),
                rx.el.div(
                    rx.cond(
                        DoctorState.chosen != "",
                        _periods(),
                        empty(
                            "calendar",
                            t("七天内没有可约的号。{release}，也可以换一位医生。", release=DoctorState.release_note),
                            button_link(t("看看其他医生"), "/find"),
                        ),
                    ),
                    class_name="col",
                ),
                class_name="cols",
            ),
            loading(3, 7),
        ),
        tab="book",
        wide=True,
    )
