"""The door to assets/passkey.js: a button that asks for a finger or a face. Only pages that need it load it."""

import reflex as rx

from pages.components.browser import CustomElement
from pages.components.icons import icon
from pages.components.parts import Text


class PasskeyElement(CustomElement):
    """`data-task`: signin, add, or prove (a second factor, in the form that asks for it).

    Hides its button where passkeys cannot work, and says why.
    """

    tag = "passkey"


def passkey_button(task: str, label: Text, *, kind: str) -> rx.Component:
    return rx.fragment(
        # React puts it once into the head, also when the page is reached by a link inside the app.
        rx.el.script(src="/passkey.js", custom_attrs={"async": True}),
        PasskeyElement.create(
            rx.el.button(icon("face"), label, type="button", class_name=f"btn btn-block btn-{kind}"),
            rx.el.p(class_name="error", role="status", custom_attrs={"data-passkey-told": ""}),
            class_name="stack-s",
            custom_attrs={"data-task": task},
        ),
    )
