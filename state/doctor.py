"""医生（或普通门诊）的七天号源."""

import asyncio
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.flows import catalog
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.calendars import Calendar
from hospital_app.services.grid import SessionCell
from state import week, wording
from state.access import handles
from state.cards import photo_of
from state.given import a_text
from state.live import READ_AGAIN_SECONDS, hub
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
    #: 候补: where one joins the line of the day that is shown; empty while it has numbers.
    waitlist_href: str = ""
    release_note: str = ""
    #: What opens today, when (server's seconds, 0: nothing), and what the server's clock says now.
    opening_note: str = ""
    opens_at: int = 0
    server_now: int = 0
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
        self.release_note = release_note(rules_known(), lang)
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
        async with self:  # what changed since `load` read would otherwise count as shown
            self._show(calendar, lang)
        latest = [calendar]
        # By what is shown, so that numbers are bookable here in the second in which they open.
        topics = (f"schedule:{i}" for i in calendar.schedule_ids)
        async for _ in hub.changes(*topics, every=lambda: _pause(latest[0])):
            fresh = await attempt(partial(catalog.calendar, provider=provider))
            if fresh is not None and fresh.cells != latest[0].cells:
                async with self:
                    self._show(fresh, lang)
                latest[:] = [fresh]

    def _introduce(self, calendar: Calendar, lang: str) -> None:
        card = calendar.provider
        self.mark, self.photo = wording.person(card.name, lang)[:1], photo_of(card.photo)
        self.opening = " · ".join(part for part in (say(card.location, lang), say(card.opening, lang)) if part)
        self.name, self.title = wording.person(card.name, lang), say(card.title, lang)
        self.department = say(card.department, lang)
        self.specialty, self.introduction = wording.fields(card.specialty, lang), card.introduction
        self.rating = ""
        if card.rating is not None:
            self.rating = say(
                "{stars} · {count} 位就诊患者评价", lang, stars=f"{card.rating:.1f}", count=card.rating_count
            )

    def _announce(self, calendar: Calendar, lang: str) -> None:
        """今天还有号要放: how long it takes until then."""
        now = clock.now()
        coming = week.next_release(calendar, now=now)
        self.opening_note, self.opens_at, self.server_now = "", 0, int(now.timestamp())
        if coming is None or clinic_day(coming[0]) != clinic_day(now):
            return
        at, days = coming
        named = [wording.day_and_weekday(on, lang, today=clinic_day(now)) for on in days]
        self.opens_at = int(at.timestamp())
        self.opening_note = say("今天 {at} 放出 {days} 的号", lang, at=wording.clock_time(at), days="、".join(named))

    def _show(self, calendar: Calendar, lang: str) -> None:
        """The grid as it is now; a chosen session that has gone makes room for the next one."""
        self._announce(calendar, lang)
        self.days = week.days(calendar, lang, choosable=week.OF_USE)
        self.evenings = week.has_evenings(calendar)
        shown = _clinic(calendar, self.chosen) or _clinic(calendar, week.first_of_use(calendar))
        if shown is None:
            self.chosen, self.periods, self.waitlist_href = "", [], ""
            return
        self.chosen = str(shown.schedule_id)
        self.chosen_title = week.clinic_title(shown, lang, now=calendar.as_of)
        self.fee = wording.money(shown.fee_fen)
        self.periods = week.periods(calendar, shown.schedule_id, lang)
        self.waitlist_href = week.waitlist_href(calendar, shown.on) if shown.state == "waitlist" else ""


def _clinic(calendar: Calendar, key: str) -> SessionCell | None:
    return week.clinic(calendar, key, choosable=week.OF_USE)


def _pause(calendar: Calendar) -> float:
    """Until the page is read again: the usual while, or until numbers open."""
    coming = week.next_release(calendar, now=calendar.as_of)
    if coming is None:
        return READ_AGAIN_SECONDS
    return min(READ_AGAIN_SECONDS, max(1.0, (coming[0] - clock.now()).total_seconds()))
