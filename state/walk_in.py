"""窗口挂号: who stands here, what today still has for the window, the fee in cash, the slip."""

import asyncio
import re
from dataclasses import dataclass
from itertools import groupby

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.on_behalf import Reason
from hospital_app.flows import cashier, catalog, counter, unmasking
from hospital_app.services.cash import CashRefund, Due, Receipt
from hospital_app.services.counter import CounterPeriod
from hospital_app.services.unmasking import MaskedPerson
from state import administering, week, wording
from state.access import handles
from state.administering import Option
from state.change_words import SERVICES
from state.given import a_form, a_text, an_id
from state.notice import NoticeState
from state.on_behalf import begin, reason_for
from state.session import Reader, reader_of

HERE = "/staff/walk-in"
#: A mobile phone; whatever else somebody holds in their hand is a document.
_PHONE = re.compile(r"1[0-9]{10}")


@dataclass(frozen=True)
class PersonRow:
    """One person, masked."""

    id: str
    name: str
    facts: str


@dataclass(frozen=True)
class PeriodChip:
    """A half hour that the window may give a number of; `extra`: only one beyond the planned numbers (加号)."""

    key: str
    time: str
    word: str
    state: str
    label: str
    extra: bool


@dataclass(frozen=True)
class ClinicCard:
    """One clinic of today with its half hours."""

    key: str
    title: str
    note: str
    fee: str
    periods: list[PeriodChip]


@dataclass(frozen=True)
class CashRow:
    no: str
    text: str


