"""自助签到机."""

import asyncio
from typing import Any

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, Scope, scope_of
from hospital_app.domain.errors import Refusal
from hospital_app.flows import waiting
from hospital_app.services.waiting import Position
from state import wording
from state.access import handles
from state.given import a_text
from state.session import actor_of, lang_of
from state.staff_signin import to_staff_signin

QR_PREFIX = "GH1."


class KioskState(rx.State):
    """One patient after the other; nothing of the last one stays."""

    #: start, done or refused
    phase: str = "start"
    ticket_no: str = ""
    room: str = ""
    place: str = ""
    doctor: str = ""
    ahead: str = ""
    eta: str = ""
    problem: str = ""
    #: Counts the tries, so that the same answer twice is announced twice.
    tries: int = 0

    @handles(Right.OWN_SCREEN)
    async def load(self):
        actor = await actor_of(self)
        if scope_of(actor, Right.CHECK_IN) is not Scope.ALL:
            self._forget()
            return to_staff_signin("/kiosk")
        # After a lost connection the browser first sends what was presented meanwhile, then loads: the answer stays.
        return None

    @handles(Right.CHECK_IN)
    async def present(self, form: dict[str, Any]):
        """What was scanned or typed: the slip's QR, or its eight digits."""
        shown = a_text(form.get("shown") if isinstance(form, dict) else None).strip()
        actor, lang = await actor_of(self), await lang_of(self)
        self._forget()
        self.tries += 1
        presented = {"qr": shown} if shown.startswith(QR_PREFIX) or len(shown) > 12 else {"code": shown}
        try:
            position = await asyncio.to_thread(waiting.check_in, actor, **presented)
        except Refusal as refusal:
            # Said large where the patient looks, and gone with the next one: not in the notice line.
            if refusal.status in {401, 403}:
                raise
            values = {name: str(value) for name, value in refusal.params.items()}
            self.phase, self.problem = "refused", say(refusal.template, lang, **values)
            return
        self._show(position, lang)

    @handles(Right.OWN_SCREEN)
    async def again(self):
        self._forget()

    def _forget(self) -> None:
        self.phase = "start"
        self.ticket_no = self.room = self.place = self.doctor = self.ahead = self.eta = self.problem = ""

    def _show(self, position: Position, lang: str) -> None:
        self.phase = "done"
        self.ticket_no, self.room = position.ticket_no, position.room
        self.place = f"{say(position.location, lang)} {say(position.area_name, lang)}"
        who = wording.doctor(position.doctor_name, position.doctor_title, lang)
        self.doctor = f"{say(position.department_name, lang)} · {who}"
        self.ahead = (
            say("前面还有 {ahead} 位", lang, ahead=position.ahead) if position.ahead else say("下一位就是您", lang)
        )
        self.eta = say("预计等候 {low}–{high} 分钟", lang, low=position.eta_low, high=position.eta_high)
