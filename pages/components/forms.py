"""Form fields: label above, hint under it, the error says how to put it right."""

import reflex as rx

from pages.components.icons import icon
from pages.components.parts import Text
from state.administering import Option


def _error(id_: str, error: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.cond(error != "", rx.el.p(icon("warning", 18), error, class_name="error")),
        id=f"{id_}-error",
        custom_attrs={"aria-live": "polite"},
    )


def _described(id_: str, hint: Text | None, error: rx.Var[str] | None) -> dict[str, object]:
    ids = ([f"{id_}-hint"] if hint is not None else []) + ([f"{id_}-error"] if error is not None else [])
    attrs: dict[str, object] = {"aria-describedby": " ".join(ids)} if ids else {}
    if error is not None:
        attrs["aria-invalid"] = error != ""
    return attrs


def field(
    id_: str, label: Text, *, hint: Text | None = None, error: rx.Var[str] | None = None, **props: object
) -> rx.Component:
    """One line of input. `error`: a Var, empty while all is well."""
    props.setdefault("name", id_)
    attrs = {**_described(id_, hint, error), **props.pop("custom_attrs", {})}  # type: ignore[dict-item]
    return rx.el.div(
        rx.el.label(label, html_for=id_),
        *([rx.el.p(hint, id=f"{id_}-hint", class_name="hint")] if hint is not None else []),
        rx.el.input(id=id_, class_name="input", custom_attrs=attrs, **props),
        *([_error(id_, error)] if error is not None else []),
        class_name="field",
    )


def text_area(
    id_: Text, label: Text, *, hint: Text | None = None, error: rx.Var[str] | None = None, **props: object
) -> rx.Component:
    """Several lines of input."""
    props.setdefault("name", id_)
    props.setdefault("rows", 3)
    return rx.el.div(
        rx.el.label(label, html_for=id_),
        *([rx.el.p(hint, id=f"{id_}-hint", class_name="hint")] if hint is not None else []),
        rx.el.textarea(id=id_, class_name="input input-long", custom_attrs=_described(f"{id_}", hint, error), **props),
        *([_error(f"{id_}", error)] if error is not None else []),
        class_name="field",
    )


def select_field(
    id_: str,
    label: Text,
    options: list[tuple[str, Text]],
    *,
    hint: Text | None = None,
    error: rx.Var[str] | None = None,
    **props: object,
) -> rx.Component:
    props.setdefault("name", id_)
    return rx.el.div(
        rx.el.label(label, html_for=id_),
        *([rx.el.p(hint, id=f"{id_}-hint", class_name="hint")] if hint is not None else []),
        rx.el.select(
            *[rx.el.option(text, value=value) for value, text in options],
            id=id_,
            class_name="input",
            custom_attrs=_described(id_, hint, error),
            **props,
        ),
        *([_error(id_, error)] if error is not None else []),
        class_name="field",
    )


def tick(name: str, *content: rx.Component | Text, **props: object) -> rx.Component:
    """One box to tick, with the whole sentence inside its label."""
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, value="yes", **props),
        rx.el.span(*content, class_name="grow"),
        class_name="check",
    )


def pick_field(
    id_: str,
    label: Text,
    options: rx.Var[list[Option]],
    *,
    none: Text | None = None,
    hint: Text | None = None,
    **props: object,
) -> rx.Component:
    """Like `select_field`, for choices that come with the data; `none`: what stands for choosing nothing."""
    props.setdefault("name", id_)
    return rx.el.div(
        rx.el.label(label, html_for=id_),
        *([rx.el.p(hint, id=f"{id_}-hint", class_name="hint")] if hint is not None else []),
        rx.el.select(
            *([rx.el.option(none, value="")] if none is not None else []),
            rx.foreach(options, lambda option: rx.el.option(option.label, value=option.value)),
            id=id_,
            class_name="input",
            custom_attrs=_described(id_, hint, None),
            **props,
        ),
        class_name="field",
    )


def long_field(id_: str, label: Text, *, hint: Text | None = None, **props: object) -> rx.Component:
    """Several lines of input."""
    props.setdefault("name", id_)
    return rx.el.div(
        rx.el.label(label, html_for=id_),
        *([rx.el.p(hint, id=f"{id_}-hint", class_name="hint")] if hint is not None else []),
        rx.el.textarea(id=id_, class_name="input", rows="4", custom_attrs=_described(id_, hint, None), **props),
        class_name="field",
    )


def choices(legend: Text, *options: rx.Component, hidden_legend: bool = False) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(legend, class_name="sr" if hidden_legend else "legend"),
        rx.el.div(*options, class_name="choices"),
    )


def choice(name: str, value: Text, *content: rx.Component, **props: object) -> rx.Component:
    """One radio button with everything that belongs to it inside its label."""
    return rx.el.label(
        rx.el.input(type="radio", name=name, value=value, **props),
        *content,
        class_name="choice",
    )
