"""审计日志: what was done by whom, and whether the chain holds."""

import reflex as rx

from hospital_app.domain.actions import ACTIONS
from pages.components import menus
from pages.components.browser import WAITS
from pages.components.forms import field, select_field
from pages.components.parts import bones, box, button, card, empty
from pages.components.staff import staff_page, work_head
from pages.components.text import t
from state.audit import ROLES, AuditState, EntryRow
from state.figures import Fact
from state.session import Session


def _chain() -> rx.Component:
    said = (
        rx.el.p(rx.el.b(AuditState.chain)),
        rx.el.p(AuditState.checked),
        rx.cond(
            AuditState.faults.length() > 0,
            rx.el.ul(rx.foreach(AuditState.faults, lambda fault: rx.el.li(fault)), class_name="small"),
        ),
    )
    return rx.match(AuditState.tone, ("loss", box("loss", *said)), ("warn", box("warn", *said)), box("ok", *said))


def _search() -> rx.Component:
    roles = [("", t("全部")), *((role.value, t(word)) for role, word in ROLES.items())]
    plain = {"auto_complete": "off", "max_length": 60, "spell_check": False}
    return card(
        rx.el.form(
            field("who", t("操作者"), hint=t("工号，或账号编号"), **plain),
            select_field("role", t("角色"), roles),
            field("action", t("操作"), hint=t("名称，如 退号；或代码，如 sign-in"), list="audit-actions", **plain),
            rx.el.datalist(*[rx.el.option(value=t(name)) for name in ACTIONS.values()], id="audit-actions"),
            field("subject", t("对象"), hint=t("如 account:12、appointment:GH"), **plain),
            field("address", t("网络地址"), hint=t("可只填开头"), **plain),
            field("since", t("从"), hint=t("日期，可不填"), type="date"),
            field("until", t("到"), hint=t("日期，可不填"), type="date"),
            rx.el.div(
                button(t("查询"), type="submit", custom_attrs=WAITS),
                button(t("导出 .xlsx"), kind="plain", on_click=AuditState.export),
                class_name="btn-row",
            ),
            on_submit=AuditState.search,
            no_validate=True,
            class_name="ask-grid",
        ),
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value, class_name="as-written"))


def _line(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.at, scope="row", class_name="nowrap"),
        rx.el.td(
            rx.el.div(row.actor, rx.el.div(row.role, class_name="small muted")),
            custom_attrs={"data-label": t("操作者")},
        ),
        rx.el.td(
            rx.el.div(
                rx.el.strong(row.action),
                rx.el.div(row.subject, class_name="small muted as-written"),
                rx.el.div(row.code, class_name="small muted"),
            ),
            custom_attrs={"data-label": t("操作")},
        ),
        rx.cond(
            row.address != "",
            rx.el.td(rx.el.span(row.address), custom_attrs={"data-label": t("网络地址")}),
            rx.el.td(),
        ),
        rx.el.td(
            rx.cond(
                row.detail.length() > 0,
                rx.el.details(
                    rx.el.summary(t("明细"), rx.el.span(" ", row.action, " ", row.id, class_name="sr")),
                    rx.el.dl(rx.foreach(row.detail, _fact), class_name="facts small"),
                    class_name="data",
                ),
            ),
        ),
        rx.el.td(rx.el.span(row.link), class_name="num", custom_attrs={"data-label": t("链")}),
        key=row.id,
    )


def _entries() -> rx.Component:
    heads = ("时间", "操作者", "操作", "网络地址", "明细", "链")
    return rx.cond(
        AuditState.entries.length() > 0,
        card(
            rx.el.div(
                rx.el.table(
                    rx.el.caption(t("审计记录，新的在前"), class_name="sr"),
                    rx.el.thead(rx.el.tr(*[rx.el.th(t(head), scope="col") for head in heads])),
                    rx.el.tbody(rx.foreach(AuditState.entries, _line)),
                    class_name="table trail-table stacked-table",
                ),
                class_name="table-box",
                tab_index=0,
                role="region",
                custom_attrs={"aria-label": t("审计记录，新的在前")},
            ),
            rx.cond(
                AuditState.older > 0,
                button(t("更早的记录"), kind="plain", on_click=AuditState.show_older, custom_attrs=WAITS),
            ),
            class_name="stack",
        ),
        empty("search", t("没有符合条件的记录，请放宽条件再查。")),
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("审计日志"), note=t("只增不改；敏感数据以掩码显示")),
        rx.cond(
            AuditState.loaded,
            rx.fragment(_chain(), _search(), _entries()),
            rx.fragment(bones(2), bones(4), bones(8)),
        ),
        menu=menus.HOSPITAL,
        current="/admin/audit",
        hospital=Session.hospital,
        who=AuditState.who,
    )
