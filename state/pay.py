"""收银台：锁号倒计时与付款."""

import asyncio
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import Channel, PaymentStatus
from hospital_app.flows import booking, payment
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.payments import PaymentView
from state import week, wording
from state.access import handles
from state.live import hub
from state.notice import NoticeState
from state.on_behalf import begin, reason_for
from state.session import Reader, asked, reader_of, to_signin
from state.steady import attempt
from state.terms import terms


class PayState(rx.State):
    loaded: bool = False
    #: pending, checking (the payer has been to the channel's cashier), or over.
    phase: str = "pending"
    #: Epoch seconds, the server's.
    server_now: int = 0
    until: int = 0
    title: str = ""
    seq: str = ""
    when: str = ""
    where: str = ""
    patient: str = ""
    fee: str = ""
    #: 改签补差价: what the new number costs more.
    difference: bool = False
    rules: list[str] = []
    again: str = "/find"
    #: Where the channel takes the money; the browser leaves for it as soon as it stands here.
    cashier: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.loaded = False
        yield
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        if seen is None:
            yield to_signin(self)
            return
        await begin(self, await asyncio.to_thread(reader.actor), Right.BOOK, str(self.no))
        self.rules = terms(rules_known(), reader.lang)
        leave = self._show(*seen, reader.lang)
        self.loaded = leave is None
        yield leave or PayState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader, no = await reader_of(self), str(self.no)
        last = None
        async for _ in hub.changes(f"appointment:{no}"):
            seen = await attempt(partial(_read, reader, no))
            if seen is None or seen == last:
                continue
            last = seen
            async with self:
                leave = self._show(*seen, reader.lang)
            if leave is not None:
                yield leave
                return

    @handles(Right.BOOK)
    async def pay(self):
        reader = await reader_of(self)
        opened = await asyncio.to_thread(_open, reader, str(self.no), await reason_for(self, str(self.no)))
        self.cashier = opened.cashier_url
        yield
        self.cashier = ""  # else the payer who comes back would be sent there again

    @handles(Right.SEE_APPOINTMENT)
    async def check(self):
        """The payer says it is paid: the channel is asked now."""
        reader = await reader_of(self)
        no = str(self.no)
        await asyncio.to_thread(_check, reader, no)
        seen = await asyncio.to_thread(_read, reader, no)
        if seen is None:
            return to_signin(self)
        return self._show(*seen, reader.lang) or NoticeState.show("还没有收到付款结果，请稍后再查；钱不会丢。")

    @handles(Right.CANCEL)
    async def give_up(self):
        reader = await reader_of(self)
        return rx.redirect(
            await asyncio.to_thread(_give_up, reader, str(self.no), await reason_for(self, str(self.no)))
        )

    @handles(Right.SEE_APPOINTMENT)
    async def refresh(self):
        """The countdown has ended."""
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        return self._show(*seen, reader.lang) if seen is not None else None

    def _fresh(self) -> bool:
        """Sent here by the reschedule, which orders the difference at once: the payer has not been there yet."""
        return asked(self, "new") != ""

    def _show(self, seen: AppointmentView, paying: PaymentView | None, lang: str) -> rx.event.EventSpec | None:
        """What stands on the page; an event if there is nothing left to pay here."""
        now = clock.now()
        self.difference = seen.status == Status.BOOKED and seen.rescheduling
        if seen.status not in {Status.PENDING, Status.CANCELLED} and not self.difference:
            return rx.redirect(f"/slip/{seen.no}", replace=True)
        until = paying.expires_at if self.difference and paying else seen.held_until
        self.server_now, self.until = int(now.timestamp()), int(until.timestamp()) if until else 0
        self.title = wording.who_sees(seen, lang)
        number = seen.moving_to or seen
        self.seq = wording.number(number.seq, lang)
        self.when = wording.when(number.starts_at, number.ends_at, lang, now=now)
        self.where = wording.place(number.location, number.room, lang)
        self.patient = say("就诊人 {name} · {document}", lang, name=seen.patient_name, document=seen.document)
        self.fee = wording.money(paying.amount_fen if self.difference and paying else seen.fee_fen)
        self.again = week.doctor_href(seen.provider)
        self.phase = _phase(seen, paying, open_until=self.until, now=self.server_now, fresh=self._fresh())
        return None


def _phase(seen: AppointmentView, paying: PaymentView | None, *, open_until: int, now: int, fresh: bool) -> str:
    if seen.status == Status.CANCELLED or open_until <= now:
        return "over"
    been_there = (
        not fresh and paying is not None and paying.status == PaymentStatus.PENDING and paying.cashier_url != ""
    )
    return "checking" if been_there else "pending"


def _read(reader: Reader, no: str) -> tuple[AppointmentView, PaymentView | None] | None:
    actor = reader.actor()
    if not actor.signed_in:
        return None
    return booking.one(actor, no=no), payment.latest(actor, no=no)


def _open(reader: Reader, no: str, reason: Reason | None) -> PaymentView:
    return payment.start(reader.actor(), no=no, channel=Channel.WECHAT, reason=reason)


def _check(reader: Reader, no: str) -> None:
    payment.check(reader.actor(), no=no)


def _give_up(reader: Reader, no: str, reason: Reason | None) -> str:
    """Let the held number go; where to go from there."""
    actor = reader.actor()
    seen = booking.one(actor, no=no)
    if seen.rescheduling:
        booking.abandon_reschedule(actor, no=no, reason=reason)
        return f"/appointment/{no}"
    booking.cancel(actor, no=no, reason=reason)
    return week.doctor_href(seen.provider)
