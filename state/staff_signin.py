"""员工登录: the form itself speaks to the REST API; here is only where each role goes afterwards."""

import reflex as rx

from hospital_app.domain.authority import Right, may
from hospital_app.domain.identity import STAFF_ROLES, Actor, Role
from hospital_app.settings import get_settings
from state.access import handles
from state.session import actor_of

HOMES = {
    Role.DOCTOR: "/desk",
    Role.HOSPITAL_ADMIN: "/admin",
    Role.DEPARTMENT_ADMIN: "/admin",
    Role.CLERK: "/kiosk",
    Role.KIOSK: "/kiosk",
}
SECOND_FACTOR = "/staff/second-factor"


def demonstrated() -> bool:
    """Whether this is the demonstration, whose pages say where its pretended outside world is."""
    return get_settings().profile == "demo"


class StaffSigninState(rx.State):
    #: The demonstration prints its accounts; the page says where.
    demo: bool = demonstrated()

    @handles(Right.OWN_SCREEN)
    async def load(self):
        actor = await actor_of(self)
        if actor.role in STAFF_ROLES:
            return rx.redirect(SECOND_FACTOR if actor.incomplete else HOMES[actor.role], replace=True)


def to_staff_signin(here: str) -> rx.event.EventSpec:
    """Sign in as staff first, then come back to this page."""
    return rx.redirect(f"/staff?next={here}", replace=True)


def turned_away(actor: Actor, right: Right, here: str) -> rx.event.EventSpec | None:
    """Where somebody must go before this page is theirs; None: it is."""
    if actor.incomplete:
        return rx.redirect(SECOND_FACTOR, replace=True)
    return None if may(actor, right) else to_staff_signin(here)
