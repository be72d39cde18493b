"""第二因素: what the enrolment page remembers; key and codes only for as long as they are needed."""

import asyncio

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.identity import STAFF_ROLES
from hospital_app.flows import second_factor
from hospital_app.services.second_factor import Standing
from state import wording
from state.access import handles
from state.given import a_form, a_text
from state.session import Reader, reader_of
from state.staff_signin import demonstrated, to_staff_signin


class SecondFactorState(rx.State):
    loaded: bool = False
    demo: bool = demonstrated()
    who: str = ""
    #: Whether this one has a second factor; whether the house demands one that is not there yet.
    enrolled: bool = False
    first: bool = False
    standing: str = ""
    codes_left: int = 0
    picture: str = ""
    secret: str = ""
    codes: list[str] = []
    _handle: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.reset()
        reader = await reader_of(self)
        actor = await asyncio.to_thread(reader.actor)
        if actor.role not in STAFF_ROLES:
            return to_staff_signin("/staff/second-factor")
        standing = await asyncio.to_thread(_standing, reader)
        self._show(standing, reader.lang)
        self.loaded = True
        if self.first:
            return SecondFactorState.begin
        # A passkey is the first second factor of many: its owner is given codes without having to ask.
        return SecondFactorState.renew_codes if standing.lacks_codes else None

    @handles(Right.OWN_ACCOUNT)
    async def begin(self):
        """Offer a key, the first or one for a new phone."""
        reader = await reader_of(self)
        offer = await asyncio.to_thread(lambda: second_factor.begin(reader.actor()))
        self._handle, self.picture = offer.handle, offer.picture
        self.secret = " ".join(offer.secret[i : i + 4] for i in range(0, len(offer.secret), 4))
        self.codes = []

    @handles(Right.OWN_ACCOUNT)
    async def confirm(self, form: dict):
        reader = await reader_of(self)
        code, handle = a_text(a_form(form).get("code")), self._handle
        codes = await asyncio.to_thread(lambda: second_factor.confirm(reader.actor(), handle=handle, code=code))
        await self._hand_over(codes, reader)

    @handles(Right.OWN_ACCOUNT)
    async def renew_codes(self):
        reader = await reader_of(self)
        codes = await asyncio.to_thread(lambda: second_factor.renew_codes(reader.actor()))
        await self._hand_over(codes, reader)

    async def _hand_over(self, codes: list[str], reader: Reader) -> None:
        self._show(await asyncio.to_thread(_standing, reader), reader.lang)
        self.codes, self.picture, self.secret, self._handle = codes, "", "", ""

    def _show(self, standing: Standing, lang: str) -> None:
        self.who = f"{standing.name} · {standing.staff_no}"
        self.enrolled, self.codes_left = standing.enrolled, standing.recovery_codes
        self.first = not standing.enrolled
        since, count = standing.totp_since, standing.passkeys
        app = [say("验证器应用 · {day}绑定", lang, day=wording.day(since.date(), lang))] if since else []
        devices = [say("指纹/面容 · {count} 台设备", lang, count=count)] if count else []
        self.standing = " / ".join(app + devices)


def _standing(reader: Reader) -> Standing:
    return second_factor.standing(reader.actor())
