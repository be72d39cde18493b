"""首页."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import local
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, catalog, family, messages, waitlist
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.cards import Card
from hospital_app.services.catalog import HotDepartment
from hospital_app.services.waitlist import EntryView
from state.access import handles
from state.appeal import AppealState
from state.cards import DepartmentTile, DoctorCard, VisitCard, doctor_card, is_coming, visit_card
from state.live import hub
from state.session import Reader, reader_of
from state.steady import attempt
from state.terms import refund_note, release_note
from state.waits import OfferCard, offers

VISITS_SHOWN = 2
DOCTORS_SHOWN = 4


class HomeState(rx.State):
    """今天要做的事、热门科室、常约的医生."""

    loaded: bool = False
    greeting: str = ""
    unread: int = 0
    #: 候补到号: ends in minutes, so it stands above everything.
    offers: list[OfferCard] = []
    server_now: int = 0
    visits: list[VisitCard] = []
    departments: list[DepartmentTile] = []
    doctors: list[DoctorCard] = []
    doctors_known: bool = False
    release_note: str = ""
    refund_note: str = ""

    @handles(Right.LOOK)
    async def load(self):
        reader = await reader_of(self)
        found = await asyncio.to_thread(_read, reader)
        now = clock.now()
        self._show(found.seen, found.entries, found.hot, reader.lang)
        self.unread = found.unread
        self.greeting = _greeting(found.name, reader.lang, now=now)
        self.doctors = [doctor_card(card, reader.lang, now=now) for card in found.doctors]
        self.doctors_known = bool(found.seen)
        rules = rules_known()
        self.release_note, self.refund_note = release_note(rules, reader.lang), refund_note(rules, reader.lang)
        self.loaded = True
        return [AppealState.glance, HomeState.follow] if found.frozen else HomeState.follow

    @handles(Right.LOOK, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        last = None
        async for _ in hub.changes("today"):
            fresh = await attempt(partial(_read_again, reader))
            if fresh is not None and fresh != last:
                async with self:
                    self._show(*fresh, reader.lang)
            last = fresh

    def _show(self, seen: list[AppointmentView], entries: list[EntryView], hot: list[HotDepartment], lang: str) -> None:
        now = clock.now()
        self.server_now = int(now.timestamp())
        self.offers = offers(entries, seen, lang, now=now)
        shown = {offer.no for offer in self.offers}
        coming = sorted((s for s in seen if is_coming(s, now=now) and s.no not in shown), key=lambda s: s.starts_at)
        self.visits = [visit_card(s, lang, now=now) for s in coming[:VISITS_SHOWN]]
        self.departments = [hot_tile(d, lang) for d in hot]


@dataclass(frozen=True)
class Found:
    """Own appointments and places in lines, name, hot departments, the doctors whom this reader will likely want,
    unread messages.
    """

    seen: list[AppointmentView]
    entries: list[EntryView]
    name: str
    hot: list[HotDepartment]
    doctors: list[Card]
    unread: int
    frozen: bool


def _read(reader: Reader) -> Found:
    actor = reader.actor()
    seen = _own(actor)
    people = family.listing(actor) if actor.account_id is not None else []
    name = next((p.name for p in people if p.relation == "self"), "")
    hot = catalog.departments_home()
    unread = messages.unread(actor) if actor.account_id is not None else 0
    return Found(seen, _waits(actor), name, hot, _doctors(seen, hot), unread, actor.frozen)


def _read_again(reader: Reader) -> tuple[list[AppointmentView], list[EntryView], list[HotDepartment]]:
    actor = reader.actor()
    return _own(actor), _waits(actor), catalog.departments_home()


def _waits(actor: Actor) -> list[EntryView]:
    return waitlist.listing(actor) if actor.account_id is not None else []


def _own(actor: Actor) -> list[AppointmentView]:
    return booking.listing(actor) if actor.account_id is not None else []


def _doctors(seen: list[AppointmentView], hot: list[HotDepartment]) -> list[Card]:
    """常约医生, or for somebody new those of the hottest department who are free soonest."""
    known = list(dict.fromkeys(s.provider for s in seen))[:DOCTORS_SHOWN]
    if known:
        return [catalog.provider(key) for key in known]
    return catalog.doctors(department=hot[0].code)[:DOCTORS_SHOWN] if hot else []


def hot_tile(hot: HotDepartment, lang: str) -> DepartmentTile:
    href = f"/find?d={hot.code}"
    name = say(hot.name, lang)
    if hot.left_today > 0:
        note = say("今日余 {left}", lang, left=hot.left_today)
        return DepartmentTile(href, name, note, "warn" if hot.state == "few" else "ok")
    if hot.left_tomorrow > 0:
        return DepartmentTile(href, name, say("明日余 {left}", lang, left=hot.left_tomorrow), "still")
    return DepartmentTile(href, name, say("近两日约满", lang), "still")


def _greeting(name: str, lang: str, *, now: datetime) -> str:
    hour = local(now).hour
    hello = "早上好" if 5 <= hour < 9 else "上午好" if hour < 12 else "下午好" if hour < 18 else "晚上好"
    return say("{name}，{hello}", lang, name=name, hello=say(hello, lang)) if name else say(hello, lang)
