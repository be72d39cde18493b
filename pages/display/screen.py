"""候诊屏: one area's rooms, read from ten metres; chime and voice after one click."""

import reflex as rx

from pages.components.board import board_page
from pages.components.icons import icon
from pages.components.staff_browser import Fresh, Loudspeaker, WallClock, staff_script
from pages.components.text import t
from state.area_screen import AreaScreenState, Room


def _call() -> rx.Component:
    """The band with who is called now."""
    called = AreaScreenState.called_label != ""
    return rx.el.div(
        rx.cond(
            called,
            rx.fragment(
                rx.el.b(t("{label} 号", label=AreaScreenState.called_label)),
                rx.cond(AreaScreenState.called_name != "", rx.el.b(AreaScreenState.called_name)),
                rx.el.span(t("请到 {room} 就诊", room=AreaScreenState.called_room)),
            ),
            rx.el.span(t("请留意屏幕和语音叫号")),
        ),
        class_name=rx.cond(called, "board-call", "board-call board-quiet"),
        role="status",
    )


def _room(room: rx.Var[Room]) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(room.room), rx.el.small(room.doctor), role="cell"),
        rx.el.div(
            rx.cond(
                room.label != "",
                rx.fragment(
                    rx.el.span(room.label, class_name="board-no"),
                    rx.el.span(room.name, class_name="board-name"),
                    rx.el.small(rx.cond(room.serving, t("就诊中"), t("请进诊室")), class_name="board-state"),
                ),
                rx.el.span(t("空闲"), class_name="board-free"),
            ),
            class_name="board-current",
            role="cell",
        ),
        rx.el.div(rx.el.span(rx.cond(room.next != "", room.next, "—")), rx.el.small(room.waiting), role="cell"),
        class_name="board-row",
        role="row",
        key=room.room,
        custom_attrs={"aria-current": rx.cond(room.fresh, "true", "false")},
    )


def _rooms() -> rx.Component:
    labels = rx.el.div(
        *[rx.el.span(t(text), role="columnheader") for text in ("诊室", "正在就诊", "请准备")],
        class_name="board-row board-labels",
        role="row",
    )
    return rx.el.div(
        labels,
        rx.foreach(AreaScreenState.rooms, _room),
        class_name=rx.cond(AreaScreenState.dense, "board-list board-dense", "board-list"),
        role="table",
        custom_attrs={"aria-label": t("各诊室叫号")},
    )


def _foot() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            rx.cond(
                AreaScreenState.check_in_code != "",
                rx.el.span(t("手机签到码 {code}", code=AreaScreenState.check_in_code), class_name="board-code"),
            ),
            rx.el.span(t("过号后请留意再次叫号；急危重症请直接告诉护士")),
        ),
        rx.el.div(
            rx.el.button(
                icon("speaker"),
                t("启用声音"),
                type="button",
                class_name="board-button",
                custom_attrs={"data-gh-sound": ""},
            ),
            rx.el.button(
                icon("full"),
                t("全屏"),
                type="button",
                class_name="board-button board-full",
                custom_attrs={"data-gh-full": ""},
            ),
            Fresh.create(
                rx.el.span(t("更新于 {at}", at=AreaScreenState.as_of), class_name="board-asof"),
                rx.el.span(
                    t("连接中断，显示的是 {at} 的情况，正在自动恢复", at=AreaScreenState.as_of),
                    class_name="board-stale",
                    role="alert",
                ),
                custom_attrs={"at": AreaScreenState.server_now},
            ),
            class_name="board-tools",
        ),
    )


def page() -> rx.Component:
    return board_page(
        rx.cond(
            AreaScreenState.loaded & (AreaScreenState.rooms.length() == 0),
            rx.el.p(t("现在没有门诊。开诊前一小时起，这里显示叫号。"), class_name="board-empty"),
            _rooms(),
        ),
        Loudspeaker.create(custom_attrs={"calls": AreaScreenState.calls}),
        staff_script(),
        title=rx.fragment(
            rx.cond(AreaScreenState.title != "", AreaScreenState.title, t("候诊屏")),
            rx.el.small(AreaScreenState.location),
        ),
        clock=WallClock.create(custom_attrs={"now": AreaScreenState.server_now}),
        call=_call(),
        foot=_foot(),
    )
