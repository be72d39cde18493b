"""我的挂号, and 我的候补: what is held for me, where I stand, what ended."""

import asyncio
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.domain.authority import Right
from hospital_app.flows import booking, waitlist
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.waitlist import EntryView
from state import waits
from state.access import handles
from state.cards import VisitCard, is_coming, visit_card
from state.given import a_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.session import Reader, reader_of, to_signin
from state.steady import attempt
from state.waits import EndedCard, OfferCard, WaitCard


@dataclass(frozen=True)
class Found:
    """An account's appointments, and its places in lines."""

    seen: list[AppointmentView]
    entries: list[EntryView]


class AppointmentsState(rx.State):
    loaded: bool = False
    offers: list[OfferCard] = []
    waits: list[WaitCard] = []
    ended: list[EndedCard] = []
    #: The place in line that is about to be left: its id, empty for none.
    leaving: str = ""
    coming: list[VisitCard] = []
    past: list[VisitCard] = []
    #: Epoch seconds, the server's.
    server_now: int = 0

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        found = await asyncio.to_thread(_read, reader)
        if found is None:
            return to_signin(self)
        self.leaving = ""
        self._show(found, reader.lang)
        self.loaded = True
        return AppointmentsState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        topic = f"account:{reader.actor().account_id}"
        last = None
        async for _ in hub.changes(topic):
            found = await attempt(partial(_read, reader))
            if found is not None and found != last:
                async with self:
                    self._show(found, reader.lang)
            last = found

    @handles(Right.OWN_SCREEN)
    async def ask_leave(self, entry_id: str):
        self.leaving = a_text(entry_id)

    @handles(Right.OWN_SCREEN)
    async def stay(self):
        self.leaving = ""

    @handles(Right.CANCEL)
    async def leave(self, entry_id: str):
        reader = await reader_of(self)
        found = await asyncio.to_thread(_leave, reader, an_id(entry_id))
        self.leaving = ""
        self._show(found, reader.lang)
        return NoticeState.show("已退出候补。")

    def _show(self, found: Found, lang: str) -> None:
        now = clock.now()
        self.server_now = int(now.timestamp())
        self.offers = waits.offers(found.entries, found.seen, lang, now=now)
        self.waits = waits.waits(found.entries, lang, now=now)
        self.ended = waits.ended(found.entries, lang, now=now)
        shown = {offer.no for offer in self.offers}
        seen = [each for each in found.seen if each.no not in shown]
        coming = sorted((s for s in seen if is_coming(s, now=now)), key=lambda s: s.starts_at)
        self.coming = [visit_card(s, lang, now=now) for s in coming]
        self.past = [visit_card(s, lang, now=now) for s in seen if not is_coming(s, now=now)]


def _read(reader: Reader) -> Found | None:
    actor = reader.actor()
    return Found(booking.listing(actor), waitlist.with_ended(actor)) if actor.signed_in else None


def _leave(reader: Reader, entry_id: int) -> Found:
    actor = reader.actor()
    waitlist.leave(actor, entry_id=entry_id)
    return Found(booking.listing(actor), waitlist.with_ended(actor))
