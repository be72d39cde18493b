"""财务台: today's money as it moves, payments by a number, refunds in trouble."""

import asyncio
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.flows import money_desk, payment
from hospital_app.services.money_desk import PaymentRow, Tally, TroubledRefund
from state import administering, figures, money_words, wording
from state.access import handles
from state.given import a_form, a_text
from state.live import hub
from state.notice import NoticeState
from state.session import Reader, reader_of
from state.steady import attempt

HERE = "/admin/payments"
REDRAW_SECONDS = 2.0

Seen = tuple[list[Tally], list[TroubledRefund]]


@dataclass(frozen=True)
class TallyRow:
    key: str
    channel: str
    word: str
    tone: str
    count: str
    amount: str


@dataclass(frozen=True)
class FoundRow:
    name: str
    note: str
    word: str
    tone: str
    href: str


@dataclass(frozen=True)
class TroubleRow:
    """`refused`: nothing happens by itself any more; it may be tried again."""

    no: str
    title: str
    note: str
    why: str
    word: str
    tone: str
    href: str
    refused: bool


class PaymentsState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    as_of: str = ""
    received: str = ""
    received_note: str = ""
    returned: str = ""
    returned_note: str = ""
    open_refunds: str = ""
    open_refunds_note: str = ""
    trouble: str = ""
    tallies: list[TallyRow] = []
    troubled: list[TroubleRow] = []
    found: list[FoundRow] = []
    searched: bool = False
    number_error: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_FINANCE, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self._show(await asyncio.to_thread(_read, came.reader), came.reader.lang)
        self.loaded = True
        return PaymentsState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        async for _ in hub.changes("today"):
            seen = await attempt(partial(_read, reader))
            if seen is not None:
                async with self:
                    self._show(seen, reader.lang)
            await asyncio.sleep(REDRAW_SECONDS)

    @handles(Right.SEE_FINANCE)
    async def search(self, form: dict):
        reader = await reader_of(self)
        number = a_text(a_form(form).get("number", "")).strip()[:40]
        self.found, self.searched = [], False
        self.number_error = "" if number else say("请填写这一项", reader.lang)
        if number:
            rows = await asyncio.to_thread(lambda: money_desk.search(reader.actor(), number=number))
            self.found, self.searched = [_found(row, reader.lang) for row in rows], True

    @handles(Right.MANAGE_FINANCE)
    async def retry(self, refund_no: str):
        """The channel is asked again, by a worker."""
        reader, wanted = await reader_of(self), a_text(refund_no)[:32]
        await asyncio.to_thread(lambda: payment.retry_refund(reader.actor(), refund_no=wanted))
        self._show(await asyncio.to_thread(_read, reader), reader.lang)
        return NoticeState.show("已重新提交退款，结果会显示在这里。")

    def _show(self, seen: Seen, lang: str) -> None:
        tallies, troubled = seen
        self.as_of = f"{local(clock.now()):%H:%M:%S}"
        self.received, self.received_note = _sum(tallies, "payment", PaymentStatus.CAPTURED, lang)
        self.returned, self.returned_note = _sum(tallies, "refund", RefundStatus.DONE, lang)
        self.open_refunds, self.open_refunds_note = _sum(tallies, "refund", RefundStatus.PROCESSING, lang)
        self.trouble = f"{len(troubled):,}"
        self.tallies = [_tally(each, lang) for each in tallies]
        self.troubled = [_trouble(each, lang) for each in troubled]


def _read(reader: Reader) -> Seen:
    actor = reader.actor()
    return money_desk.today(actor, on=clinic_day(clock.now())), money_desk.troubled(actor)


def _sum(tallies: list[Tally], kind: str, status: str, lang: str) -> tuple[str, str]:
    rows = [each for each in tallies if each.kind == kind and each.status == status]
    count = sum(each.count for each in rows)
    return figures.yuan(sum(each.fen for each in rows)), say("{count} 笔", lang, count=f"{count:,}")


def _tally(tally: Tally, lang: str) -> TallyRow:
    words = money_words.payment_words if tally.kind == "payment" else money_words.refund_words
    word, tone = words(tally.status, lang)
    return TallyRow(
        key=f"{tally.kind}-{tally.channel}-{tally.status}",
        channel=money_words.channel(tally.channel, lang),
        word=word,
        tone=tone,
        count=f"{tally.count:,}",
        amount=wording.money(tally.fen),
    )


def _found(row: PaymentRow, lang: str) -> FoundRow:
    word, tone = money_words.payment_words(row.status, lang)
    facts = (row.no, row.appointment_no, wording.moment(row.created_at))
    channel = money_words.channel(row.channel, lang)
    return FoundRow(
        name=f"{row.patient} · {channel} {wording.money(row.amount_fen)}",
        note=" · ".join(facts),
        word=word,
        tone=tone,
        href=f"{HERE}/{row.no}",
    )


def _trouble(row: TroubledRefund, lang: str) -> TroubleRow:
    word, tone = money_words.refund_words(row.status, lang)
    way = money_words.channel("insurance" if row.leg == "insurance" else row.channel, lang)
    since = say("{at} 提交，已试 {count} 次", lang, at=wording.moment(row.created_at), count=row.attempts)
    return TroubleRow(
        no=row.no,
        title=f"{row.patient} · {way} {wording.money(row.amount_fen)}",
        note=f"{row.no} · {since}",
        why=money_words.trouble(row.last_error, lang),
        word=word,
        tone=tone,
        href=f"{HERE}/{row.payment_no}",
        refused=row.status == RefundStatus.FAILED,
    )