class WalkInState(rx.State):
    loaded: bool = False
    who: str = ""
    searched: bool = False
    #: Whether there is a bureau that settles here.
    insures: bool = False
    people: list[PersonRow] = []
    person: str = ""
    person_name: str = ""
    person_facts: str = ""
    cash: list[CashRow] = []
    #: 到院付: what this person has to pay here.
    dues: list[CashRow] = []
    departments: list[Option] = []
    department: str = ""
    clinics: list[ClinicCard] = []
    looked: bool = False
    #: The half hour that is to be paid for.
    chosen: str = ""
    extra: bool = False
    bill: str = ""
    amount: str = ""
    #: The number that was just given.
    slip: str = ""
    given: str = ""
    receipt: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.REGISTER, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self.insures = cashier.insures()
        found = await asyncio.to_thread(catalog.departments)
        self.departments = [Option(d.code, say(d.name, came.reader.lang)) for d in found if d.open]
        self.loaded = True
        return None

    @handles(Right.REGISTER)
    async def find(self, form: dict):
        """By what they hold in their hand: an ID document or a phone."""
        reader = await reader_of(self)
        number = a_text(a_form(form).get("number")).strip()[:40]
        by = "phone" if _PHONE.fullmatch(number) else "document_number"
        found = await asyncio.to_thread(_find, reader, by, number)
        self._forget_person()
        self.people = [_person(person, reader.lang) for person in found]
        self.searched = True
        if len(found) == 1:
            await self._take(self.people[0].id, reader)

    @handles(Right.REGISTER)
    async def enrol(self, form: dict):
        """Somebody new: name, resident ID, phone."""
        reader = await reader_of(self)
        given = a_form(form)
        name, number = a_text(given.get("name")), a_text(given.get("document_number"))
        await asyncio.to_thread(_enrol, reader, name, number, a_text(given.get("phone")))
        found = await asyncio.to_thread(_find, reader, "document_number", number.strip()[:40])
        self._forget_person()
        self.people = [_person(person, reader.lang) for person in found]
        self.searched = True
        if len(self.people) == 1:
            await self._take(self.people[0].id, reader)

    @handles(Right.REGISTER)
    async def choose(self, patient_id: str):
        await self._take(str(an_id(patient_id)), await reader_of(self))

    @handles(Right.OWN_SCREEN)
    async def next_person(self):
        """下一位: nothing of the last one stays on the screen."""
        self._forget_person()
        self.people, self.searched = [], False

    @handles(Right.REGISTER)
    async def look(self, department: str):
        """What a department has today."""
        reader = await reader_of(self)
        self.department = a_text(department)[:12]
        self._unpick()
        await self._read(reader)

    @handles(Right.OWN_SCREEN)
    async def pick(self, key: str):
        """This half hour: what there is to pay is shown before anything is taken."""
        wanted = a_text(key)
        self._unpick()
        for clinic in self.clinics:
            for period in clinic.periods:
                if period.key == wanted:
                    self.chosen, self.extra, self.amount = wanted, period.extra, clinic.fee
                    self.bill = f"{clinic.title} · {period.time}"
                    self.slip = ""

    @handles(Right.OWN_SCREEN)
    async def unpick(self):
        self._unpick()

    @handles(Right.REGISTER)
    async def give(self, key: str, extra: bool):
        """The number, paid for in cash. Afterwards the slip can be printed."""
        reader = await reader_of(self)
        reason = await reason_for(self, self.person)
        receipt = await asyncio.to_thread(_register, reader, an_id(self.person), a_text(key), extra is True, reason)
        self._receive(receipt, reader.lang)
        told, self.chosen = self.bill, ""
        await self._read(reader)
        self.bill = told

    @handles(Right.REGISTER)
    async def insure(self, key: str, extra: bool):
        """用医保: the number is held, and paid for at the cashier's page: the split, then the rest."""
        reader = await reader_of(self)
        reason = await reason_for(self, self.person)
        no = await asyncio.to_thread(_hold, reader, an_id(self.person), a_text(key), extra is True, reason)
        self._unpick()
        return rx.redirect(f"/pay/{no}")

    @handles(Right.REGISTER)
    async def collect(self, no: str):
        """到院付: the fee of a number that was booked before; afterwards its holder may check in."""
        reader = await reader_of(self)
        receipt = await asyncio.to_thread(_collect, reader, a_text(no)[:20])
        if self.person:
            await self._take(self.person, reader)
        self._receive(receipt, reader.lang)

    @handles(Right.REGISTER)
    async def pay_out(self, refund_no: str):
        reader = await reader_of(self)
        await asyncio.to_thread(_pay_out, reader, a_text(refund_no)[:32])
        if self.person:
            await self._take(self.person, reader)
        return NoticeState.show("已记录退还现金。")

    def _receive(self, receipt: Receipt, lang: str) -> None:
        """What is read out and handed over."""
        self.slip = f"/slip/{receipt.no}"
        self.given = say("第 {seq} 号", lang, seq=receipt.seq)
        amount = wording.money(receipt.fee_fen)
        self.receipt = say("收现金 {amount} · 收款单号 {payment}", lang, amount=amount, payment=receipt.payment_no)

    def _forget_person(self) -> None:
        self.person = self.person_name = self.person_facts = self.slip = self.given = self.receipt = ""
        self.cash, self.dues = [], []
        self._unpick()

    def _unpick(self) -> None:
        self.chosen, self.extra, self.bill, self.amount = "", False, "", ""

    async def _take(self, patient_id: str, reader: Reader) -> None:
        waiting = await asyncio.to_thread(_cash, reader, int(patient_id))
        owing = await asyncio.to_thread(_dues, reader, int(patient_id))
        actor = await asyncio.to_thread(reader.actor)
        self._forget_person()
        self.person = patient_id
        await begin(self, actor, Right.REGISTER, patient_id)
        row = next((row for row in self.people if row.id == patient_id), None)
        self.person_name, self.person_facts = (row.name, row.facts) if row else ("", "")
        self.cash = [_cash_row(each, reader.lang) for each in waiting]
        self.dues = [_due_row(each, reader.lang) for each in owing]
        if self.department:
            await self._read(reader)

    async def _read(self, reader: Reader) -> None:
        found = await asyncio.to_thread(_periods, reader, self.department)
        self.clinics = _clinics(found, reader.lang)
        self.looked = True


def _person(person: MaskedPerson, lang: str) -> PersonRow:
    born = person.born_on.isoformat() if person.born_on else ""
    facts = (wording.gender(person.gender, lang), born, person.document, "、".join(person.phones))
    return PersonRow(str(person.id), person.name, " · ".join(part for part in facts if part))


