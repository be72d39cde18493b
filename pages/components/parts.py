"""The small parts: card, section, pill, button, row, box, empty state, skeleton."""

from collections.abc import Sequence

import reflex as rx

from pages.components.browser import does
from pages.components.icons import icon
from pages.components.text import t

Text = rx.Var[str] | str


def card(*children: rx.Component, class_name: Text = "", **props: object) -> rx.Component:
    return rx.el.div(*children, class_name=f"card {class_name}", **props)


def section(title: Text, *children: rx.Component, **props: object) -> rx.Component:
    return rx.el.section(rx.el.h2(title), *children, class_name="section", **props)


def section_with_link(title: Text, more: Text, to: Text, *children: rx.Component) -> rx.Component:
    head = rx.el.div(rx.el.h2(title), rx.el.a(more, href=to, class_name="text-link"), class_name="section-head")
    return rx.el.section(head, *children, class_name="section")


def pill(word: Text, tone: Text = "still") -> rx.Component:
    """`tone`: ok warn loss still brand. The word says it, the colour repeats it."""
    return rx.el.span(word, class_name=f"pill tone-{tone}")


def button(label: Text, *before: rx.Component, kind: str = "primary", **props: object) -> rx.Component:
    """`kind`: primary plain soft warn loss loss-solid, further classes after a space (`primary btn-block`)."""
    props.setdefault("type", "button")
    return rx.el.button(*before, label, class_name=f"btn btn-{kind}", **props)


def button_link(label: Text, to: Text, *before: rx.Component, kind: str = "primary", **props: object) -> rx.Component:
    return rx.el.a(*before, label, href=to, class_name=f"btn btn-{kind}", **props)


def row_link(title: Text, to: Text, *, glyph: str = "", note: rx.Component | None = None) -> rx.Component:
    return rx.el.a(
        *([icon(glyph)] if glyph else []),
        rx.el.span(rx.el.span(title, class_name="row-title"), *([note] if note else []), class_name="row-body"),
        icon("next", 20),
        href=to,
        class_name="row",
    )


def pairs(rows: Sequence[tuple[Text, rx.Component | Text]]) -> rx.Component:
    """Names at the left, values at the right."""
    cells = [cell for name, value in rows for cell in (rx.el.dt(name), rx.el.dd(value))]
    return rx.el.dl(*cells, class_name="pairs")


def prove_first(said: Text, here: str) -> rx.Component:
    """What is shown where a new sign-in is wanted before going on; it leads back `here`."""
    return box("info", rx.el.p(said), button_link(t("重新登录验证"), f"/signin?next={here}", kind="plain"))


_BOX_ICONS = {"info": "info", "warn": "warning", "loss": "warning", "ok": "check"}


def box(kind: str, *children: rx.Component | Text, **props: object) -> rx.Component:
    """Something the reader must notice. `kind`: info warn loss ok."""
    return rx.el.div(
        icon(_BOX_ICONS[kind]), rx.el.div(*children, class_name="grow stack-s"), class_name=f"box box-{kind}", **props
    )


def empty(glyph: str, reason: Text, *next_steps: rx.Component) -> rx.Component:
    """Why there is nothing here, and what to do about it."""
    return rx.el.div(icon(glyph, 44), rx.el.p(reason), *next_steps, class_name="empty card")


def bones(lines: int = 3) -> rx.Component:
    """What stands here while the data is on its way."""
    return rx.el.div(
        *[rx.el.div(class_name="bone") for _ in range(lines)],
        class_name="card bones",
        custom_attrs={"aria-hidden": "true"},
    )


def loading(*lines: int) -> rx.Component:
    """The page while its data is on the way: one card of bones for each number; after some seconds, what to do."""
    return rx.el.div(
        *[bones(count) for count in lines],
        rx.el.div(
            rx.el.p(t("还没有加载出来。请看上面的提示，或者重新加载。"), class_name="muted"),
            rx.el.button(t("重新加载"), type="button", class_name="btn btn-plain", custom_attrs=does("reload")),
            class_name="late",
        ),
        class_name="col",
    )


def live_badge(text: Text) -> rx.Component:
    return rx.el.p(text, class_name="live")
