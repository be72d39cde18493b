"""员工登录: the form itself speaks to the REST API; here is only where each role goes afterwards."""

import reflex as rx

from hospital_app.domain.authority import Right
from hospital_app.domain.identity import STAFF_ROLES, Role
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


class StaffSigninState(rx.State):
    #: The demonstration prints its accounts; the page says where.
    demo: bool = get_settings().profile == "demo"

    @handles(Right.OWN_SCREEN)
    async def load(self):
        actor = await actor_of(self)
        if actor.role in STAFF_ROLES:
            return rx.redirect(HOMES[actor.role], replace=True)


def to_staff_signin(here: str) -> rx.event.EventSpec:
    """Sign in as staff first, then come back to this page."""
    return rx.redirect(f"/staff?next={here}", replace=True)
