"""确认预约：为谁、何时、多少钱、什么规则，然后锁号."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain import proof_of_work
from hospital_app.domain.authority import Right
from hospital_app.domain.consent import ConsentKind
from hospital_app.flows import catalog, family, lobby, offering, privacy
from hospital_app.flows.offering import Gone, Unproven
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.calendars import Calendar
from hospital_app.services.families import PatientView
from hospital_app.services.grid import FreePeriod
from hospital_app.settings import get_settings
from state import week, wording
from state.access import handles
from state.cards import OF_GUARDIAN, PatientChoice, patient_choice
from state.given import a_form, a_long_text, a_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.person import PersonState
from state.session import Reader, asked, cookie_of, reader_of, to_signin
from state.steady import attempt
from state.terms import terms

BOOKABLE = frozenset({"free", "few"})
#: A browser whose proofs never count is told so, instead of computing for ever.
ROUNDS = 5


@dataclass(frozen=True)
class Alternative:
    """A free period near the one that has just gone."""

    href: str
    when: str
    word: str


class ConfirmState(rx.State):
    loaded: bool = False
    title: str = ""
    when: str = ""
    where: str = ""
    fee: str = ""
    back: str = "/find"
    rules: list[str] = []
    hold_minutes: int = 0
    patients: list[PatientChoice] = []
    chosen: str = ""
    #: What the chosen person still lacks; empty: ready to book.
    missing: list[str] = []
    #: The account agreed to the handling of health data.
    agreed: bool = True
    #: The account's holder, who answers for a child: id, what they lack; no id: not in the list yet.
    holder: str = ""
    holder_lacks: list[str] = []
    adding: bool = False
    gone: bool = False
    alternatives: list[Alternative] = []
    #: A proof of work is wanted: the browser finds it by itself, once in each round (pages/components/proof.py).
    proving: bool = False
    proof_round: int = 0
    #: 候补: where one joins the line of this day; empty while it has numbers.
    waitlist_href: str = ""
    _provider: str = ""
    _period: str = ""
    _key: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.loaded = self.proving = False
        self.proof_round = 0
        yield
        reader = await reader_of(self)
        self._provider, self._period = asked(self, "p"), asked(self, "t")
        self._key = uuid4().hex
        found = await asyncio.to_thread(_read, reader, self._provider, self._period)
        if found is None:
            yield to_signin(self)
            return
        calendar, people, agreed = found
        self._take_people(people, reader.lang, agreed=agreed)
        self.rules, self.hold_minutes = terms(rules_known(), reader.lang), rules_known().hold_minutes
        self.back = week.doctor_href(self._provider)
        self._show_period(calendar, reader.lang)
        await self._offer_if_gone(calendar, reader.lang)
        self.loaded = True
        yield ConfirmState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        """Somebody else may take the last number of this period while it is looked at."""
        async with self:
            provider, period, lang = self._provider, self._period, (await reader_of(self)).lang
        topic = f"schedule:{period.partition('-')[0]}"
        async for _ in hub.changes(topic):
            calendar = await attempt(partial(catalog.calendar, provider=provider))
            if calendar is None:
                continue
            async with self:
                if self._period == period and self._is_news(calendar):
                    await self._offer_if_gone(calendar, lang)

    @handles(Right.OWN_SCREEN)
    async def choose(self, patient_id: str):
        self.chosen = a_text(patient_id)
        self.missing = next((p.missing for p in self.patients if p.id == self.chosen), [])
        self._key = uuid4().hex

    @handles(Right.OWN_SCREEN)
    async def start_adding(self):
        self.adding = True

    @handles(Right.OWN_SCREEN)
    async def stop_adding(self):
        self.adding = False

    @handles(Right.OWN_SCREEN)
    async def take_person(self):
        """After the form: the person who was saved is the one to book for."""
        person = await self.get_state(PersonState)
        if not person.saved_id:
            return
        reader = await reader_of(self)
        people = await asyncio.to_thread(_people, reader)
        for_a_child = "guardian" in self.missing and not self.adding
        self._show_people(people, reader.lang, chosen=self.chosen if for_a_child else person.saved_id)
        self.adding = False
        self._key = uuid4().hex
        person.saved_id = ""

    @handles(Right.OWN_PRIVACY)
    async def agree(self):
        """同意处理健康信息."""
        await asyncio.to_thread(_agree, await reader_of(self))
        self.agreed = True

    @handles(Right.OWN_PRIVACY)
    async def agree_for_child(self, form: dict):
        """监护人同意, for the child who is chosen."""
        reader = await reader_of(self)
        if not a_form(form).get("guardian_agrees"):
            return NoticeState.show("请先勾选同意，再继续。", {})
        people = await asyncio.to_thread(_agree_for_child, reader, self.chosen)
        self._show_people(people, reader.lang, chosen=self.chosen)
        return None

    @handles(Right.BOOK)
    async def hold(self):
        self.proof_round = 0
        return await self._take("")

    @handles(Right.BOOK)
    async def hold_proved(self, form: dict):
        """Sent by the browser itself, as soon as it has found the proof (assets/proof.js)."""
        return await self._take(a_long_text(a_form(form).get("proof")))

    async def _take(self, proof: str) -> rx.event.EventSpec | None:
        reader = await reader_of(self)
        schedule_id, starts_at = week.read_period(self._period)
        self.proving = False
        await asyncio.to_thread(_wait_in_line, reader, cookie_of(self, get_settings().place_cookie))
        answer = await asyncio.to_thread(
            _hold, reader, self._provider, schedule_id, starts_at, self.chosen, self._key, proof
        )
        if isinstance(answer, Unproven):
            self._prove_first()
            return None
        if isinstance(answer, Gone):
            self._key = uuid4().hex
            calendar = await asyncio.to_thread(catalog.calendar, provider=self._provider)
            self._offer(answer.nearest, calendar, reader.lang)
            return None
        return rx.redirect(f"/pay/{answer}")

    def _prove_first(self) -> None:
        if self.proof_round >= ROUNDS:
            raise proof_of_work.unlucky()
        self.proving = True
        self.proof_round += 1

    def _take_people(self, people: list[PatientView], lang: str, *, agreed: bool) -> None:
        """For this page, and for the waitlist's, which asks the same about the person."""
        self.agreed, self.adding = agreed, not people
        self._show_people(people, lang, chosen=self.chosen)

    def _show_people(self, people: list[PatientView], lang: str, *, chosen: str) -> None:
        """Whoever was chosen stays chosen; else the first who is complete."""
        self.patients = [patient_choice(p, lang) for p in people]
        ids = [p.id for p in self.patients]
        ready = [p.id for p in self.patients if not p.missing]
        self.chosen = chosen if chosen in ids else (ready or ids or [""])[0]
        self.missing = next((p.missing for p in self.patients if p.id == self.chosen), [])
        holder = next((p for p in people if p.relation == "self"), None)
        self.holder = "" if holder is None else str(holder.id)
        self.holder_lacks = [] if holder is None else [what for what in holder.missing if what not in OF_GUARDIAN]

    def _show_period(self, calendar: Calendar, lang: str) -> None:
        card = calendar.provider
        self.title = f"{say(card.department, lang)} · {wording.doctor(card.name, card.title, lang)}"
        cell = week.find_period(calendar, self._period)
        if cell is not None:
            self.when = wording.when(cell.starts_at, cell.ends_at, lang, now=calendar.as_of)
            self.where = wording.place(card.location, cell.room, lang)
            self.fee = wording.money(cell.fee_fen)

    async def _offer_if_gone(self, calendar: Calendar, lang: str) -> None:
        if _can_book(calendar, self._period):
            self.gone, self.alternatives, self.waitlist_href = False, [], ""
            return
        _, starts_at = week.read_period(self._period)
        nearest = await asyncio.to_thread(catalog.nearest_free, provider=self._provider, starts_at=starts_at)
        self._offer(nearest, calendar, lang)

    def _is_news(self, calendar: Calendar) -> bool:
        """The number has gone or come back, or the day can be waited for now."""
        gone = not _can_book(calendar, self._period)
        return self.gone != gone or (gone and self.waitlist_href != _waitlist_href(calendar, self._period))

    def _offer(self, nearest: list[FreePeriod] | tuple[FreePeriod, ...], calendar: Calendar, lang: str) -> None:
        self.gone, self.waitlist_href = True, _waitlist_href(calendar, self._period)
        self.alternatives = [_alternative(p, lang) for p in nearest]


