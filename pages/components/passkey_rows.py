"""指纹/面容登录 in the account's settings: which devices open it; add one, name it, remove it."""

import reflex as rx
from reflex.event import EventHandler

from pages.components.browser import does
from pages.components.icons import icon
from pages.components.parts import Text, button, card, section
from pages.components.passkey_browser import passkey_button
from pages.components.sheet import sheet
from pages.components.text import t
from state.passkeys import PasskeyRow, PasskeysState


def _naming(key: rx.Var[PasskeyRow]) -> rx.Component:
    field = f"passkey-label-{key.id}"
    return rx.el.form(
        rx.el.input(type="hidden", name="passkey_id", value=key.id),
        rx.el.div(
            rx.el.label(t("名称"), html_for=field),
            rx.el.input(
                id=field, name="label", default_value=key.label, max_length=40, auto_focus=True, class_name="input"
            ),
            class_name="field",
        ),
        rx.el.div(
            button(t("保存"), type="submit"),
            button(t("不改了"), kind="plain", on_click=PasskeysState.stop_naming),
            class_name="btn-row",
        ),
        on_submit=PasskeysState.rename,
        class_name="stack",
        style={"paddingBottom": "1rem"},
    )


def _row(key: rx.Var[PasskeyRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            icon("face"),
            rx.el.div(
                rx.el.p(key.label, class_name="row-title"),
                rx.el.p(key.used, class_name="small muted"),
                class_name="row-body",
            ),
            rx.cond(
                PasskeysState.naming != key.id,
                rx.el.button(
                    t("改名"),
                    type="button",
                    class_name="btn btn-plain",
                    on_click=PasskeysState.start_naming(key.id),
                    custom_attrs={"aria-label": t("给“{label}”改名", label=key.label)},
                ),
            ),
            rx.el.button(
                icon("trash", 22),
                type="button",
                class_name="icon-btn",
                custom_attrs={
                    **does("open", f"#passkey-remove-{key.id}"),
                    "aria-label": t("移除“{label}”", label=key.label),
                },
            ),
            class_name="row",
        ),
        rx.cond(PasskeysState.naming == key.id, _naming(key)),
        sheet(
            f"passkey-remove-{key.id}",
            t("移除“{label}”？", label=key.label),
            rx.el.p(t("移除后不能再用它登录；已经登录的设备不受影响。")),
            rx.el.div(
                button(t("移除"), kind="loss-solid", on_click=PasskeysState.revoke(key.id), custom_attrs=does("close")),
                button(t("不移除"), kind="plain", custom_attrs=does("close")),
                class_name="btn-row",
            ),
        ),
    )


def _section(title: Text, nothing_yet: Text, *after: EventHandler) -> rx.Component:
    """`after`: what the page reads again when a new one is kept."""
    return section(
        title,
        rx.cond(
            PasskeysState.keys.length() > 0,
            card(rx.el.ul(rx.foreach(PasskeysState.keys, _row), class_name="rows"), class_name="card-flush"),
            rx.el.p(nothing_yet, class_name="muted"),
        ),
        rx.cond(
            PasskeysState.can_add,
            passkey_button("add", t("添加这台设备"), kind="plain"),
            rx.el.p(t("已达上限，移除一个不用的以后才能再添加。"), class_name="small muted"),
        ),
        # Pressed by assets/passkey.js.
        rx.el.button(
            type="button",
            hidden=True,
            on_click=[PasskeysState.load, *after],
            custom_attrs={"data-gh-passkey-added": ""},
        ),
    )


def passkey_rows() -> rx.Component:
    """Of a patient, to whom they are a way in."""
    return _section(
        t("指纹/面容登录"),
        t("还没有添加。添加这台设备以后，用指纹、面容或锁屏密码就能登录，不用等短信。"),
    )


def passkey_factor_rows(after: EventHandler) -> rx.Component:
    """Of a member of staff, to whom they are a second factor."""
    return _section(
        t("指纹、面容或安全密钥"), t("还没有添加。添加以后，登录时用指纹、面容或安全密钥代替动态码。"), after
    )
