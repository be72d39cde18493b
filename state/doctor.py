"""医生（或普通门诊）的七天号源."""

import asyncio
from functools import partial

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import catalog
from hospital_app.services.calendars import Calendar
from hospital_app.settings import get_settings
from state import week, wording
from state.access import handles
from state.cards import photo_of
from state.given import a_text
from state.live import hub
from state.session import reader_of
from state.steady import attempt
from state.terms import release_note
from state.week import Day, Period


class DoctorState(rx.State):
    loaded: bool = False
    mark: str = ""
    photo: str = ""
    opening: str = ""
    name: str = ""
    title: str = ""
    department: str = ""
    specialty: str = ""
    introduction: str = ""
    rating: str = ""
    evenings: bool = False
    days: list[Day] = []
    #: The session whose half-hours are shown; empty while there is none to choose.
    chosen: str = ""
    chosen_title: str = ""
    fee: str = ""
    periods: list[Period] = []
    release_note: str = ""
    _provider: str = ""

    @handles(Right.LOOK)
    async def load(self):
        self.loaded = False
        yield
        lang = (await reader_of(self)).lang
        self._provider = week.provider_of(str(self.doctor_id))
        calendar = await asyncio.to_thread(catalog.calendar, provider=self._provider)
        self.chosen = ""
        self._introduce(calendar, lang)
        self.release_note = release_note(get_settings().rules, lang)
        self._show(calendar, lang)
        self.loaded = True
        yield DoctorState.follow

    @handles(Right.LOOK)
    async def choose(self, key: str):
        lang = (await reader_of(self)).lang
        calendar = await asyncio.to_thread(catalog.calendar, provider=self._provider)
        self.chosen = a_text(key)
        self._show(calendar, lang)

    @handles(Right.LOOK, background=True)
    async def follow(self):
        async with self:
            provider, lang = self._provider, (await reader_of(self)).lang
        calendar = await asyncio.to_thread(catalog.calendar, provider=provider)
        async for _ in hub.changes(*(f"schedule:{i}" for i in calendar.schedule_ids)):
            fresh = await attempt(partial(catalog.calendar, provider=provider))
            if fresh is not None and fresh.cells != calendar.cells:
                async with self:
                    self._show(fresh, lang)
                calendar = fresh

    def _introduce(self, calendar: Calendar, lang: str) -> None:
        card = calendar.provider
        self.mark, self.photo = card.name[:1], photo_of(card.photo)
        self.opening = " · ".join(part for part in (card.location, card.opening) if part)
        self.name, self.title = say(card.name, lang), say(card.title, lang)
        self.department = say(card.department, lang)
        self.specialty, self.introduction = card.specialty, card.introduction
        self.rating = ""
        if card.rating is not None:
            self.rating = say(
                "{stars} · {count} 位就诊患者评价", lang, stars=f"{card.rating:.1f}", count=card.rating_count
            )

    def _show(self, calendar: Calendar, lang: str) -> None:
        """The grid as it is now; a chosen session that has gone makes room for the next one."""
        self.days = week.days(calendar, lang)
        self.evenings = week.has_evenings(calendar)
        shown = week.clinic(calendar, self.chosen) or week.clinic(calendar, week.first_bookable(calendar))
        if shown is None:
            self.chosen, self.periods = "", []
            return
        self.chosen = str(shown.schedule_id)
        self.chosen_title = week.clinic_title(shown, lang, now=calendar.as_of)
        self.fee = wording.money(shown.fee_fen)
        self.periods = week.periods(calendar, shown.schedule_id, lang)
