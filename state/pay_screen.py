"""收银台, as it stands on the screen: which number, what is to be paid and how, and how far it is."""

from base64 import b64encode
from dataclasses import dataclass

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.payment import Channel, PaymentStatus
from hospital_app.flows import cashier
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.payment_views import PaymentView
from state import money_words, week, wording
from state.paying import split_words
from state.refund_rows import RefundRow, refund_row
from state.session import asked

#: The sign of a channel where its logo would stand.
MARKS = {Channel.WECHAT: "微", Channel.ALIPAY: "支", Channel.ONSITE: "院"}


@dataclass(frozen=True)
class Way:
    """One way to pay."""

    code: str
    name: str
    mark: str


class PayScreen(rx.State, mixin=True):
    loaded: bool = False
    #: pending (nothing is ordered yet), scan (a code to be scanned stands there), checking (the payer has been to the
    #: channel's cashier), settling (paid, insurance is not through), returned (the money goes back), or over.
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
    ways: list[Way] = []
    way: str = ""
    way_name: str = ""
    #: 医保 of this person: empty (not asked for here), absent, unverified, ready.
    insurance: str = ""
    person: str = ""
    #: It is a relative's, who must agree at the platform's page.
    relative: bool = False
    #: What came of the platform's page, if it was nothing.
    unauthorised: str = ""
    #: The form for the number is open.
    linking: bool = False
    insured: bool = False
    use_account: bool = True
    fund: str = ""
    account: str = ""
    #: What is left for the payer, and whether that is nothing.
    cash: str = ""
    nothing_left: bool = False
    #: The order whose split the payer sees here and has not agreed to yet.
    quoted: str = ""
    #: The last try came to nothing; the number is still held.
    failed: bool = False
    #: It was the insurance that came to nothing; whether nothing had been paid beside it.
    uninsured: bool = False
    unpaid: bool = False
    #: A clerk acts for the patient, and takes what insurance leaves in cash.
    at_window: bool = False
    #: The payer wants another way than the one that is open.
    choosing: bool = False
    #: The code as a picture, and its address where this very device may open it.
    code: str = ""
    code_link: str = ""
    refunds: list[RefundRow] = []
    #: Where the channel takes the money; the browser leaves for it as soon as it stands here.
    cashier: str = ""
    #: Inside WeChat: what its own cashier opens with, over this page (JSON).
    order: str = ""

    def _fresh(self) -> bool:
        """Sent here by the reschedule, which orders the difference at once: the payer has not been there yet."""
        return asked(self, "new") != ""

    def _offer(self, lang: str) -> None:
        codes = cashier.ways(onsite=not self.difference and (self.at_window or not self.insured))
        self.ways = [Way(code, _way_name(code, lang), say(MARKS[Channel(code)], lang)) for code in codes]
        if self.way not in codes:
            self.way = first_way(self.router.headers.user_agent, codes)
        self.way_name = _way_name(self.way, lang)

    def _split(self) -> tuple[str, str, str]:
        """As it is shown."""
        return self.fund, self.account, self.cash

    def _show_split(self, paying: PaymentView | None) -> None:
        """Of the open order with insurance; else everything is the payer's."""
        self.fund, self.account, self.cash, self.nothing_left = "", "", self.fee, False
        if paying is None or paying.status not in {PaymentStatus.PENDING, PaymentStatus.SETTLING}:
            return
        if self.choosing and not self.insured:  # 自费: the open order is not what will be paid
            return
        if paying.cash_fen < paying.amount_fen:
            self.insured = True
            self.fund, self.account, self.cash = split_words(paying)
            self.nothing_left = paying.cash_fen == 0

    def _show(self, seen: AppointmentView, paying: PaymentView | None, lang: str) -> rx.event.EventSpec | None:
        """What stands on the page; an event if there is nothing left to pay here."""
        now = clock.now()
        self.difference = seen.status == Status.BOOKED and seen.rescheduling
        if seen.status not in {Status.PENDING, Status.CANCELLED} and not self.difference:
            return rx.redirect(f"/slip/{seen.no}", replace=True)
        if seen.cancel_reason in {CancelReason.PATIENT, CancelReason.SUSPENDED}:
            return rx.redirect(f"/appointment/{seen.no}", replace=True)
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
        self.refunds = [] if self.difference else [refund_row(each, lang) for each in seen.refunds]
        self.uninsured = paying is not None and paying.status == PaymentStatus.RETURNED
        self.unpaid = paying is not None and paying.cash_fen == 0
        self.failed = paying is not None and paying.status in {PaymentStatus.FAILED, PaymentStatus.RETURNED}
        self.insured = self.insured and not self.failed
        self.person = str(seen.patient_id)
        self._show_split(paying)
        self._offer(lang)
        unasked = self.choosing or self._fresh() or (paying is not None and paying.no == self.quoted)
        self.phase = _phase(seen, paying, open_until=self.until, now=self.server_now, unasked=unasked)
        self._show_code(paying)
        return None

    def _show_code(self, paying: PaymentView | None) -> None:
        if self.phase != "scan" or paying is None:
            self.code = self.code_link = ""
            return
        self.way, self.way_name = (
            paying.channel,
            next((each.name for each in self.ways if each.code == paying.channel), self.way_name),
        )
        self.code = f"data:image/png;base64,{b64encode(cashier.code_picture(paying)).decode()}"
        self.code_link = cashier.code_link(paying)


def _phase(seen: AppointmentView, paying: PaymentView | None, *, open_until: int, now: int, unasked: bool) -> str:
    if paying is not None and paying.status == PaymentStatus.SETTLING:
        return "settling"
    if seen.status == Status.CANCELLED or open_until <= now:
        return "returned" if seen.refunds and seen.status == Status.CANCELLED else "over"
    if unasked or paying is None or paying.status != PaymentStatus.PENDING or not paying.opened:
        return "pending"
    return "scan" if paying.code_url else "checking"


def _way_name(code: str, lang: str) -> str:
    return say("到院窗口支付", lang) if code == Channel.ONSITE else money_words.channel(code, lang)


def first_way(user_agent: str, codes: list[str]) -> str:
    """Inside a channel's own app, that channel."""
    if "AlipayClient" in user_agent and Channel.ALIPAY in codes:
        return Channel.ALIPAY.value
    return codes[0] if codes else ""
