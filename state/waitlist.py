"""候补：为谁候补这一天，前面有几位，轮到时会怎样."""

import asyncio
from dataclasses import dataclass
from datetime import date
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain import proof_of_work
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.policy import Rules
from hospital_app.domain.waitlist import closes_at
from hospital_app.flows import catalog, family, lobby, offering, privacy, waitlist
from hospital_app.flows.offering import Unproven
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.calendars import Calendar
from hospital_app.services.families import PatientView
from hospital_app.services.waitlist import EntryView
from hospital_app.settings import get_settings
from state import week, wording
from state.access import handles
from state.confirm import ROUNDS, ConfirmState
from state.given import a_day, a_form, a_long_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.session import Reader, asked, cookie_of, reader_of, to_signin
from state.steady import attempt


@dataclass(frozen=True)
class Found:
    """What the page is made of; the people with whether the account agreed to the handling of health data."""

    calendar: Calendar
    ahead: int
    people: list[PatientView]
    agreed: bool


class WaitlistState(rx.State):
    loaded: bool = False
    #: The day is sold out and its line open.
    open: bool = False
    #: Why the line is not open, and what to do.
    closed: str = ""
    title: str = ""
    when: str = ""
    fee: str = ""
    back: str = "/find"
    ahead: int = 0
    steps: list[str] = []
    limit: int = 0
    #: A proof of work is wanted, as before a hold.
    proving: bool = False
    proof_round: int = 0
    _provider: str = ""
    _day: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.loaded, self.proving = False, False
        yield
        reader = await reader_of(self)
        self._provider, self._day = asked(self, "p"), asked(self, "d")
        found = await asyncio.to_thread(_read, reader, self._provider, a_day(self._day))
        if found is None:
            yield to_signin(self)
            return
        person = await self.get_state(ConfirmState)
        person._take_people(found.people, reader.lang, agreed=found.agreed)
        self.back = week.doctor_href(self._provider)
        self._show(found.calendar, found.ahead, reader.lang)
        self.loaded = True
        yield WaitlistState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        """The line grows and shrinks, and the day may have numbers again."""
        async with self:
            reader, provider, on = await reader_of(self), self._provider, a_day(self._day)
        calendar = await asyncio.to_thread(catalog.calendar, provider=provider)
        last = None
        async for _ in hub.changes(*(f"schedule:{each}" for each in calendar.schedule_ids)):
            seen = await attempt(partial(_line, provider, on))
            if seen is not None and seen != last:
                async with self:
                    self._show(*seen, reader.lang)
            last = seen

    @handles(Right.BOOK)
    async def join(self):
        self.proof_round = 0
        return await self._take("")

    @handles(Right.BOOK)
    async def join_proved(self, form: dict):
        """Sent by the browser itself, as soon as it has found the proof (assets/proof.js)."""
        return await self._take(a_long_text(a_form(form).get("proof")))

    async def _take(self, proof: str) -> list[rx.event.EventSpec] | None:
        reader = await reader_of(self)
        self.proving = False
        chosen = (await self.get_state(ConfirmState)).chosen
        place = cookie_of(self, get_settings().place_cookie)
        entry = await asyncio.to_thread(_join, reader, place, self._provider, a_day(self._day), chosen, proof)
        if isinstance(entry, Unproven):
            if self.proof_round >= ROUNDS:
                raise proof_of_work.unlucky()
            self.proving, self.proof_round = True, self.proof_round + 1
            return None
        told = "已加入候补，您排第一位。有号会马上为您锁定，并发短信通知您。"
        if entry.ahead:
            told = "已加入候补，前面还有 {ahead} 位。有号会马上为您锁定，并发短信通知您。"
        return [rx.redirect("/appointments"), NoticeState.show(told, {"ahead": str(entry.ahead)})]

    def _show(self, calendar: Calendar, ahead: int, lang: str) -> None:
        on, card, now = a_day(self._day), calendar.provider, clock.now()
        cells = [cell for cell in calendar.cells if cell.on == on]
        self.open = any(cell.state == "waitlist" for cell in cells)
        self.title = f"{say(card.department, lang)} · {say(card.name, lang)} {say(card.title, lang)}"
        sessions = dict.fromkeys(wording.session(cell.session, lang) for cell in cells)
        day = wording.day_and_weekday(on, lang, today=clinic_day(now))
        self.when = " ".join([day, "、".join(sessions)]).strip()
        self.fee = wording.money(cells[0].fee_fen) if cells else ""
        self.closed = say(_closed(calendar, on), lang, when=self.when)
        self.ahead, self.limit = ahead, rules_known().waitlist_open
        self.steps = _steps(rules_known(), on, lang)


def _closed(calendar: Calendar, on: date) -> str:
    """Why there is no line, and what to do."""
    states = {cell.state for cell in calendar.cells if cell.on == on}
    if on > max(calendar.days, default=on):
        states = {"unreleased"}
    if states & week.BOOKABLE:
        return "{when} 现在有号，不用候补，请直接预约。"
    if not states:
        return "{when} 没有出诊，请选择其他日期。"
    if "unreleased" in states:
        return "{when} 还没有放号；放号后约满了才可以候补。"
    if states == {"suspended"}:
        return "{when} 停诊，请选择其他日期。"
    return "{when} 的候补已经截止，请选择其他日期。"


def _steps(rules: Rules, on: date, lang: str) -> list[str]:
    """What happens next."""
    closes = closes_at(rules, on)
    until = f"{wording.day(clinic_day(closes), lang)} {wording.clock_time(closes)}"
    soon, late = rules.waitlist_offer_minutes, rules.waitlist_late_offer_minutes
    return [
        say("现在不收费。这一天任何时段有号空出来，都按先后给候补的人，别人抢不走。", lang),
        say(
            "轮到您时，号直接为您锁定 {minutes} 分钟（就诊前一天 {late} 分钟），发短信和站内消息。",
            lang,
            minutes=soon,
            late=late,
        ),
        say("在“我的挂号”里付款就约好了；没有付款，号给下一位。", lang),
        say("{until} 还没有等到，候补自动结束，不用您操作。", lang, until=until),
    ]


def _read(reader: Reader, provider: str, on: date) -> Found | None:
    """None for somebody who has to sign in first."""
    actor = reader.actor()
    if not actor.signed_in:
        return None
    return Found(*_line(provider, on), family.listing(actor), privacy.has_agreed(actor))


def _line(provider: str, on: date) -> tuple[Calendar, int]:
    return catalog.calendar(provider=provider), waitlist.ahead(provider=provider, on=on)


def _join(reader: Reader, place: str, provider: str, on: date, patient_id: str, proof: str) -> EntryView | Unproven:
    actor = reader.actor()
    lobby.check(actor, place=place)
    return offering.join_line(actor, provider=provider, on=on, patient_id=an_id(patient_id or 0), proof=proof)