def _read(reader: Reader, provider: str, period: str) -> tuple[Calendar, list[PatientView], bool] | None:
    """None for somebody who has to sign in first."""
    actor = reader.actor()
    if not actor.signed_in:
        return None
    return catalog.calendar(provider=provider), family.listing(actor), privacy.has_agreed(actor)


def _wait_in_line(reader: Reader, place: str) -> None:
    lobby.check(reader.actor(), place=place)


def _people(reader: Reader) -> list[PatientView]:
    return family.listing(reader.actor())


def _agree(reader: Reader) -> None:
    privacy.agree(reader.actor(), kind=ConsentKind.HEALTH_DATA)


def _agree_for_child(reader: Reader, patient_id: str) -> list[PatientView]:
    actor = reader.actor()
    privacy.agree(actor, kind=ConsentKind.GUARDIAN, patient_id=an_id(patient_id or 0))
    return family.listing(actor)


def _hold(
    reader: Reader, provider: str, schedule_id: int, starts_at: datetime, patient_id: str, key: str, proof: str
) -> str | Gone | Unproven:
    answer = offering.hold_or_offer(
        reader.actor(),
        provider=provider,
        schedule_id=schedule_id,
        starts_at=starts_at,
        patient_id=an_id(patient_id or 0),
        key=key,
        proof=proof,
    )
    return answer if isinstance(answer, Gone | Unproven) else answer.no


def _can_book(calendar: Calendar, period: str) -> bool:
    cell = week.find_period(calendar, period)
    return cell is not None and cell.state in BOOKABLE


def _waitlist_href(calendar: Calendar, period: str) -> str:
    cell = week.find_period(calendar, period)
    return "" if cell is None else week.waitlist_href(calendar, cell.on)


def _alternative(period: FreePeriod, lang: str) -> Alternative:
    return Alternative(
        href=week.confirm_href(period.provider, period.schedule_id, period.starts_at),
        when=wording.when(period.starts_at, period.ends_at, lang, now=clock.now()),
        word=week.left_word(period.left, lang),
    )
