"""窗口挂号: who stands here, what today still has for the window, the fee in cash, the slip."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import catalog, counter, unmasking
from hospital_app.services.cash import CashRefund, Receipt
from hospital_app.services.counter import CounterPeriod
from hospital_app.services.unmasking import MaskedPerson
from state import administering, week, wording
from state.access import handles
from state.administering import Option
from state.change_words import SERVICES
from state.given import a_form, a_text, an_id
from state.notice import NoticeState
from state.session import Reader, reader_of

HERE = "/staff/walk-in"


@dataclass(frozen=True)
class PersonRow:
    """One person, masked."""

    id: str
    name: str
    facts: str


@dataclass(frozen=True)
class PeriodRow:
    """A half hour of one clinic; `extra`: only one beyond the planned numbers can be had."""

    key: str
    who: str
    when: str
    note: str
    give: str
    extra: str


@dataclass(frozen=True)
class CashRow:
    no: str
    text: str


class WalkInState(rx.State):
    loaded: bool = False
    who: str = ""
    searched: bool = False
    people: list[PersonRow] = []
    person: str = ""
    person_name: str = ""
    cash: list[CashRow] = []
    departments: list[Option] = []
    department: str = ""
    periods: list[PeriodRow] = []
    looked: bool = False
    #: The number that was just given.
    slip: str = ""
    given: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.REGISTER, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        found = await asyncio.to_thread(catalog.departments)
        self.departments = [Option(d.code, say(d.name, came.reader.lang)) for d in found if d.open]
        self.loaded = True
        return None

    @handles(Right.REGISTER)
    async def find(self, form: dict):
        reader = await reader_of(self)
        given = a_form(form)
        by = "phone" if given.get("kind") == "phone" else "document_number"
        found = await asyncio.to_thread(_find, reader, by, a_text(given.get("number")).strip()[:40])
        self.people = [_person(person, reader.lang) for person in found]
        self.searched, self.person, self.slip = True, "", ""

    @handles(Right.REGISTER)
    async def enrol(self, form: dict):
        """Somebody new: name, resident ID, phone."""
        reader = await reader_of(self)
        given = a_form(form)
        name, number = a_text(given.get("name")), a_text(given.get("document_number"))
        await asyncio.to_thread(_enrol, reader, name, number, a_text(given.get("phone")))
        found = await asyncio.to_thread(_find, reader, "document_number", number.strip()[:40])
        self.people = [_person(person, reader.lang) for person in found]
        self.searched, self.slip = True, ""
        if len(self.people) == 1:
            await self._take(self.people[0].id, reader)

    @handles(Right.REGISTER)
    async def choose(self, patient_id: str):
        await self._take(str(an_id(patient_id)), await reader_of(self))

    @handles(Right.REGISTER)
    async def look(self, form: dict):
        """What a department has today."""
        reader = await reader_of(self)
        self.department = a_text(a_form(form).get("department"))[:12]
        await self._read(reader)

    @handles(Right.REGISTER)
    async def give(self, key: str, extra: bool):
        """The number, paid for in cash. Afterwards the slip can be printed."""
        reader = await reader_of(self)
        receipt = await asyncio.to_thread(_register, reader, an_id(self.person), a_text(key), extra is True)
        self.slip = f"/slip/{receipt.no}"
        self.given = say(
            "已挂 {seq} 号，收现金 {amount}，收款单号 {payment}",
            reader.lang,
            seq=receipt.seq,
            amount=wording.money(receipt.fee_fen),
            payment=receipt.payment_no,
        )
        await self._read(reader)

    @handles(Right.REGISTER)
    async def pay_out(self, refund_no: str):
        reader = await reader_of(self)
        await asyncio.to_thread(_pay_out, reader, a_text(refund_no)[:32])
        if self.person:
            await self._take(self.person, reader)
        return NoticeState.show("已记录退还现金。")

    async def _take(self, patient_id: str, reader: Reader) -> None:
        self.person, self.slip = patient_id, ""
        self.person_name = next((row.name for row in self.people if row.id == patient_id), "")
        waiting = await asyncio.to_thread(_cash, reader, int(patient_id))
        self.cash = [_cash_row(each, reader.lang) for each in waiting]

    async def _read(self, reader: Reader) -> None:
        found = await asyncio.to_thread(_periods, reader, self.department)
        self.periods = [_period(period, reader.lang) for period in found]
        self.looked = True


def _person(person: MaskedPerson, lang: str) -> PersonRow:
    born = person.born_on.isoformat() if person.born_on else ""
    facts = (wording.gender(person.gender, lang), born, person.document, "、".join(person.phones))
    return PersonRow(str(person.id), person.name, " · ".join(part for part in facts if part))


def _period(period: CounterPeriod, lang: str) -> PeriodRow:
    who = f"{period.doctor_name} {say(period.doctor_title, lang)}" if period.doctor_name else say("普通门诊", lang)
    kind = say(SERVICES.get(period.service_type, "普通号"), lang)
    left = say("窗口可挂 {left} 个", lang, left=period.left)
    amount = wording.money(period.fee_fen)
    return PeriodRow(
        key=week.period_key(period.schedule_id, period.starts_at),
        who=f"{who} · {kind}",
        when=wording.span(period.starts_at, period.ends_at),
        note=f"{wording.room(period.room, lang)} · {left}",
        give=say("挂号收 {amount}", lang, amount=amount) if period.left else "",
        extra=say("加号收 {amount}（还可加 {count}）", lang, amount=amount, count=period.extra)
        if not period.left and period.extra
        else "",
    )


def _cash_row(waiting: CashRefund, lang: str) -> CashRow:
    amount = wording.money(waiting.amount_fen)
    return CashRow(waiting.refund_no, say("{no} 待退现金 {amount}", lang, no=waiting.appointment_no, amount=amount))


def _find(reader: Reader, by: str, number: str) -> list[MaskedPerson]:
    return unmasking.find(reader.actor(), **{by: number})


def _enrol(reader: Reader, name: str, number: str, phone: str) -> int:
    return counter.enrol(reader.actor(), name=name, document_number=number, phone=phone)


def _periods(reader: Reader, department: str) -> list[CounterPeriod]:
    return counter.periods(reader.actor(), department_code=department)


def _register(reader: Reader, patient_id: int, key: str, extra: bool) -> Receipt:
    schedule_id, starts_at = week.read_period(key)
    return counter.register(
        reader.actor(), patient_id=patient_id, schedule_id=schedule_id, starts_at=starts_at, extra=extra
    )


def _cash(reader: Reader, patient_id: int) -> list[CashRefund]:
    return counter.cash_refunds(reader.actor(), patient_id=patient_id)


def _pay_out(reader: Reader, refund_no: str) -> None:
    counter.pay_out(reader.actor(), refund_no=refund_no)