def _clinics(found: list[CounterPeriod], lang: str) -> list[ClinicCard]:
    """In order of their first half hour; what the window cannot give is left out."""
    by_clinic = sorted(found, key=lambda period: (period.schedule_id, period.starts_at))
    cards = []
    for schedule_id, group in groupby(by_clinic, key=lambda period: period.schedule_id):
        periods = list(group)
        chips = [_chip(period, lang) for period in periods if period.left or period.extra]
        if chips:
            cards.append((periods[0].starts_at, schedule_id, _clinic(periods[0], chips, lang)))
    return [card for _, _, card in sorted(cards, key=lambda each: each[:2])]


def _clinic(first: CounterPeriod, chips: list[PeriodChip], lang: str) -> ClinicCard:
    who = wording.doctor(first.doctor_name, first.doctor_title, lang)
    kind = say(SERVICES.get(first.service_type, "普通号"), lang)
    return ClinicCard(
        key=f"{first.schedule_id}",
        title=f"{who} · {kind}",
        note=_place(first, lang),
        fee=wording.money(first.fee_fen),
        periods=chips,
    )


def _place(first: CounterPeriod, lang: str) -> str:
    room, session = wording.room(first.room, lang), wording.session(first.session, lang)
    extra = say("还可加 {count} 个号", lang, count=first.extra) if first.extra else ""
    return " · ".join(part for part in (session, room, extra) if part)


def _chip(period: CounterPeriod, lang: str) -> PeriodChip:
    time = wording.clock_time(period.starts_at)
    if period.left:
        word, state = week.left_word(period.left, lang), "few" if period.left == 1 else "free"
    else:
        word, state = say("加号", lang), "unreleased"
    return PeriodChip(
        key=week.period_key(period.schedule_id, period.starts_at),
        time=time,
        word=word,
        state=state,
        label=f"{time} {word}",
        extra=not period.left,
    )


def _cash_row(waiting: CashRefund, lang: str) -> CashRow:
    amount = wording.money(waiting.amount_fen)
    return CashRow(waiting.refund_no, say("{no} 待退现金 {amount}", lang, no=waiting.appointment_no, amount=amount))


def _due_row(due: Due, lang: str) -> CashRow:
    where = f"{say(due.department_name, lang)} {wording.moment(due.starts_at)}"
    return CashRow(due.no, say("{where} 待收 {amount}", lang, where=where, amount=wording.money(due.amount_fen)))


def _find(reader: Reader, by: str, number: str) -> list[MaskedPerson]:
    return unmasking.find(reader.actor(), **{by: number})


def _enrol(reader: Reader, name: str, number: str, phone: str) -> int:
    return counter.enrol(reader.actor(), name=name, document_number=number, phone=phone)


def _periods(reader: Reader, department: str) -> list[CounterPeriod]:
    return counter.periods(reader.actor(), department_code=department)


def _register(reader: Reader, patient_id: int, key: str, extra: bool, reason: Reason | None) -> Receipt:
    schedule_id, starts_at = week.read_period(key)
    return counter.register(
        reader.actor(),
        patient_id=patient_id,
        schedule_id=schedule_id,
        starts_at=starts_at,
        extra=extra,
        reason=reason,
    )


def _hold(reader: Reader, patient_id: int, key: str, extra: bool, reason: Reason | None) -> str:
    schedule_id, starts_at = week.read_period(key)
    return counter.hold(
        reader.actor(),
        patient_id=patient_id,
        schedule_id=schedule_id,
        starts_at=starts_at,
        extra=extra,
        reason=reason,
    )


def _cash(reader: Reader, patient_id: int) -> list[CashRefund]:
    return counter.cash_refunds(reader.actor(), patient_id=patient_id)


def _dues(reader: Reader, patient_id: int) -> list[Due]:
    return counter.dues(reader.actor(), patient_id=patient_id)


def _collect(reader: Reader, no: str) -> Receipt:
    return counter.collect(reader.actor(), no=no)


def _pay_out(reader: Reader, refund_no: str) -> None:
    counter.pay_out(reader.actor(), refund_no=refund_no)
