"""财务台: today's money, payments by a number, refunds in trouble."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field
from pages.components.parts import button, card, empty, live_badge, pill, section
from pages.components.records import admin_page, entries, entry
from pages.components.staff import figure, work_head
from pages.components.text import t
from state.payments import PaymentsState, TallyRow, TroubleRow


def _tally(row: rx.Var[TallyRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.channel, scope="row"),
        rx.el.td(pill(row.word, row.tone)),
        rx.el.td(row.count, class_name="num"),
        rx.el.td(row.amount, class_name="num"),
        key=row.key,
    )


def _today() -> rx.Component:
    return section(
        t("今日收退，按渠道和状态"),
        rx.cond(
            PaymentsState.tallies.length() > 0,
            card(
                rx.el.div(
                    rx.el.table(
                        rx.el.caption(t("今日收退，按渠道和状态"), class_name="sr"),
                        rx.el.thead(
                            rx.el.tr(
                                rx.el.th(t("渠道"), scope="col"),
                                rx.el.th(t("状态"), scope="col"),
                                rx.el.th(t("笔数"), scope="col", class_name="num"),
                                rx.el.th(t("金额"), scope="col", class_name="num"),
                            )
                        ),
                        rx.el.tbody(rx.foreach(PaymentsState.tallies, _tally)),
                        class_name="table trail-table",
                    ),
                    class_name="table-box",
                    tab_index=0,
                    role="region",
                    custom_attrs={"aria-label": t("今日收退，按渠道和状态")},
                )
            ),
            empty("wallet", t("今天还没有收款和退款。")),
        ),
    )


def _search() -> rx.Component:
    return section(
        t("查一笔支付"),
        card(
            rx.el.form(
                field(
                    "number",
                    t("号码"),
                    hint=t("支付单号、退款单号、挂号单号，或完整的手机号、证件号码"),
                    error=PaymentsState.number_error,
                    max_length=40,
                    auto_complete="off",
                    spell_check=False,
                ),
                button(t("查找"), type="submit", custom_attrs=WAITS),
                on_submit=PaymentsState.search,
                no_validate=True,
                class_name="stack",
            )
        ),
        rx.cond(
            PaymentsState.searched,
            rx.el.div(
                entries(PaymentsState.found, entry, none=t("没有找到这个号码的支付，请核对后再查。")),
                role="status",
            ),
        ),
    )


def _trouble(row: rx.Var[TroubleRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.a(row.title, href=row.href, class_name="text-link"),
            rx.el.span(row.note, class_name="small muted"),
            rx.cond(row.why != "", rx.el.span(row.why, class_name="small ink-loss as-written")),
            class_name="row-body",
        ),
        pill(row.word, row.tone),
        rx.cond(
            row.refused,
            button(t("重试退款"), kind="plain", on_click=PaymentsState.retry(row.no), custom_attrs=WAITS),
        ),
        class_name="row row-wrap",
        key=row.no,
    )


def _troubled() -> rx.Component:
    return section(
        t("需要处理的退款"),
        rx.cond(
            PaymentsState.troubled.length() > 0,
            card(rx.el.ul(rx.foreach(PaymentsState.troubled, _trouble), class_name="rows"), class_name="card-flush"),
            empty("check", t("没有受阻或超过约定时间的退款。")),
        ),
    )


def page() -> rx.Component:
    return admin_page(
        PaymentsState,
        work_head(
            t("收款与退款"),
            live_badge(t("截至 {at}", at=PaymentsState.as_of)),
            note=t("今天的钱，一笔支付的来龙去脉，受阻的退款"),
        ),
        rx.el.div(
            figure(t("今日实收"), PaymentsState.received, PaymentsState.received_note),
            figure(t("今日退款到账"), PaymentsState.returned, PaymentsState.returned_note),
            figure(t("在途退款"), PaymentsState.open_refunds, PaymentsState.open_refunds_note),
            figure(t("需要处理的退款"), PaymentsState.trouble, t("受阻，或超过约定时间")),
            class_name="figures",
        ),
        rx.el.div(
            rx.el.div(_troubled(), _today(), class_name="records"),
            _search(),
            class_name="panels",
        ),
        current="/admin/payments",
    )
