"""指纹/面容登录：the account's own passkeys. Adding one goes over REST (assets/passkey.js), then this reads again."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.flows import passkeys
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.passkeys import PasskeyView
from state import wording
from state.access import handles
from state.given import a_form, a_text, an_id
from state.session import Reader, reader_of


@dataclass(frozen=True)
class PasskeyRow:
    """`used`: when it was added and used last, in words."""

    id: str
    label: str
    used: str


class PasskeysState(rx.State):
    keys: list[PasskeyRow] = []
    can_add: bool = True
    #: Id of the one that is being given another name.
    naming: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_read, reader), reader.lang)
        self.naming = ""

    @handles(Right.OWN_SCREEN)
    async def start_naming(self, passkey_id: str):
        self.naming = a_text(passkey_id)

    @handles(Right.OWN_SCREEN)
    async def stop_naming(self):
        self.naming = ""

    @handles(Right.OWN_ACCOUNT)
    async def rename(self, form: dict):
        reader, given = await reader_of(self), a_form(form)
        seen = await asyncio.to_thread(_rename, reader, an_id(given.get("passkey_id")), a_text(given.get("label")))
        self._show(seen, reader.lang)
        self.naming = ""

    @handles(Right.OWN_ACCOUNT)
    async def revoke(self, passkey_id: str):
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_revoke, reader, an_id(passkey_id)), reader.lang)

    def _show(self, seen: list[PasskeyView], lang: str) -> None:
        self.keys = [_row(each, lang) for each in seen]
        self.can_add = len(seen) < rules_known().passkeys_per_holder


def _read(reader: Reader) -> list[PasskeyView]:
    actor = reader.actor()
    return passkeys.listing(actor) if actor.signed_in else []


def _rename(reader: Reader, passkey_id: int, label: str) -> list[PasskeyView]:
    passkeys.rename(reader.actor(), passkey_id=passkey_id, label=label)
    return _read(reader)


def _revoke(reader: Reader, passkey_id: int) -> list[PasskeyView]:
    passkeys.revoke(reader.actor(), passkey_id=passkey_id)
    return _read(reader)


def _row(key: PasskeyView, lang: str) -> PasskeyRow:
    today = clinic_day(clock.now())
    added = say("{day}添加", lang, day=wording.day(clinic_day(key.created_at), lang))
    if key.used_at is None:
        return PasskeyRow(str(key.id), say(key.label, lang), f"{added} · {say('还没用过', lang)}")
    on = clinic_day(key.used_at)
    at = wording.clock_time(local(key.used_at)) if on == today else wording.day(on, lang)
    return PasskeyRow(str(key.id), say(key.label, lang), f"{added} · {say('上次使用 {at}', lang, at=at)}")
