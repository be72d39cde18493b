"""出诊模板: one week at a time; a change shows what it does before it is saved."""

import reflex as rx

from pages.components.browser import SHUTS, WAITS, Panel
from pages.components.forms import field, pick_field, select_field, tick
from pages.components.parts import box, button, card, empty, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.templates import SERVICE_TYPES, Cell, Day, TemplatesState


def _whose() -> rx.Component:
    return card(
        rx.el.div(
            rx.cond(
                TemplatesState.whole,
                pick_field(
                    "department",
                    t("科室"),
                    TemplatesState.departments,
                    value=TemplatesState.department,
                    on_change=TemplatesState.choose_department,
                ),
            ),
            pick_field(
                "provider",
                t("医生或普通门诊"),
                TemplatesState.providers,
                value=TemplatesState.provider,
                on_change=TemplatesState.choose_provider,
            ),
            class_name="ask-line",
        ),
        class_name="record-wide",
    )


def _cell(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.td(
        rx.el.button(
            rx.el.b(cell.word),
            rx.el.span(cell.sub),
            type="button",
            class_name=f"cell is-{cell.state}",
            on_click=TemplatesState.choose_cell(cell.key),
            custom_attrs={"aria-label": cell.label, "aria-pressed": cell.key == TemplatesState.chosen},
        )
    )


def _week() -> rx.Component:
    def row(day: rx.Var[Day]) -> rx.Component:
        return rx.el.tr(rx.el.th(day.weekday, custom_attrs={"scope": "row"}), rx.foreach(day.cells, _cell))

    heads = [rx.el.th(t(name), custom_attrs={"scope": "col"}) for name in ("上午", "下午", "夜间")]
    return card(
        rx.el.table(
            rx.el.caption(TemplatesState.provider_name, class_name="sr"),
            rx.el.colgroup(rx.el.col()),
            rx.el.thead(rx.el.tr(rx.el.td(), *heads)),
            rx.el.tbody(rx.foreach(TemplatesState.days, row)),
            class_name="week week-narrow",
        ),
        rx.el.p(t("点一格修改或新增。带 * 的以后还有变化。"), class_name="small muted"),
        class_name="stack-s",
    )


def _number(id_: str, label: str, value: rx.Var[str], *, most: int, hint: str = "") -> rx.Component:
    return field(
        id_,
        t(label),
        hint=t(hint) if hint else None,
        type="number",
        input_mode="numeric",
        min=0,
        max=most,
        default_value=value,
        required=True,
    )


def _when() -> list[rx.Component]:
    return [
        field(
            "since",
            t("从哪天的门诊起生效"),
            hint=t("默认是还没有生成号源的第一天"),
            type="date",
            default_value=TemplatesState.since,
            required=True,
        ),
        rx.cond(
            TemplatesState.template_id > 0,
            tick("generated", t("也用于已经生成的门诊：有人约的号不动，只动没人约的")),
        ),
    ]


def _form() -> rx.Component:
    return rx.el.form(
        select_field(
            "service_type",
            t("号别"),
            [(code, t(word)) for code, word in SERVICE_TYPES.items()],
            default_value=TemplatesState.service_type,
        ),
        field(
            "room",
            t("诊室"),
            default_value=TemplatesState.room,
            max_length=20,
            required=True,
            read_only=TemplatesState.fixed_room,
        ),
        field("starts", t("开始"), type="time", step=1800, default_value=TemplatesState.starts, required=True),
        field("ends", t("结束"), type="time", step=1800, default_value=TemplatesState.ends, required=True),
        _number("per_period", "每半小时号数", TemplatesState.per_period, most=20),
        field(
            "fee",
            t("挂号费（元）"),
            input_mode="decimal",
            default_value=TemplatesState.fee,
            max_length=9,
            required=True,
        ),
        _number("referral", "转诊号占比（%）", TemplatesState.referral, most=90, hint="没用完的提前一天放给所有人"),
        _number("onsite", "现场号占比（%）", TemplatesState.onsite, most=90, hint="留给窗口；开诊前还没用的放给所有人"),
        *_when(),
        button(t("看看会影响什么"), type="submit", kind="primary btn-block"),
        on_submit=TemplatesState.propose,
        key=f"{TemplatesState.chosen}-{TemplatesState.template_id}",
        class_name="ask-grid",
    )


def _ending() -> rx.Component:
    return rx.el.details(
        rx.el.summary(t("停止这个模板")),
        rx.el.form(
            *_end_when(),
            button(t("看看停止会影响什么"), type="submit", kind="loss"),
            on_submit=TemplatesState.propose_end,
            key=f"end-{TemplatesState.template_id}",
            class_name="ask-grid",
        ),
        class_name="data",
    )


def _end_when() -> list[rx.Component]:
    return [
        field(
            "since-end",
            t("从哪天起不再出诊"),
            name="since",
            type="date",
            default_value=TemplatesState.since,
            required=True,
        ),
        tick("generated", t("也关闭已经生成、还没有人约的门诊")),
    ]


def _effects() -> rx.Component:
    return rx.el.div(
        rx.cond(
            TemplatesState.effects.length() > 0,
            box(
                "warn",
                rx.el.h3(t("这将影响")),
                rx.el.ul(rx.foreach(TemplatesState.effects, lambda line: rx.el.li(line)), class_name="stack-s"),
                rx.el.div(
                    button(
                        rx.cond(TemplatesState.ending, t("确认停止"), t("确认保存")),
                        kind=rx.cond(TemplatesState.ending, "loss-solid", "primary"),
                        on_click=TemplatesState.confirm,
                        custom_attrs=WAITS,
                    ),
                    button(t("取消"), kind="plain", on_click=TemplatesState.leave),
                    class_name="btn-row",
                ),
            ),
        ),
        role="status",
    )


def _editor() -> rx.Component:
    return Panel.create(
        rx.el.div(
            rx.el.h2(TemplatesState.title),
            button(t("关闭"), kind="quiet", on_click=TemplatesState.leave, custom_attrs=SHUTS),
            class_name="section-head",
        ),
        card(
            rx.cond(TemplatesState.version_note != "", rx.el.p(TemplatesState.version_note, class_name="muted")),
            rx.cond(
                TemplatesState.versions.length() > 0,
                pick_field(
                    "version",
                    t("哪一版"),
                    TemplatesState.versions,
                    value=f"{TemplatesState.template_id}",
                    on_change=TemplatesState.choose_version,
                ),
            ),
            _form(),
            _effects(),
            rx.cond(TemplatesState.template_id > 0, _ending()),
            class_name="stack",
        ),
        custom_attrs={"of": TemplatesState.chosen},
        class_name="section",
    )


def page() -> rx.Component:
    return admin_page(
        TemplatesState,
        work_head(t("出诊模板"), note=t("每周照此生成号源，提前十四天")),
        _whose(),
        rx.cond(
            TemplatesState.days.length() > 0,
            rx.el.div(
                section(TemplatesState.provider_name, _week()),
                rx.cond(TemplatesState.chosen != "", _editor()),
                class_name="records-beside",
            ),
            empty("people", t("这里还没有科室开放，请先开放科室。")),
        ),
        current="/admin/templates",
    )
