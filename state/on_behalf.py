"""窗口代办: the reason that a clerk has chosen for what is done next. Patients never see it."""

import reflex as rx

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.identity import Actor
from hospital_app.domain.on_behalf import Reason, Why
from state.access import handles
from state.given import a_text


class OnBehalfState(rx.State):
    #: Whether the one at this screen acts for others.
    asked: bool = False
    why: str = ""
    note: str = ""
    #: Whom or what it was chosen for: it counts for nothing else.
    _subject: str = ""

    @handles(Right.OWN_SCREEN)
    async def choose(self, why: str):
        self.why = a_text(why)

    @handles(Right.OWN_SCREEN)
    async def write(self, note: str):
        self.note = a_text(note)


async def begin(state: rx.State, actor: Actor, right: Right, subject: str) -> None:
    """For what is on the screen now."""
    behalf = await state.get_state(OnBehalfState)
    behalf.asked = authority.acts_for_others(actor, right)
    if subject != behalf._subject:
        behalf._subject, behalf.why, behalf.note = subject, "", ""


async def reason_for(state: rx.State, subject: str) -> Reason | None:
    """None: nothing was chosen for this one. The services refuse a clerk then."""
    behalf = await state.get_state(OnBehalfState)
    if subject != behalf._subject or behalf.why not in set(Why):
        return None
    return Reason(Why(behalf.why), behalf.note)
