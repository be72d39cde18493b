"""我的账单: what was paid, what came back, and the invoice of each payment."""

import asyncio
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import signed_out
from hospital_app.domain.invoicing import InvoiceStatus
from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.domain.refund_pace import way_of
from hospital_app.flows import invoices
from hospital_app.services.bills import Bill, BillRefund
from state import money_words, wording
from state.access import handles
from state.given import a_text
from state.live import hub
from state.session import Reader, reader_of, to_signin
from state.steady import attempt

#: Word and tone of each state of an invoice; none was asked for: nothing is said.
INVOICES = {
    InvoiceStatus.REQUESTED: ("票据开具中", "warn"),
    InvoiceStatus.ISSUED: ("票据已开具", "ok"),
    InvoiceStatus.VOIDED: ("票据已冲红", "still"),
    InvoiceStatus.FAILED: ("票据未开成", "loss"),
}
#: As the payer says it.
PAID = {PaymentStatus.CAPTURED: ("已支付", "ok")}


@dataclass(frozen=True)
class ReturnLine:
    """`text`: which way how much of it."""

    no: str
    text: str
    word: str
    tone: str


@dataclass(frozen=True)
class PartLine:
    """One of the parts that paid it."""

    name: str
    amount: str


@dataclass(frozen=True)
class BillCard:
    """`url`: where the invoice is, `file`: where it can be downloaded; empty until it is issued.

    `may_ask`: whether one can be asked for.
    """

    no: str
    appointment_no: str
    title: str
    when: str
    amount: str
    parts: list[PartLine]
    word: str
    tone: str
    kept: str
    refunds: list[ReturnLine]
    invoice_word: str
    invoice_tone: str
    invoice_number: str
    url: str
    file: str
    may_ask: bool


class BillsState(rx.State):
    loaded: bool = False
    cards: list[BillCard] = []
    _topic: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader)
        if seen is None:
            return to_signin(self)
        account_id, bills = seen
        self._topic = f"account:{account_id}"
        self.cards = [_card(bill, reader.lang) for bill in bills]
        self.loaded = True
        return BillsState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        """An invoice is issued within seconds, a refund within days: both without a reload."""
        async with self:
            reader, topic = await reader_of(self), self._topic
        last = None
        async for _ in hub.changes(topic):
            seen = await attempt(partial(_read_again, reader))
            if seen is None or seen == last:
                continue
            async with self:
                self.cards = [_card(bill, reader.lang) for bill in seen]
            last = seen

    @handles(Right.SEE_APPOINTMENT)
    async def ask_invoice(self, payment_no: str):
        """The platform issues it a moment later."""
        reader = await reader_of(self)
        bills = await asyncio.to_thread(_ask, reader, a_text(payment_no))
        self.cards = [_card(bill, reader.lang) for bill in bills]


def _read(reader: Reader) -> tuple[int, list[Bill]] | None:
    """None for somebody who is not signed in as a patient."""
    actor = reader.actor()
    return (actor.account_id, invoices.listing(actor)) if actor.account_id is not None else None


def _read_again(reader: Reader) -> list[Bill]:
    """Raises Refusal signed_out."""
    seen = _read(reader)
    if seen is None:
        raise signed_out()
    return seen[1]


def _ask(reader: Reader, payment_no: str) -> list[Bill]:
    invoices.request(reader.actor(), payment_no=payment_no)
    return _read_again(reader)


def _card(bill: Bill, lang: str) -> BillCard:
    on = clinic_day(bill.paid_at)
    day = wording.day_and_weekday(on, lang, today=clinic_day(clock.now()))
    word, tone = _stands(bill)
    invoice = bill.invoice
    said, invoice_tone = INVOICES[InvoiceStatus(invoice.status)] if invoice else ("", "still")
    open_again = invoice is None or invoice.status in (InvoiceStatus.VOIDED, InvoiceStatus.FAILED)
    return BillCard(
        no=bill.payment_no,
        appointment_no=bill.appointment_no,
        title=f"{say(bill.department, lang)} · {bill.patient}",
        when=f"{day} {wording.clock_time(bill.paid_at)}",
        amount=wording.money(bill.amount_fen),
        parts=_parts(bill, lang),
        word=say(word, lang),
        tone=tone,
        kept=wording.money(bill.kept_fen) if bill.refunds else "",
        refunds=[_return(bill, each, lang) for each in bill.refunds],
        invoice_word=say(said, lang) if said else "",
        invoice_tone=invoice_tone,
        invoice_number=invoice.number if invoice and invoice.status == InvoiceStatus.ISSUED else "",
        url=_address(invoice.url) if invoice and invoice.status == InvoiceStatus.ISSUED else "",
        file=f"/api/v1/bills/{bill.payment_no}/invoice.pdf" if invoice and invoice.number else "",
        may_ask=open_again and bill.kept_fen > 0 and bill.status == "captured",
    )


def _address(url: str) -> str:
    """The platform's page, or the sandbox's; nothing else becomes a link."""
    return url if url.startswith(("https://", "/sandbox/")) else ""


def _stands(bill: Bill) -> tuple[str, str]:
    """Word and tone: what became of the money as a whole."""
    if bill.status != PaymentStatus.CAPTURED or not bill.refunds:
        return PAID.get(PaymentStatus(bill.status)) or money_words.PAYMENTS[bill.status]
    if any(each.status != RefundStatus.DONE for each in bill.refunds):
        return "退款中", "warn"
    return ("部分退款", "still") if bill.kept_fen else ("已全额退款", "still")


def _parts(bill: Bill, lang: str) -> list[PartLine]:
    """Who paid which part; a single one as well."""
    parts = (
        ("医保统筹支付", bill.fund_fen),
        ("医保个人账户", bill.account_fen),
        (money_words.CHANNELS.get(bill.channel, bill.channel), bill.cash_fen),
    )
    return [PartLine(say(name, lang), wording.money(fen)) for name, fen in parts if fen]


def _return(bill: Bill, refund: BillRefund, lang: str) -> ReturnLine:
    word, tone = money_words.REFUNDS[refund.status]
    if refund.status == RefundStatus.FAILED:
        word, tone = "人工处理中", "warn"  # as refund_rows says it
    way = money_words.channel(way_of(leg=refund.leg, channel=bill.channel), lang)
    return ReturnLine(
        refund.no,
        say("退回{way} {money}", lang, way=way, money=wording.money(refund.amount_fen)),
        say(word, lang),
        tone,
    )
