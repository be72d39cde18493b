"""审批: requests of doctors; whom each touches is seen before it is decided."""

import reflex as rx

from pages.components.browser import SHUTS, WAITS, Panel
from pages.components.forms import text_area
from pages.components.parts import box, button, card, empty, pill, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.change_words import ChangeRow
from state.changes import ChangesState, EqualLine, PatientLine


def _words(row: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.div(
        rx.el.p(rx.el.b(row.kind), " ", row.title, class_name="row-title"),
        rx.el.p(row.wanted),
        rx.el.p(row.reason, class_name="as-written small"),
        rx.el.p(row.asked, class_name="small muted"),
        rx.cond(row.answer != "", rx.el.p(t("答复：{text}", text=row.answer), class_name="as-written small")),
        class_name="row-body",
    )


def _open(row: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.li(
        _words(row),
        rx.el.div(
            pill(row.word, row.tone),
            rx.cond(row.short_notice, pill(t("不足 24 小时"), "loss")),
            button(t("查看影响"), kind="plain", on_click=ChangesState.choose(row.id)),
            class_name="cluster",
        ),
        class_name="row row-wrap",
        key=row.id,
    )


def _decided(row: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.li(_words(row), pill(row.word, row.tone), class_name="row", key=row.id)


def _patient(line: rx.Var[PatientLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line.no, scope="row"),
        rx.el.td(line.name, class_name="whole"),
        rx.el.td(line.time, class_name="whole"),
        rx.el.td(line.status, class_name="whole"),
        rx.el.td(line.paid, class_name="num"),
        key=line.no,
    )


def _patients() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("受影响的患者，姓名已遮挡"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *[rx.el.th(t(head), scope="col") for head in ("号", "姓名", "时段", "状态")],
                    rx.el.th(t("已付"), scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(ChangesState.patients, _patient)),
            class_name="table",
        ),
        class_name="table-box data-box",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": t("受影响的患者")},
    )


def _equal(line: rx.Var[EqualLine]) -> rx.Component:
    return rx.el.li(rx.el.b(line.who), " ", rx.el.span(line.note, class_name="muted small"))


def _decision(chosen: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.div(
        rx.cond(
            chosen.may_approve,
            button(t("批准"), on_click=ChangesState.approve(chosen.id), custom_attrs=WAITS, kind="primary btn-block"),
            box("warn", rx.el.p(t("停诊申请不足 24 小时，须由医院管理员审批；您仍可驳回。"))),
        ),
        rx.cond(
            chosen.may_reject,
            rx.el.form(
                rx.el.input(type="hidden", name="change_id", value=chosen.id),
                text_area("answer", t("驳回原因"), max_length=200, required=True),
                button(t("驳回"), kind="loss", type="submit", custom_attrs=WAITS),
                on_submit=ChangesState.reject,
                class_name="stack",
            ),
        ),
        class_name="stack",
    )


def _chosen() -> rx.Component:
    chosen = ChangesState.chosen
    return rx.cond(
        chosen.id != "",
        Panel.create(
            card(
                rx.el.div(
                    rx.el.h2(chosen.kind, " ", chosen.title),
                    button(t("关闭"), kind="quiet", on_click=ChangesState.leave, custom_attrs=SHUTS),
                    class_name="spread",
                ),
                rx.el.p(chosen.wanted),
                box("info", rx.el.p(ChangesState.effect), role="status"),
                rx.cond(ChangesState.patients.length() > 0, _patients()),
                rx.cond(
                    ChangesState.equals.length() > 0,
                    rx.el.div(
                        rx.el.h3(t("可以改到的空号（同级或更高）"), class_name="panel-sub"),
                        rx.el.ul(rx.foreach(ChangesState.equals, _equal), class_name="stack-s"),
                    ),
                ),
                rx.cond(
                    ChangesState.no_equals,
                    box("warn", rx.el.p(t("没有同级医生的空号：患者只能全额退款，或等有号再改。"))),
                ),
                _decision(chosen),
                class_name="stack",
                id="effect",
            ),
            custom_attrs={"of": chosen.id},
        ),
    )


def page() -> rx.Component:
    return admin_page(
        ChangesState,
        work_head(
            t("审批"),
            rx.cond(
                ChangesState.open.length() > 0, pill(t("待审批 {count}", count=ChangesState.open.length()), "warn")
            ),
            note=t("批准后立即生效，并通知每一位受影响的患者"),
        ),
        rx.el.div(
            section(
                t("待审批"),
                rx.cond(
                    ChangesState.open.length() > 0,
                    card(rx.el.ul(rx.foreach(ChangesState.open, _open), class_name="rows"), class_name="card-flush"),
                    empty("check", t("没有待审批的申请。医生提交后，这里会自动出现。")),
                ),
            ),
            _chosen(),
            class_name="records-beside",
        ),
        rx.cond(
            ChangesState.decided.length() > 0,
            section(
                t("最近的决定"),
                card(rx.el.ul(rx.foreach(ChangesState.decided, _decided), class_name="rows"), class_name="card-flush"),
            ),
        ),
        current="/admin/changes",
    )
