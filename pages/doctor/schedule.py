"""我的排班: the own clinics by week and month, with their numbers; requests for changes, and what became of them."""

import reflex as rx

from pages.components import menus
from pages.components.browser import SHUTS, WAITS, Panel
from pages.components.change_form import kinds, wish
from pages.components.forms import text_area
from pages.components.icons import icon
from pages.components.parts import bones, button, card, empty, pill, section
from pages.components.staff import staff_page, work_head
from pages.components.text import t
from state.change_words import ChangeRow
from state.my_schedule import ClinicCell, DayCell, MyScheduleState
from state.session import Session


def _clinic(clinic: rx.Var[ClinicCell]) -> rx.Component:
    return rx.el.button(
        rx.el.span(clinic.title, class_name="cal-time"),
        rx.el.span(clinic.room, class_name="small muted cal-room"),
        rx.el.span(
            rx.el.span(class_name="cal-fill", style={"width": clinic.booked_percent.to_string() + "%"}),
            class_name="cal-bar",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.span(clinic.counts, class_name="small"),
        rx.el.span(
            pill(clinic.word, clinic.tone),
            rx.cond(clinic.asked != "", pill(clinic.asked, "warn")),
            class_name="cal-words",
        ),
        type="button",
        on_click=MyScheduleState.choose(clinic.id),
        class_name="cal-clinic",
        custom_attrs={"aria-pressed": rx.cond(MyScheduleState.chosen == clinic.id, "true", "false")},
        key=clinic.id,
    )


def _day(day: rx.Var[DayCell]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(day.label, class_name="cal-day"),
        rx.foreach(day.clinics, _clinic),
        class_name=rx.cond(day.outside, "cal-cell cal-outside", "cal-cell"),
        custom_attrs={
            "aria-current": rx.cond(day.today, "date", "false"),
            "data-empty": rx.cond(day.clinics.length() > 0, "no", "yes"),
        },
        key=day.key,
    )


def _turn(label: str, glyph: str, step: int) -> rx.Component:
    return rx.el.button(
        icon(glyph),
        type="button",
        on_click=MyScheduleState.turn(step),
        class_name="icon-btn",
        custom_attrs={"aria-label": t(label)},
    )


def _view(label: str, month: bool) -> rx.Component:
    here = MyScheduleState.month if month else ~MyScheduleState.month
    return rx.el.button(
        t(label),
        type="button",
        on_click=MyScheduleState.show(month),
        class_name="chip",
        custom_attrs={"aria-pressed": rx.cond(here, "true", "false")},
    )


def _calendar() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                _turn("往前", "back", -1),
                rx.el.h2(MyScheduleState.title, custom_attrs={"aria-live": "polite"}),
                _turn("往后", "next", 1),
                class_name="cal-turn",
            ),
            rx.el.div(
                _view("周", False),
                _view("月", True),
                class_name="chips",
                role="group",
                custom_attrs={"aria-label": t("按周或按月")},
            ),
            class_name="cal-head",
        ),
        rx.el.ul(
            rx.foreach(MyScheduleState.days, _day),
            class_name=rx.cond(MyScheduleState.month, "cal cal-month", "cal"),
        ),
        class_name="stack",
    )


def _form() -> rx.Component:
    return rx.cond(
        MyScheduleState.chosen != "",
        Panel.create(
            card(
                rx.el.div(
                    rx.el.h2(MyScheduleState.chosen_title),
                    button(t("关闭"), kind="quiet", on_click=MyScheduleState.leave, custom_attrs=SHUTS),
                    class_name="spread",
                ),
                rx.el.p(MyScheduleState.chosen_note, class_name="muted"),
                rx.el.div(
                    *kinds(MyScheduleState),
                    class_name="chips",
                    role="group",
                    custom_attrs={"aria-label": t("申请类型")},
                ),
                rx.el.form(
                    rx.el.input(type="hidden", name="schedule_id", value=MyScheduleState.chosen),
                    rx.el.input(type="hidden", name="kind", value=MyScheduleState.kind),
                    wish(MyScheduleState),
                    text_area("reason", t("原因"), max_length=200, required=True),
                    button(t("提交申请"), type="submit", custom_attrs=WAITS, kind="primary btn-block"),
                    on_submit=MyScheduleState.ask,
                    class_name="stack",
                    key=MyScheduleState.chosen + MyScheduleState.kind,
                ),
                class_name="stack",
                id="ask",
            ),
            custom_attrs={"of": MyScheduleState.chosen},
        ),
    )


def _request(row: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.b(row.kind), " ", row.title, class_name="row-title"),
            rx.el.p(row.wanted),
            rx.el.p(row.reason, class_name="small muted as-written"),
            rx.cond(row.answer != "", rx.el.p(t("答复：{text}", text=row.answer), class_name="small as-written")),
            class_name="row-body",
        ),
        rx.el.div(
            pill(row.word, row.tone),
            rx.cond(
                row.may_withdraw,
                button(t("撤回"), kind="quiet", on_click=MyScheduleState.withdraw(row.id), custom_attrs=WAITS),
            ),
            class_name="cluster",
        ),
        class_name="row row-wrap",
        key=row.id,
    )


def _requests() -> rx.Component:
    return section(
        t("我的申请"),
        rx.cond(
            MyScheduleState.requests.length() > 0,
            card(rx.el.ul(rx.foreach(MyScheduleState.requests, _request), class_name="rows"), class_name="card-flush"),
            empty("note", t("还没有申请。点日历里的一次门诊，就可以申请停诊、调诊、加号或改号数。")),
        ),
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("我的排班"), note=t("点一次门诊，申请停诊、调诊、加号或改号数")),
        rx.cond(
            MyScheduleState.loaded,
            rx.el.div(_calendar(), rx.el.div(_form(), _requests(), class_name="records-beside"), class_name="records"),
            rx.fragment(bones(3), bones(6)),
        ),
        menu=menus.DOCTOR,
        current="/doctor/schedule",
        hospital=Session.hospital,
        who=MyScheduleState.who,
    )
