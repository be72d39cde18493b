"""The time that is left, by the server's clock."""

import reflex as rx

from pages.components.browser import CountdownElement


def countdown(*, now: rx.Var[int], until: rx.Var[int]) -> rx.Component:
    """Epoch seconds of the server. Announces 5 and 1 minute; at the end clicks what carries `data-gh-over`."""
    return CountdownElement.create(custom_attrs={"now": now, "until": until})
