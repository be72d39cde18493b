"""转诊: whom a doctor sends on, and which number kept for referrals is held for them."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.flows import catalog, referrals
from hospital_app.services.referring import Referral, ReferralPeriod, Referred
from hospital_app.services.sent_referrals import SentReferral
from state import administering, week, wording
from state.access import handles
from state.administering import Option
from state.change_words import SERVICES
from state.given import a_form, a_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.sent_rows import SentRow, sent_row
from state.session import Reader, reader_of
from state.steady import attempt

HERE = "/doctor/referrals"
#: The hospital books all the time; one list need not follow each.
REDRAW_SECONDS = 3.0


@dataclass(frozen=True)
class Chip:
    key: str
    time: str
    word: str


@dataclass(frozen=True)
class ClinicCard:
    """One clinic with the half hours that have a number for referrals."""

    key: str
    title: str
    note: str
    fee: str
    periods: list[Chip]


class ReferralsState(rx.State):
    loaded: bool = False
    who: str = ""
    person: str = ""
    person_name: str = ""
    person_facts: str = ""
    departments: list[Option] = []
    department: str = ""
    clinics: list[ClinicCard] = []
    looked: bool = False
    chosen: str = ""
    bill: str = ""
    #: Whom this doctor has referred so far.
    sent: list[SentRow] = []
    sent_note: str = ""
    #: What was just done.
    given: str = ""
    told: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.REFER, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = came.actor.name
        found = await asyncio.to_thread(catalog.departments)
        self.departments = [Option(d.code, say(d.name, came.reader.lang)) for d in found if d.open]
        await self._read_sent(came.reader)
        self.loaded = True
        return ReferralsState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        """Patients pay, move and give back while the page is open."""
        async with self:
            reader = await reader_of(self)
        last = None
        async for _ in hub.changes("today"):
            found = await attempt(partial(_sent, reader))
            if found is not None and found != last:
                async with self:
                    self._show_sent(found, reader.lang)
            last = found
            await asyncio.sleep(REDRAW_SECONDS)

    @handles(Right.REFER)
    async def find(self, form: dict):
        reader = await reader_of(self)
        number = a_text(a_form(form).get("number")).strip()[:40]
        found = await asyncio.to_thread(_find, reader, number)
        self._forget()
        born = found.born_on.isoformat() if found.born_on else ""
        facts = (wording.gender(found.gender, reader.lang), born)
        self.person, self.person_name = f"{found.patient_id}", found.name
        self.person_facts = " · ".join(part for part in facts if part)

    @handles(Right.OWN_SCREEN)
    async def next_person(self):
        """Nothing of the last one stays on the screen."""
        self._forget()

    @handles(Right.REFER)
    async def look(self, department: str):
        """Where a department still has numbers for referrals."""
        self.department, self.chosen, self.bill = a_text(department)[:12], "", ""
        await self._read(await reader_of(self))

    @handles(Right.OWN_SCREEN)
    async def pick(self, key: str):
        """This half hour: it is said once more before anything is held."""
        wanted = a_text(key)
        self.chosen, self.bill = "", ""
        for clinic in self.clinics:
            for period in clinic.periods:
                if period.key == wanted:
                    self.chosen, self.given = wanted, ""
                    self.bill = f"{clinic.title} · {clinic.note} {period.time} · {clinic.fee}"

    @handles(Right.OWN_SCREEN)
    async def unpick(self):
        self.chosen, self.bill = "", ""

    @handles(Right.REFER)
    async def refer(self, key: str):
        reader = await reader_of(self)
        done = await asyncio.to_thread(_refer, reader, an_id(self.person), a_text(key))
        until = f"{wording.day(clinic_day(done.held_until), reader.lang)} {wording.clock_time(done.held_until)}"
        self.given = say("第 {seq} 号", reader.lang, seq=done.seq)
        self.told = say("已锁定，患者已收到通知，请在 {until} 前支付", reader.lang, until=until)
        self.chosen = ""
        await self._read(reader)
        await self._read_sent(reader)
        return NoticeState.show("已转诊，号已为患者锁定。")

    def _forget(self) -> None:
        self.person = self.person_name = self.person_facts = ""
        self.chosen = self.bill = self.given = self.told = ""

    async def _read_sent(self, reader: Reader) -> None:
        self._show_sent(await asyncio.to_thread(_sent, reader), reader.lang)

    def _show_sent(self, found: list[SentReferral], lang: str) -> None:
        self.sent = [sent_row(each, lang) for each in found]
        taken, open_ = sum(each.taken for each in found), sum(each.status == Status.PENDING for each in found)
        self.sent_note = say(
            "{count} 人 · 已取号 {taken} · 待付款 {open}", lang, count=len(found), taken=taken, open=open_
        )

    async def _read(self, reader: Reader) -> None:
        found = await asyncio.to_thread(_periods, reader, self.department)
        self.clinics = _clinics(found, reader.lang)
        self.looked = True


def _clinics(found: list[ReferralPeriod], lang: str) -> list[ClinicCard]:
    by_clinic = sorted(found, key=lambda period: (period.on, period.schedule_id, period.starts_at))
    cards = []
    for schedule_id, group in groupby(by_clinic, key=lambda period: period.schedule_id):
        periods = list(group)
        cards.append(
            replace(_clinic(periods[0], lang), key=f"{schedule_id}", periods=[_chip(p, lang) for p in periods])
        )
    return cards


def _clinic(first: ReferralPeriod, lang: str) -> ClinicCard:
    who = wording.doctor(first.doctor_name, first.doctor_title, lang)
    day = wording.day_and_weekday(first.on, lang, today=clinic_day(clock.now()))
    return ClinicCard(
        key="",
        title=f"{who} · {say(SERVICES.get(first.service_type, '普通号'), lang)}",
        note=f"{day} {wording.session(first.session, lang)} · {wording.room(first.room, lang)}",
        fee=wording.money(first.fee_fen),
        periods=[],
    )


def _chip(period: ReferralPeriod, lang: str) -> Chip:
    key = week.period_key(period.schedule_id, period.starts_at)
    return Chip(key, wording.clock_time(period.starts_at), week.left_word(period.left, lang))


def _find(reader: Reader, number: str) -> Referred:
    return referrals.person(reader.actor(), document_number=number)


def _periods(reader: Reader, department: str) -> list[ReferralPeriod]:
    return referrals.periods(reader.actor(), department_code=department)


def _sent(reader: Reader) -> list[SentReferral]:
    return referrals.sent(reader.actor())


def _refer(reader: Reader, patient_id: int, key: str) -> Referral:
    schedule_id, starts_at = week.read_period(key)
    return referrals.refer(reader.actor(), patient_id=patient_id, schedule_id=schedule_id, starts_at=starts_at)
