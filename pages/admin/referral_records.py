"""转诊记录: who was sent from where to where, and what became of it; to read only."""

import reflex as rx

from pages.components.browser import WAITS
from pages.components.forms import field, pick_field, select_field
from pages.components.parts import Text, button, card, empty, pill, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.text import t
from state.referral_records import OUTCOMES, WAYS, RecordRow, ReferralRecordsState


def _options(words: dict[object, str]) -> list[tuple[str, Text]]:
    return [("", t("全部")), *((str(value), t(word)) for value, word in words.items())]


def _filters() -> rx.Component:
    return card(
        rx.el.form(
            rx.cond(
                ReferralRecordsState.whole,
                pick_field("department", t("科室"), ReferralRecordsState.departments, none=t("全院")),
            ),
            select_field("way", t("方向"), _options({**WAYS}), hint=t("对一个科室而言")),
            select_field("outcome", t("结果"), _options({**OUTCOMES})),
            field("since", t("从"), hint=t("转诊日期"), type="date", default_value=ReferralRecordsState.first_day),
            field("until", t("到"), hint=t("日期，可不填"), type="date"),
            rx.el.div(button(t("查询"), type="submit", custom_attrs=WAITS), class_name="btn-row"),
            on_submit=ReferralRecordsState.search,
            no_validate=True,
            class_name="ask-grid",
        )
    )


def _row(row: rx.Var[RecordRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.b(row.sent.patient), pill(row.sent.word, row.sent.tone), class_name="cluster"),
            rx.el.p(t("转出"), " ", row.sender),
            rx.el.p(t("转入"), " ", row.sent.where),
            rx.el.p(row.sent.when, class_name="small"),
            rx.el.p(row.sent.note, class_name="small muted"),
            class_name="row-body",
        ),
        class_name="row",
        key=row.sent.key,
    )


def _found() -> rx.Component:
    return section(
        t("新的在前"),
        rx.el.p(ReferralRecordsState.counts, class_name="small muted", role="status"),
        rx.cond(
            ReferralRecordsState.rows.length() > 0,
            card(
                rx.el.ul(rx.foreach(ReferralRecordsState.rows, _row), class_name="rows"),
                class_name="card-flush",
            ),
            empty("people", t("没有符合条件的转诊。医生转诊后会出现在这里；也可放宽条件再查。")),
        ),
        rx.cond(
            ReferralRecordsState.older > 0,
            button(t("更早的记录"), kind="plain", on_click=ReferralRecordsState.show_older, custom_attrs=WAITS),
        ),
    )


def page() -> rx.Component:
    return admin_page(
        ReferralRecordsState,
        work_head(t("转诊记录"), note=t("谁把患者转到哪里，是否取号、就诊；只供查看")),
        _filters(),
        _found(),
        current="/admin/referrals",
    )
