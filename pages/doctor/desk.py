"""今日接诊: one key calls the next patient; everything else stands in the list."""

import reflex as rx

from pages.components import menus
from pages.components.parts import bones, card, empty, live_badge, pill
from pages.components.staff import staff_page, work_head
from pages.components.staff_browser import Elapsed, staff_script
from pages.components.text import t
from state.desk import ClinicTab, DeskState, PatientRow
from state.session import Session


def _key(name: str) -> rx.Component:
    return rx.el.span(name, class_name="keycap", custom_attrs={"aria-hidden": "true"})


def _command(label: str, key: str, shown: str, *, kind: str, on_click: object, **props: object) -> rx.Component:
    """A button that a key presses as well."""
    return rx.el.button(
        t(label),
        _key(shown),
        type="button",
        on_click=on_click,
        class_name=f"btn btn-{kind} desk-command",
        custom_attrs={"data-key": key, "aria-keyshortcuts": shown},
        **props,
    )


def _commands() -> rx.Component:
    current = DeskState.current
    return rx.el.div(
        rx.cond(
            current.id > 0,
            rx.fragment(
                rx.cond(
                    current.serving,
                    _command("完成", "f", "F", kind="soft", on_click=DeskState.finish(current.id)),
                    rx.fragment(
                        _command("重呼", "r", "R", kind="soft", on_click=DeskState.recall(current.id)),
                        _command("过号", "s", "S", kind="soft", on_click=DeskState.skip(current.id)),
                        _command("开始接诊", "enter", "Enter", kind="plain", on_click=DeskState.start(current.id)),
                    ),
                ),
            ),
        ),
        rx.el.button(
            rx.cond(current.id > 0, t("完成并叫下一位"), t("叫下一位")),
            rx.el.span(t("空格"), class_name="keycap", custom_attrs={"aria-hidden": "true"}),
            type="button",
            on_click=DeskState.next_patient(current.id),
            disabled=(current.id == 0) & (DeskState.in_line == 0),
            class_name="btn btn-primary desk-next",
            custom_attrs={"data-key": "space n", "aria-keyshortcuts": "Space N"},
        ),
        class_name="desk-commands",
    )


def _now() -> rx.Component:
    """Who is in the room, and the keys."""
    current = DeskState.current
    return rx.el.section(
        rx.el.h2(t("当前患者"), class_name="sr"),
        rx.el.div(
            rx.el.span(rx.cond(current.id > 0, rx.cond(current.serving, t("接诊中"), t("已呼叫")), t("诊室空闲"))),
            rx.el.b(rx.cond(current.id > 0, current.label, "—")),
            class_name=rx.cond(
                current.serving, "ticket", rx.cond(current.id > 0, "ticket ticket-called", "ticket ticket-free")
            ),
        ),
        rx.el.div(
            rx.cond(
                current.id > 0,
                rx.fragment(
                    rx.el.p(
                        rx.el.strong(current.name, class_name="desk-name"),
                        rx.el.span(current.who, class_name="muted"),
                        class_name="cluster",
                    ),
                    rx.el.p(
                        current.note,
                        rx.el.span(
                            " · ",
                            Elapsed.create(custom_attrs={"now": DeskState.server_now, "since": current.since}),
                        ),
                        class_name="muted",
                    ),
                ),
                rx.el.p(t("还没有呼叫患者"), class_name="desk-name"),
            ),
            rx.el.p(DeskState.next_note, class_name="desk-upcoming"),
            role="status",
            class_name="grow stack-s desk-who",
        ),
        _commands(),
        class_name="card desk-now",
        key="now",
    )


def _line(row: rx.Var[PatientRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.label, scope="row", class_name="desk-no"),
        rx.el.td(
            rx.el.strong(row.name), rx.el.span(row.who, class_name="muted desk-person"), class_name="desk-td-name"
        ),
        rx.el.td(row.time, class_name="desk-td-time"),
        rx.el.td(row.kind, class_name="muted desk-td-kind"),
        rx.el.td(pill(row.status, row.tone), class_name="desk-td-status"),
        rx.el.td(
            rx.cond(
                row.call,
                rx.el.button(
                    t("呼叫"),
                    rx.el.span(row.label, " ", row.name, class_name="sr"),
                    type="button",
                    on_click=DeskState.call(row.id),
                    class_name="btn btn-quiet",
                ),
            ),
            class_name="desk-td-act",
        ),
        key=row.label,
        custom_attrs={"aria-current": rx.cond(row.here, "true", "false")},
    )


def _list() -> rx.Component:
    heads = ("号", "姓名", "时段", "类型", "状态", "操作")
    return card(
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("今日患者名单，按叫号顺序"), class_name="sr"),
                rx.el.thead(rx.el.tr(*[rx.el.th(t(head), scope="col") for head in heads])),
                rx.el.tbody(rx.foreach(DeskState.rows, _line)),
                class_name="table desk-table",
            ),
            class_name="table-box",
            tab_index=0,
            role="region",
            custom_attrs={"aria-label": t("今日患者名单")},
        ),
        class_name="card-flush",
    )


def _tab(tab: rx.Var[ClinicTab]) -> rx.Component:
    return rx.el.button(
        tab.label,
        type="button",
        on_click=DeskState.choose(tab.id),
        class_name="chip",
        custom_attrs={"aria-pressed": rx.cond(tab.here, "true", "false")},
    )


def _counts() -> rx.Component:
    return rx.fragment(
        pill(t("候诊 {count}", count=DeskState.in_line), "brand"),
        pill(t("已看 {count}", count=DeskState.done), "ok"),
        rx.cond(DeskState.missed > 0, pill(t("过号 {count}", count=DeskState.missed), "warn")),
        pill(t("未到 {count}", count=DeskState.absent), "still"),
    )


def _desk() -> rx.Component:
    return rx.fragment(
        rx.cond(
            DeskState.clinics.length() > 1,
            rx.el.div(
                rx.foreach(DeskState.clinics, _tab),
                class_name="chips",
                role="group",
                custom_attrs={"aria-label": t("今天的门诊")},
            ),
        ),
        _now(),
        rx.cond(
            DeskState.rows.length() > 0,
            _list(),
            empty("people", t("这个门诊还没有人预约。有患者预约或签到后，这里会自动出现。")),
        ),
        rx.el.div(
            live_badge(t("实时更新 · {at}", at=DeskState.as_of)),
            rx.el.button(
                t("快捷键"),
                type="button",
                class_name="chip keys-toggle",
                custom_attrs={"data-gh-keys": "", "aria-pressed": "true"},
            ),
            class_name="spread",
        ),
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("今日接诊"), rx.cond(DeskState.loaded & ~DeskState.closed, _counts()), note=DeskState.note),
        rx.cond(
            DeskState.loaded,
            rx.cond(
                DeskState.closed,
                empty("calendar", t("今天没有您的门诊。如排班有误，请联系科室管理员。")),
                _desk(),
            ),
            rx.fragment(bones(3), bones(6)),
        ),
        staff_script(),
        menu=menus.DOCTOR,
        current="/desk",
        hospital=Session.hospital,
        who=DeskState.who,
    )
