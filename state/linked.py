"""绑定的微信、支付宝 in the account's settings. Linking goes over REST (the browser leaves for the vendor's page)."""

import asyncio
from dataclasses import dataclass
from typing import Any

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import malformed
from hospital_app.domain.linking import WORDS, Provider
from hospital_app.flows import quick_login
from hospital_app.services.linked_identities import LinkView
from state import wording
from state.access import handles
from state.given import a_text
from state.session import Reader, reader_of


@dataclass(frozen=True)
class LinkedRow:
    """One vendor that is offered or linked. `since`: when it was linked and used last, in words; empty: it is not."""

    provider: str
    word: str
    since: str


class LinkedState(rx.State):
    rows: list[LinkedRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_read, reader), reader.lang)

    @handles(Right.OWN_ACCOUNT)
    async def unlink(self, provider: str):
        reader, chosen = await reader_of(self), _a_provider(provider)
        self._show(await asyncio.to_thread(_unlink, reader, chosen), reader.lang)

    def _show(self, links: list[LinkView], lang: str) -> None:
        known = {link.provider: link for link in links}
        shown = [each for each in Provider if each in known or each in quick_login.offered()]
        self.rows = [
            LinkedRow(each.value, say(WORDS[each], lang), _since(known[each], lang) if each in known else "")
            for each in shown
        ]


def _a_provider(value: Any) -> Provider:
    name = a_text(value)
    if name not in list(Provider):
        raise malformed("登录方式")
    return Provider(name)


def _since(link: LinkView, lang: str) -> str:
    today = clinic_day(clock.now())
    linked = wording.day_and_weekday(clinic_day(link.linked_at), lang, today=today)
    if link.used_at is None:
        return say("{linked} 绑定", lang, linked=linked)
    used = wording.day_and_weekday(clinic_day(link.used_at), lang, today=today)
    return say("{linked} 绑定，最近使用 {used}", lang, linked=linked, used=used)


def _read(reader: Reader) -> list[LinkView]:
    """Nothing for somebody who is not signed in as a patient."""
    actor = reader.actor()
    return quick_login.links(actor) if actor.account_id is not None else []


def _unlink(reader: Reader, provider: Provider) -> list[LinkView]:
    actor = reader.actor()
    quick_login.unlink(actor, provider=provider)
    return quick_login.links(actor)
