"""可疑账号: what bots did just now, who stands out in the books, on what evidence; freezing, and answering appeals."""

import reflex as rx

from pages.components import menus
from pages.components.browser import SHUTS, WAITS, Panel, does
from pages.components.forms import field, select_field, text_area
from pages.components.parts import bones, button, card, empty, pill
from pages.components.staff import staff_page, work_head
from pages.components.text import t
from state.alert_rows import AlertRow
from state.figures import Fact
from state.misuse import FreezeRow, MisuseState, SuspectRow
from state.session import Session

#: The account that was asked for stands at the top of the page.
_TO_CHOSEN = does("scroll", "#chosen")
SPANS = [("24", "1 天"), ("168", "7 天"), ("720", "30 天"), ("2160", "90 天"), ("8760", "1 年"), ("1", "1 小时")]


def _verdict(row: rx.Var[AlertRow]) -> rx.Component:
    """Folded: a device with a dozen accounts raises a dozen alerts at once."""
    return rx.el.div(
        rx.el.details(
            rx.el.summary(t("处理预警"), rx.el.span(row.title, class_name="sr")), _verdict_form(row), class_name="data"
        ),
        button(
            t("查看账号"),
            kind="plain",
            on_click=MisuseState.choose(row.account_id),
            custom_attrs={**_TO_CHOSEN, "aria-label": t("查看 {who}", who=row.title)},
        ),
        class_name="spread verdict",
    )


def _verdict_form(row: rx.Var[AlertRow]) -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="alert_id", value=row.id),
        rx.el.div(
            rx.el.label(t("处理结果"), html_for=f"verdict-{row.id}"),
            rx.el.select(
                rx.el.option(t("误报：解除自动冻结"), value="dismissed"),
                rx.el.option(t("属实：已处理"), value="confirmed"),
                id=f"verdict-{row.id}",
                name="verdict",
                class_name="input",
            ),
            class_name="field",
        ),
        text_area(f"alert-answer-{row.id}", t("处理说明"), name="answer", max_length=200, required=True),
        button(t("提交处理"), type="submit", custom_attrs=WAITS),
        on_submit=MisuseState.answer_alert,
        class_name="stack",
    )


def _alert(row: rx.Var[AlertRow]) -> rx.Component:
    return card(
        rx.el.p(rx.el.b(row.title), pill(row.word, row.tone), class_name="cluster"),
        rx.el.ul(rx.foreach(row.signs, lambda text: rx.el.li(text)), class_name="small"),
        rx.el.p(row.span, class_name="small muted"),
        rx.cond(row.about != "", rx.el.p(row.about, class_name="small muted as-written")),
        rx.cond(row.frozen != "", rx.el.p(row.frozen, class_name="small ink-warn")),
        rx.cond(row.answer != "", rx.el.p(row.answer, class_name="small as-written")),
        rx.cond(row.open, _verdict(row)),
        class_name="stack-s",
        key=row.id,
    )


def _alerts() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("黄牛预警")),
        rx.el.p(t("未处理的预警会让相关号源在退号后随机延迟返池。"), class_name="small muted"),
        rx.cond(
            MisuseState.alerts.length() > 0,
            rx.el.div(rx.foreach(MisuseState.alerts, _alert), class_name="stack"),
            empty("check", t("现在没有黄牛预警。")),
        ),
        class_name="stack",
    )


def _suspect(row: rx.Var[SuspectRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.b(row.title), pill(row.word, row.tone), class_name="cluster"),
            rx.el.ul(rx.foreach(row.signals, lambda text: rx.el.li(text)), class_name="small muted"),
            rx.cond(row.frozen != "", rx.el.p(row.frozen, class_name="small ink-warn")),
            class_name="row-body",
        ),
        button(
            t("查看"),
            kind="plain",
            on_click=MisuseState.choose(row.id),
            custom_attrs={**_TO_CHOSEN, "aria-label": t("查看 {who}", who=row.title)},
        ),
        class_name="row",
        key=row.id,
    )


def _suspects() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("可疑账号")),
        rx.cond(
            MisuseState.suspects.length() > 0,
            card(rx.el.ul(rx.foreach(MisuseState.suspects, _suspect), class_name="rows"), class_name="card-flush"),
            empty("check", t("现在没有可疑账号。")),
        ),
        rx.el.form(
            field("account_id", t("按账号编号查看"), type="number", min=1, required=True, input_mode="numeric"),
            button(t("查看"), kind="plain", type="submit", custom_attrs=_TO_CHOSEN),
            on_submit=MisuseState.look_up,
            class_name="ask-line",
        ),
        class_name="stack",
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name), rx.el.dd(fact.value, rx.cond(fact.tone != "", pill(t("超过阈值"), fact.tone)))
    )


