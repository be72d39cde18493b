"""我的: account, family members, language, text size, sign out."""

import reflex as rx

from pages.components.browser import does, plain_link
from pages.components.frozen import frozen_banner
from pages.components.icons import icon
from pages.components.layout import patient_page, top_bar
from pages.components.parts import Text, button, button_link, card, loading, row_link, section
from pages.components.person_form import add_person_form, complete_person_form, insurance_form, resident_id_form
from pages.components.sheet import sheet
from pages.components.text import IS_ENGLISH, t
from state.cards import PatientChoice
from state.me import MeState
from state.session import Session


def _account() -> rx.Component:
    return rx.cond(
        MeState.signed_in,
        card(
            rx.el.span(icon("person", 28), class_name="avatar avatar-s"),
            rx.el.div(
                rx.el.p(rx.el.b(rx.cond(MeState.name != "", MeState.name, t("已登录")))),
                rx.el.p(t("已用手机号登录"), class_name="small muted"),
                class_name="grow",
            ),
            class_name="doctor",
            style={"alignItems": "center"},
        ),
        card(
            rx.el.p(t("登录后可以挂号、管理就诊人、查看候诊进度。")),
            button_link(t("登录"), "/signin?next=/me", kind="primary btn-block"),
            class_name="stack",
        ),
    )


def _links() -> rx.Component:
    return card(
        row_link(t("我的挂号"), "/appointments", glyph="note"),
        row_link(t("我的账单"), "/bills", glyph="wallet"),
        row_link(t("候诊进度"), "/queue", glyph="clock"),
        row_link(
            t("消息中心"),
            "/messages",
            glyph="bell",
            note=rx.cond(
                MeState.unread > 0, rx.el.span(t("{count} 条未读", count=MeState.unread), class_name="small ink-brand")
            ),
        ),
        row_link(t("账号与安全"), "/me/security", glyph="shield"),
        row_link(t("隐私与数据"), "/me/privacy", glyph="lock"),
        class_name="card-flush rows",
    )


def _patient(patient: rx.Var[PatientChoice]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    rx.el.b(patient.name), rx.el.span(patient.relation, class_name="small muted"), class_name="cluster"
                ),
                rx.el.p(
                    rx.cond(patient.missing_word != "", patient.missing_word, patient.document),
                    class_name=rx.cond(patient.missing_word != "", "small ink-warn", "small muted"),
                ),
                rx.cond(patient.insurance != "", rx.el.p(patient.insurance, class_name="small muted")),
                class_name="row-body",
            ),
            rx.cond(
                patient.lacks_details & (MeState.completing != patient.id),
                button(t("补全"), kind="plain", on_click=MeState.start_completing(patient.id)),
            ),
            rx.el.button(
                icon("trash", 22),
                type="button",
                class_name="icon-btn",
                custom_attrs={
                    **does("open", f"#remove-{patient.id}"),
                    "aria-label": t("移除就诊人 {name}", name=patient.name),
                },
            ),
            class_name="row",
        ),
        rx.cond(
            MeState.completing == patient.id,
            rx.el.div(
                complete_person_form(patient.id, patient.missing, after=MeState.take_person),
                style={"paddingBottom": "1rem"},
            ),
        ),
        rx.cond(
            MeState.insuring == patient.id,
            rx.el.div(insurance_form(patient.id, after=MeState.take_person), style={"paddingBottom": "1rem"}),
            rx.cond(
                ~patient.lacks_details,
                rx.el.button(
                    rx.cond(patient.insurance != "", t("更换医保号"), t("填写医保号")),
                    rx.el.span(" ", patient.name, class_name="sr"),
                    type="button",
                    class_name="text-link",
                    on_click=MeState.start_insuring(patient.id),
                ),
            ),
        ),
        rx.cond(
            MeState.renewing == patient.id,
            rx.el.div(resident_id_form(patient.id, after=MeState.take_person), style={"paddingBottom": "1rem"}),
            rx.cond(
                patient.certificate,
                rx.el.button(
                    t("孩子有身份证了"),
                    rx.el.span(" ", patient.name, class_name="sr"),
                    type="button",
                    class_name="text-link",
                    on_click=MeState.start_renewing(patient.id),
                ),
            ),
        ),
        sheet(
            f"remove-{patient.id}",
            t("移除就诊人？"),
            rx.el.p(t("只从您的列表里移除，已有的挂号不受影响，以后可以再添加。")),
            rx.el.div(
                button(t("移除"), kind="loss-solid", on_click=MeState.remove(patient.id), custom_attrs=does("close")),
                button(t("不移除"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )


def _patients() -> rx.Component:
    return section(
        t("就诊人"),
        rx.cond(
            MeState.patients.length() > 0,
            card(rx.el.ul(rx.foreach(MeState.patients, _patient), class_name="rows"), class_name="card-flush"),
            rx.el.p(t("还没有就诊人，添加后就能挂号。"), class_name="muted"),
        ),
        rx.cond(
            MeState.adding,
            card(
                rx.el.h3(t("添加就诊人")),
                add_person_form(
                    button(t("先不添加"), kind="soft btn-block", on_click=MeState.stop_adding),
                    after=MeState.take_person,
                ),
                class_name="stack",
            ),
            rx.cond(
                MeState.can_add,
                rx.el.button(
                    icon("plus", 20),
                    t("添加就诊人"),
                    type="button",
                    class_name="btn btn-soft",
                    on_click=MeState.start_adding,
                ),
                rx.el.p(t("就诊人已达上限，移除一位后才能再添加。"), class_name="small muted"),
            ),
        ),
    )


def _option(label: Text, action: str, to: str, pressed: rx.Var[bool] | None = None) -> rx.Component:
    attrs: dict[str, object] = dict(does(action, to))
    if pressed is not None:
        attrs["aria-pressed"] = pressed
    return rx.el.button(label, type="button", class_name="chip", custom_attrs=attrs)


def _settings() -> rx.Component:
    return section(
        t("显示"),
        card(
            rx.el.div(
                rx.el.p(icon("globe", 20), "语言 / Language", class_name="cluster"),
                rx.el.div(
                    _option("中文", "lang", "zh", ~IS_ENGLISH),
                    _option("English", "lang", "en", IS_ENGLISH),
                    class_name="chips",
                ),
                class_name="stack-s",
            ),
            rx.el.div(
                rx.el.p(t("文字大小")),
                rx.el.div(_option(t("大字 / 标准，点一下切换"), "size", ""), class_name="chips"),
                class_name="stack-s",
            ),
            rx.el.div(
                rx.el.p(t("明暗")),
                rx.el.div(
                    _option(t("跟随手机"), "theme", "system"),
                    _option(t("浅色"), "theme", "light"),
                    _option(t("深色"), "theme", "dark"),
                    class_name="chips",
                ),
                class_name="stack-s",
            ),
            class_name="stack",
        ),
    )


def page() -> rx.Component:
    return patient_page(
        top_bar(t("我的")),
        rx.cond(
            MeState.loaded,
            rx.fragment(frozen_banner(), _account(), rx.cond(MeState.signed_in, rx.fragment(_links(), _patients()))),
            loading(2, 3),
        ),
        _settings(),
        plain_link(
            icon("phone", 20),
            t("打电话问医院 {phone}", phone=Session.phone),
            href=f"tel:{Session.phone}",
            class_name="btn btn-soft btn-block",
        ),
        rx.cond(
            MeState.signed_in,
            button(t("退出登录"), icon("out", 20), kind="plain btn-block", custom_attrs=does("signout")),
        ),
        tab="me",
    )
