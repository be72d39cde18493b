"""Cards that several patient pages show."""

import reflex as rx

from pages.components.icons import icon
from pages.components.parts import Text, button_link, card, pill
from pages.components.text import t
from state.cards import DepartmentTile, DoctorCard, VisitCard


def face(mark: Text, photo: rx.Var[str], name: Text, *, size: str = "") -> rx.Component:
    """The doctor's photo; for who has none, or until it comes, the first character of the name."""
    return rx.el.span(
        rx.el.span(mark, custom_attrs={"aria-hidden": "true"}),
        rx.cond(
            photo != "",
            rx.el.img(src=photo, alt=t("{name}的照片", name=name), loading="lazy", width="56", height="56"),
        ),
        class_name=f"avatar {size}",
    )


def doctor_card(doctor: rx.Var[DoctorCard]) -> rx.Component:
    return rx.el.a(
        face(doctor.mark, doctor.photo, doctor.name),
        rx.el.span(
            rx.el.span(
                rx.el.span(doctor.name, class_name="doctor-name"),
                rx.el.span(doctor.title, class_name="muted"),
                class_name="doctor-head",
            ),
            rx.el.span(doctor.department, class_name="small"),
            rx.el.span(doctor.specialty, class_name="small muted clip2"),
            rx.el.span(
                rx.el.span(
                    pill(doctor.word, doctor.tone),
                    rx.cond(doctor.rating != "", rx.el.span(icon("star", 16), doctor.rating, class_name="star")),
                    class_name="cluster",
                ),
                rx.el.span(doctor.fee, class_name="ink-brand nowrap", style={"fontWeight": "700"}),
                class_name="spread",
                style={"marginTop": "0.375rem"},
            ),
            class_name="doctor-body",
        ),
        href=doctor.href,
        class_name="card doctor",
    )


def department_tile(department: rx.Var[DepartmentTile]) -> rx.Component:
    return rx.el.a(
        rx.el.b(department.name),
        rx.el.span(department.note, class_name=f"ink-{department.tone}"),
        rx.cond(department.more != "", rx.el.span(department.more, class_name="ink-still")),
        href=department.href,
        class_name="place",
    )


def visit_card(visit: rx.Var[VisitCard]) -> rx.Component:
    return card(
        rx.el.div(rx.el.h2(visit.when), pill(visit.word, visit.tone), class_name="spread"),
        rx.el.p(visit.title),
        rx.el.p(visit.who, class_name="small muted"),
        rx.el.p(visit.where, class_name="small muted"),
        rx.el.div(
            rx.cond(visit.action != "", button_link(visit.action, visit.href)),
            button_link(t("详情"), f"/appointment/{visit.no}", kind="plain"),
            class_name="btn-row",
            style={"marginTop": "0.5rem"},
        ),
        class_name="stack-s",
    )