def _freeze_form() -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="account_id", value=MisuseState.chosen),
        field(
            "reason",
            t("冻结原因"),
            hint=t("必填，最多 200 字，患者登录后会看到"),
            required=True,
            max_length=200,
            auto_complete="off",
        ),
        select_field("hours", t("冻结多久"), [(value, t(text)) for value, text in SPANS]),
        rx.el.p(t("冻结后下一次操作起不能预约；已有的挂号仍可查看、退号和签到。"), class_name="small muted"),
        button(t("冻结账号"), kind="loss-solid", type="submit", custom_attrs=WAITS),
        on_submit=MisuseState.freeze,
        class_name="stack",
    )


def _chosen() -> rx.Component:
    return rx.cond(
        MisuseState.chosen != "",
        Panel.create(
            card(
                rx.el.div(
                    rx.el.h2(MisuseState.chosen_title),
                    button(t("关闭"), kind="quiet", on_click=MisuseState.leave, custom_attrs=SHUTS),
                    class_name="spread",
                ),
                rx.el.dl(rx.foreach(MisuseState.evidence, _fact), class_name="facts"),
                rx.cond(
                    MisuseState.chosen_frozen,
                    button(t("解除冻结"), kind="warn", on_click=MisuseState.unfreeze(MisuseState.chosen, "0")),
                ),
                rx.cond(
                    MisuseState.chosen_by_itself,
                    rx.el.p(t("系统已自动冻结。您可以按自己的理由冻结更久，两者各自解除。"), class_name="small muted"),
                ),
                rx.cond(~MisuseState.chosen_frozen | MisuseState.chosen_by_itself, _freeze_form()),
                class_name="stack",
                key=MisuseState.chosen,
            ),
            custom_attrs={"of": MisuseState.chosen},
        ),
    )


def _answer_form(row: rx.Var[FreezeRow]) -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="freeze_id", value=row.id),
        text_area(f"answer-{row.id}", t("给患者的答复"), name="answer", max_length=300, required=True),
        rx.el.div(
            rx.el.label(t("决定"), html_for=f"decision-{row.id}"),
            rx.el.select(
                rx.el.option(t("解除冻结"), value="lifted"),
                rx.el.option(t("维持冻结"), value="kept"),
                id=f"decision-{row.id}",
                name="decision",
                class_name="input",
            ),
            class_name="field",
        ),
        button(t("答复申诉"), type="submit", custom_attrs=WAITS),
        on_submit=MisuseState.decide,
        class_name="stack",
    )


def _freeze(row: rx.Var[FreezeRow]) -> rx.Component:
    return card(
        rx.el.p(rx.el.b(row.title), pill(row.word, row.tone), class_name="cluster"),
        rx.el.p(row.reason, class_name="as-written"),
        rx.el.p(row.span, class_name="small muted"),
        rx.cond(
            row.appeal != "",
            rx.el.div(
                rx.el.h3(t("申诉"), class_name="panel-sub"),
                rx.el.p(row.appeal, class_name="as-written"),
                class_name="stack-s",
            ),
        ),
        rx.cond(row.answer != "", rx.el.p(row.answer, class_name="small as-written")),
        rx.cond(row.open, _answer_form(row)),
        rx.cond(
            row.active & ~row.open,
            button(t("解除冻结"), kind="plain", on_click=MisuseState.unfreeze(row.account_id, row.id)),
        ),
        class_name="stack-s",
        key=row.id,
    )


def _freezes() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("冻结与申诉")),
        rx.cond(
            MisuseState.freezes.length() > 0,
            rx.el.div(rx.foreach(MisuseState.freezes, _freeze), class_name="stack"),
            empty("check", t("还没有冻结过账号。")),
        ),
        class_name="stack",
    )


def page() -> rx.Component:
    return staff_page(
        work_head(t("可疑账号"), note=MisuseState.note),
        rx.cond(
            MisuseState.loaded,
            rx.el.div(
                rx.el.div(
                    rx.el.div(_chosen(), id="chosen"),
                    _alerts(),
                    _suspects(),
                    class_name="stack",
                ),
                _freezes(),
                class_name="panels panels-even",
            ),
            rx.fragment(bones(4), bones(6)),
        ),
        menu=menus.HOSPITAL,
        current="/admin/misuse",
        hospital=Session.hospital,
        who=MisuseState.who,
    )
