"""首页。"""

import reflex as rx

from pages.components.browser import does
from pages.components.cards import department_tile, doctor_card, visit_card
from pages.components.frozen import frozen_banner
from pages.components.icons import icon
from pages.components.layout import patient_page
from pages.components.parts import bones, card, section, section_with_link
from pages.components.text import t
from pages.components.waits import offer_card
from state.find import FindState
from state.home import HomeState
from state.session import Session


def _hero() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.div(rx.el.h1(Session.hospital), rx.el.p(HomeState.greeting)),
            rx.el.button(
                t("大字版"),
                type="button",
                class_name="hero-btn",
                custom_attrs={**does("size"), "aria-pressed": "false"},
            ),
            rx.el.a(
                icon("bell"),
                rx.cond(
                    HomeState.unread > 0,
                    rx.el.span(HomeState.unread, class_name="count", custom_attrs={"aria-hidden": "true"}),
                ),
                href="/messages",
                class_name="icon-btn hero-bell",
                custom_attrs={
                    "aria-label": rx.cond(
                        HomeState.unread > 0, t("消息，{count} 条未读", count=HomeState.unread), t("消息")
                    )
                },
            ),
            class_name="hero-in",
        ),
        class_name="hero",
    )


def _search() -> rx.Component:
    return rx.el.form(
        icon("search"),
        rx.el.label(t("搜科室、医生或症状"), html_for="q", class_name="sr"),
        rx.el.input(
            id="q",
            name="q",
            type="search",
            class_name="input",
            placeholder=t("科室、医生、症状，如咳嗽、zgl"),
            max_length=40,
            auto_complete="off",
            custom_attrs={"enterKeyHint": "search"},
        ),
        # Reflex stops every form from being sent by the browser; these two serve until the page has come alive.
        action="/find",
        method="get",
        on_submit=FindState.search,
        class_name="search",
        role="search",
    )


def _tile(name: str, to: str, glyph: str) -> rx.Component:
    return rx.el.a(rx.el.span(icon(glyph)), rx.el.span(t(name)), href=to, class_name="tile")


def _tiles() -> rx.Component:
    return rx.el.nav(
        _tile("预约挂号", "/find", "calendar-plus"),
        _tile("我的挂号", "/appointments", "note"),
        _tile("候诊进度", "/queue", "clock"),
        _tile("就诊人", "/me", "people"),
        class_name="card tiles",
        custom_attrs={"aria-label": t("常用功能")},
    )


def _note(glyph: str, text: rx.Var[str]) -> rx.Component:
    return rx.el.li(icon(glyph), rx.el.span(text, class_name="row-body"), class_name="row")


def _notices() -> rx.Component:
    return section(
        t("就诊须知"),
        card(
            rx.el.ul(
                rx.cond(HomeState.loaded, _note("clock", HomeState.release_note)),
                rx.cond(HomeState.refund_note != "", _note("wallet", HomeState.refund_note)),
                _note("warning", t("胸痛、大出血、意识不清等急症，请直接到急诊或拨打 120")),
                class_name="rows",
            ),
            class_name="card-flush",
        ),
    )


def page() -> rx.Component:
    return patient_page(
        _hero(),
        rx.el.div(_search(), class_name="lift"),
        rx.el.div(
            rx.el.div(
                frozen_banner(),
                rx.foreach(HomeState.offers, lambda offer: offer_card(offer, now=HomeState.server_now)),
                rx.foreach(HomeState.visits, lambda visit: visit_card(visit)),
                _tiles(),
                section_with_link(
                    t("热门科室"),
                    t("全部科室"),
                    "/departments",
                    rx.cond(
                        HomeState.loaded,
                        card(rx.el.div(rx.foreach(HomeState.departments, department_tile), class_name="places")),
                        bones(4),
                    ),
                ),
                class_name="col",
            ),
            rx.el.div(
                section(
                    rx.cond(HomeState.doctors_known, t("常约医生"), t("近期有号的医生")),
                    rx.cond(
                        HomeState.loaded,
                        rx.el.div(rx.foreach(HomeState.doctors, doctor_card), class_name="doctors"),
                        bones(4),
                    ),
                ),
                _notices(),
                class_name="col",
            ),
            class_name="cols",
        ),
        tab="home",
        wide=True,
    )
