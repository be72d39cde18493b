"""门诊卡片 at a counter: where and what it costs, with its half hours as chips."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from pages.components.parts import card


def clinic_cards(clinics: rx.Var[list[Any]], chip: Callable[[Any], rx.Component]) -> rx.Component:
    """Each clinic has `title`, `note`, `fee`, `key` and `periods`, which `chip` draws."""

    def one(clinic: Any) -> rx.Component:
        return card(
            rx.el.div(
                rx.el.div(
                    rx.el.h3(clinic.title), rx.el.p(clinic.note, class_name="small muted"), class_name="row-body"
                ),
                rx.el.b(clinic.fee, class_name="counter-fee"),
                class_name="counter-clinic",
            ),
            rx.el.ul(rx.foreach(clinic.periods, chip), class_name="slots"),
            class_name="stack",
            key=clinic.key,
        )

    return rx.el.div(rx.foreach(clinics, one), class_name="counter-clinics")
