"""号源看板: what is free, held, booked, closed and suspended, by department and day."""

import reflex as rx

from pages.components.browser import SHUTS, WAITS, Panel, does
from pages.components.forms import field, pick_field, select_field
from pages.components.parts import box, button, button_link, card, live_badge, pill, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.board import BoardState, Cell, Clinic, DayHead, Number, Row

#: What is proposed stands above: bring it into sight.
_TO_EFFECTS = does("scroll", "#board-effects")
_SESSIONS = [("", "全天"), ("morning", "上午"), ("afternoon", "下午"), ("evening", "夜间")]


def _days() -> rx.Component:
    """On a narrow screen one day is shown, chosen here."""

    def day(head: rx.Var[DayHead]) -> rx.Component:
        return rx.el.button(
            rx.el.b(head.weekday),
            rx.el.span(head.date),
            type="button",
            class_name="cell is-unreleased",
            on_click=BoardState.choose_day(head.key),
            custom_attrs={"aria-pressed": head.here},
        )

    return rx.el.div(
        rx.foreach(BoardState.heads, day),
        class_name="board-days",
        custom_attrs={"role": "group", "aria-label": t("选择日期")},
    )


def _cell(cell: rx.Var[Cell]) -> rx.Component:
    inside = (rx.el.b(cell.word), rx.el.span(cell.sub))
    return rx.el.td(
        rx.cond(
            cell.key != "",
            rx.el.button(
                *inside,
                type="button",
                class_name=f"cell is-{cell.state}",
                on_click=BoardState.choose_cell(cell.key),
                custom_attrs={
                    **does("scroll", "#board-cell"),
                    "aria-label": cell.label,
                    "aria-pressed": cell.key == BoardState.chosen,
                },
            ),
            rx.el.div(rx.el.span(cell.word), class_name="cell cell-none"),
        ),
        class_name=rx.cond(cell.here, "", "board-else"),
    )


def _grid() -> rx.Component:
    def head(day: rx.Var[DayHead]) -> rx.Component:
        return rx.el.th(
            day.weekday,
            rx.el.small(day.date),
            class_name=rx.cond(day.here, "", "board-else"),
            custom_attrs={"scope": "col"},
        )

    def row(each: rx.Var[Row]) -> rx.Component:
        return rx.el.tr(rx.el.th(each.name, custom_attrs={"scope": "row"}), rx.foreach(each.cells, _cell))

    return card(
        _days(),
        rx.el.table(
            rx.el.caption(t("各科室每天的号源"), class_name="sr"),
            rx.el.thead(rx.el.tr(rx.el.td(), rx.foreach(BoardState.heads, head))),
            rx.el.tbody(rx.foreach(BoardState.rows, row)),
            class_name="week board-grid",
        ),
        rx.el.p(
            t("空 空闲 · 约 已约 · 锁 待付款 · 留 为渠道保留 · 关 已关闭 · 停 停诊 · 加 加号"), class_name="small muted"
        ),
        class_name="stack-s",
    )


def _clinic(clinic: rx.Var[Clinic]) -> rx.Component:
    opened = clinic.id == BoardState.clinic
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.span(clinic.title, class_name="row-title"),
                rx.el.span(clinic.note, class_name="small muted"),
                rx.el.span(clinic.counts, class_name="small"),
                class_name="row-body",
            ),
            pill(clinic.word, clinic.tone),
            type="button",
            class_name="row",
            on_click=BoardState.choose_clinic(clinic.id),
            custom_attrs={"aria-expanded": opened},
        ),
        rx.cond(
            opened,
            rx.el.div(
                rx.el.ul(rx.foreach(BoardState.numbers, _number), class_name="slots"),
                rx.el.div(
                    button(
                        t("关闭余号"),
                        kind="loss",
                        on_click=BoardState.propose_clinic("close"),
                        custom_attrs=_TO_EFFECTS,
                    ),
                    button(
                        t("重新开放"),
                        kind="plain",
                        on_click=BoardState.propose_clinic("open"),
                        custom_attrs=_TO_EFFECTS,
                    ),
                    button_link(t("停诊、调诊、加号、号数"), f"/admin/clinic?id={clinic.id}", kind="plain"),
                    class_name="btn-row",
                ),
                class_name="stack board-numbers",
            ),
        ),
    )


def _number(number: rx.Var[Number]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(number.seq), rx.el.span(number.word), rx.el.span(number.note), class_name=f"slot {number.state}"
        )
    )


def _opened() -> rx.Component:
    return Panel.create(
        rx.el.section(
            rx.el.div(
                rx.el.h2(BoardState.title),
                button(t("关闭"), kind="quiet", on_click=BoardState.shut, custom_attrs=SHUTS),
                class_name="section-head",
            ),
            card(rx.el.ul(rx.foreach(BoardState.clinics, _clinic), class_name="rows"), class_name="card-flush"),
            class_name="section",
        ),
        custom_attrs={"of": BoardState.chosen},
    )


def _bulk() -> rx.Component:
    return section(
        t("批量关闭与开放"),
        card(
            rx.cond(
                BoardState.whole,
                pick_field(
                    "department",
                    t("科室"),
                    BoardState.departments,
                    none=t("全院"),
                    value=BoardState.department,
                    on_change=BoardState.choose_department,
                ),
            ),
            rx.el.form(
                pick_field("doctor", t("医生"), BoardState.doctors, none=t("全部")),
                field("since", t("从"), type="date", default_value=BoardState.first_day, required=True),
                field("until", t("到"), type="date", default_value=BoardState.last_day, required=True),
                select_field("session", t("时段"), [(code, t(word)) for code, word in _SESSIONS]),
                select_field("action", t("操作"), [("close", t("关闭余号")), ("open", t("重新开放"))]),
                button(t("看看会影响什么"), type="submit", kind="primary btn-block", custom_attrs=_TO_EFFECTS),
                on_submit=BoardState.propose,
                key=BoardState.chosen,
                class_name="ask-grid",
            ),
            class_name="stack",
        ),
        id="board-bulk",
    )


def _effects() -> rx.Component:
    return rx.el.div(
        rx.cond(
            BoardState.effects.length() > 0,
            box(
                "warn",
                rx.el.h2(t("这将影响")),
                rx.el.ul(rx.foreach(BoardState.effects, lambda line: rx.el.li(line)), class_name="stack-s"),
                rx.el.div(
                    rx.cond(
                        BoardState.doable,
                        button(
                            rx.cond(BoardState.closing, t("确认关闭"), t("确认开放")),
                            kind=rx.cond(BoardState.closing, "loss-solid", "primary"),
                            on_click=BoardState.confirm,
                            custom_attrs=WAITS,
                        ),
                    ),
                    button(t("取消"), kind="plain", on_click=BoardState.leave),
                    class_name="btn-row",
                ),
            ),
        ),
        role="status",
        id="board-effects",
        tab_index=-1,
    )


def page() -> rx.Component:
    return admin_page(
        BoardState,
        work_head(
            t("号源看板"),
            live_badge(BoardState.as_of),
            button(t("批量关闭与开放"), kind="plain", custom_attrs=does("scroll", "#board-bulk")),
        ),
        _grid(),
        _effects(),
        rx.el.div(
            rx.el.div(rx.cond(BoardState.chosen != "", _opened()), id="board-cell"),
            _bulk(),
            class_name="records-beside",
        ),
        current="/admin/board",
    )
