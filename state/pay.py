"""收银台：锁号倒计时与付款."""

import asyncio
from functools import partial

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, scope_of
from hospital_app.domain.exchange import Method
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import Channel
from hospital_app.flows import booking, cashier, payment
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.payment_views import PaymentView
from state import week
from state.access import handles
from state.given import a_text
from state.live import hub
from state.notice import NoticeState
from state.on_behalf import begin, reason_for
from state.pay_screen import PayScreen, first_way
from state.paying import (
    AUTHORISED,
    Wish,
    asking_wechat,
    authorisation_words,
    for_relative,
    insurance_of,
    open_payment,
    order_of,
    platform_page,
    split_words,
    take_cash,
    wish_of,
)
from state.person import PersonState
from state.session import Reader, asked, reader_of, to_signin
from state.steady import attempt
from state.terms import terms

SPLIT_CHANGED = "医保金额有变化，请核对后再付款。"


class PayState(PayScreen, rx.State):
    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.loaded, self.choosing, self.linking, self.quoted, self.insured = False, False, False, "", False
        self.cashier = self.order = ""
        yield
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        if seen is None:
            yield to_signin(self)
            return
        if not asked(self, "payer"):
            agent = self.router.headers.user_agent
            self.cashier = await asyncio.to_thread(asking_wechat, reader, str(self.no), user_agent=agent)
            if self.cashier:
                return
        actor = await asyncio.to_thread(reader.actor)
        self.at_window = scope_of(actor, Right.REGISTER) is not None
        await begin(self, actor, Right.BOOK, str(self.no))
        self.rules = terms(rules_known(), reader.lang)
        leave = self._show(*seen, reader.lang)
        self.insurance = await asyncio.to_thread(insurance_of, reader, seen[0])
        self.relative = await asyncio.to_thread(for_relative, reader, seen[0].no)
        self.unauthorised = say(authorisation_words(asked(self, "insurance")), reader.lang)
        self.loaded = leave is None
        yield leave or PayState.follow
        if leave is None and seen[1] is None and asked(self, "insurance") == AUTHORISED:
            yield PayState.insure

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

    @handles(Right.OWN_SCREEN)
    async def choose(self, way: str):
        wanted = a_text(way)
        self.way_name = next((each.name for each in self.ways if each.code == wanted), self.way_name)
        self.way = next((each.code for each in self.ways if each.code == wanted), self.way)

    @handles(Right.BOOK)
    async def insure(self):
        """用医保: the split is computed and shown, after the platform's page where there is one; nothing is taken."""
        return await self._quote(insured=True, use_account=self.use_account)

    @handles(Right.BOOK)
    async def with_account(self, used: bool):
        """个人账户: the split once more, with or without the account's balance."""
        return await self._quote(insured=True, use_account=used is True)

    @handles(Right.SEE_APPOINTMENT)
    async def uninsure(self):
        """自费: the next order is one without insurance; it closes the other."""
        reader = await reader_of(self)
        self.insured, self.quoted, self.choosing = False, "", True
        return await self._again(reader)

    @handles(Right.OWN_SCREEN)
    async def link(self):
        """填写医保号, here: nothing is lost by going elsewhere."""
        self.linking = True

    @handles(Right.SEE_APPOINTMENT)
    async def linked(self):
        """After the form: what the bureau says of the number."""
        person = await self.get_state(PersonState)
        if not person.saved_id:
            return
        person.saved_id = ""
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        self.linking = False
        self.insurance = await asyncio.to_thread(insurance_of, reader, seen[0]) if seen else ""

    @handles(Right.BOOK)
    async def pay(self):
        """On this device, in the channel's own cashier; not if the split is another than was shown."""
        if await self._leaves_to_authorise():
            return None
        shown = self._split()
        opened = await self._start(None)
        if opened.code_url and not opened.cashier_url:  # ordered at a large screen before
            opened = await self._start(cashier.opened_here(self.way))
        if self.insured and shown != split_words(opened):
            self.quoted = opened.no
            return await self._again(await reader_of(self)) or NoticeState.show(SPLIT_CHANGED)
        self.quoted, self.cashier, self.order = "", opened.cashier_url, order_of(opened)
        return None

    @handles(Right.BOOK)
    async def outside(self):
        """WeChat's cashier does not open over this page: the one of any browser."""
        opened = await self._start(Method.H5)
        self.cashier = opened.cashier_url

    @handles(Right.BOOK)
    async def scan(self):
        """At a large screen: a code for the phone."""
        if await self._leaves_to_authorise():
            return None
        shown = self._split()
        opened = await self._start(cashier.scanned_by(self.way))
        changed = self.insured and shown != split_words(opened)
        self.quoted = opened.no if changed else ""
        leave = await self._again(await reader_of(self))
        return leave or (NoticeState.show(SPLIT_CHANGED) if changed else None)

    @handles(Right.BOOK)
    async def promise(self):
        """到院付: booked now, paid at the window."""
        self.way, self.insured = Channel.ONSITE.value, False
        await self._start(None)
        return await self._again(await reader_of(self))

    @handles(Right.OWN_SCREEN)
    async def left(self):
        """The browser itself says that it goes there, or has opened the order: whoever comes back is not sent again.

        Not forgotten before: of two answers that arrive together a page shows the second one alone.
        """
        self.cashier = self.order = ""

    @handles(Right.REGISTER)
    async def take_cash(self):
        """窗口：what insurance leaves is in the clerk's hand; not if the split is another than was read out."""
        shown, self.insured = self._split(), True
        opened = await self._start(None)
        reader = await reader_of(self)
        if self.way != Channel.ONSITE or shown != split_words(opened):
            self.quoted = opened.no
            return await self._again(reader) or NoticeState.show(SPLIT_CHANGED)
        await asyncio.to_thread(take_cash, reader, str(self.no), opened.no)
        self.quoted = ""
        return await self._again(reader)

    @handles(Right.BOOK)
    async def agree(self):
        """Nothing is left to be paid in cash: insurance settles all of it now."""
        if await self._leaves_to_authorise():
            return None
        reader, no = await reader_of(self), str(self.no)
        reason = await reason_for(self, no)
        await asyncio.to_thread(open_payment, reader, no, Wish(None, None, True, self.use_account), reason)
        self.quoted = ""
        return await self._again(reader)

    @handles(Right.OWN_SCREEN)
    async def another(self):
        """换一种方式: the choice again; what is open is closed when something else is ordered."""
        self.choosing, self.phase = True, "pending"

    @handles(Right.SEE_APPOINTMENT)
    async def check(self):
        """The payer says it is paid: the channel is asked now."""
        reader = await reader_of(self)
        no = str(self.no)
        await asyncio.to_thread(_check, reader, no)
        seen = await asyncio.to_thread(_read, reader, no)
        if seen is None:
            return to_signin(self)
        leave = self._show(*seen, reader.lang)
        if leave is not None or self.phase in {"settling", "returned"}:
            return leave
        return NoticeState.show("还没有收到付款结果，请稍后再查；钱不会丢。")

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

    async def _start(self, method: Method | None) -> PaymentView:
        reader, no = await reader_of(self), str(self.no)
        reason = await reason_for(self, no)
        wish = await self._wish(reader, method, insured=self.insured, use_account=self.use_account)
        opened = await asyncio.to_thread(open_payment, reader, no, wish, reason)
        self.choosing = False
        return opened

    async def _quote(self, *, insured: bool, use_account: bool) -> rx.event.EventSpec | None:
        reader, no = await reader_of(self), str(self.no)
        reason = await reason_for(self, no)
        if self.way == Channel.ONSITE and not self.at_window:  # the window settles insurance by itself
            self.way = first_way(self.router.headers.user_agent, cashier.ways(onsite=False))
        self.unauthorised = ""
        if await self._leaves_to_authorise(insured=insured):
            return None
        wish = await self._wish(reader, None, insured=insured, use_account=use_account)
        opened = await asyncio.to_thread(open_payment, reader, no, wish, reason)
        self.insured, self.use_account, self.quoted, self.choosing = insured, use_account, opened.no, False
        return await self._again(reader)

    async def _wish(self, reader: Reader, method: Method | None, *, insured: bool, use_account: bool) -> Wish:
        agent = self.router.headers.user_agent
        return await asyncio.to_thread(
            wish_of, reader, self.way, method, user_agent=agent, insured=insured, use_account=use_account
        )

    async def _leaves_to_authorise(self, *, insured: bool | None = None) -> bool:
        """Whether the browser leaves for the platform's page, where the payer must agree first (or again)."""
        if not (self.insured if insured is None else insured):
            return False
        self.cashier = await asyncio.to_thread(platform_page, await reader_of(self), str(self.no))
        return self.cashier != ""

    async def _again(self, reader: Reader) -> rx.event.EventSpec | None:
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        return self._show(*seen, reader.lang) if seen is not None else to_signin(self)


def _read(reader: Reader, no: str) -> tuple[AppointmentView, PaymentView | None] | None:
    actor = reader.actor()
    if not actor.signed_in:
        return None
    return booking.one(actor, no=no), payment.latest(actor, no=no)


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
