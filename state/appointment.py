"""一张挂号单：状态、退号、改签、签到."""

import asyncio
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain import proof_of_work
from hospital_app.domain.appointment import Action, Status
from hospital_app.domain.authority import Right, may
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.change import DisplacementStatus
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.policy import CancelQuote
from hospital_app.flows import booking, catalog, counter, lobby, offering, waiting
from hospital_app.flows.offering import Unproven
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.calendars import Calendar
from hospital_app.services.cancelling import Cancellation
from hospital_app.services.rescheduling import Rescheduling
from hospital_app.settings import get_settings
from state import week, wording
from state.access import handles
from state.cards import Fact
from state.confirm import ROUNDS
from state.given import a_form, a_long_text, a_text
from state.live import hub
from state.notice import NoticeState
from state.on_behalf import begin, reason_for
from state.refund_rows import RefundRow, refund_row
from state.session import Reader, asked, cookie_of, reader_of, to_signin
from state.steady import attempt
from state.week import Day, Period

DOABLE = frozenset({"cancel", "reschedule"})


class AppointmentState(rx.State):
    loaded: bool = False
    number: str = ""
    title: str = ""
    status: str = ""
    tone: str = "still"
    status_note: str = ""
    facts: list[Fact] = []
    refunds: list[RefundRow] = []
    #: What can be done now.
    can_pay: bool = False
    can_cancel: bool = False
    can_reschedule: bool = False
    can_check_in: bool = False
    #: 到院付: to be paid at the window first; empty if nothing is.
    due: str = ""
    #: A clerk looks, who may take it.
    at_the_window: bool = False
    has_slip: bool = False
    waiting: bool = False
    #: 停诊: the patient has to choose.
    displaced: bool = False
    #: What is being done on the page: "" cancel reschedule.
    doing: str = ""
    quote_fee: str = ""
    quote_refund: str = ""
    quote_note: str = ""
    evenings: bool = False
    days: list[Day] = []
    chosen: str = ""
    chosen_title: str = ""
    periods: list[Period] = []
    picked: str = ""
    picked_title: str = ""
    #: A proof of work is wanted before the new number, as before a hold.
    proving: bool = False
    proof_round: int = 0
    area_code_error: str = ""
    _provider: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.loaded, self.doing, self.area_code_error, self.proving = False, "", "", False
        yield
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        if seen is None:
            yield to_signin(self)
            return
        actor = await asyncio.to_thread(reader.actor)
        await begin(self, actor, Right.CANCEL, str(self.no))
        self.at_the_window = may(actor, Right.REGISTER)
        self._show(seen, reader.lang)
        self.loaded = True
        wanted = asked(self, "do")
        first = {"cancel": AppointmentState.ask_cancel, "reschedule": AppointmentState.ask_reschedule}.get(wanted)
        yield [AppointmentState.follow, first] if first else AppointmentState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader, no = await reader_of(self), str(self.no)
        last = None
        async for _ in hub.changes(f"appointment:{no}"):
            seen = await attempt(partial(_read, reader, no))
            if seen is not None and seen != last:
                async with self:
                    self._show(seen, reader.lang)
            last = seen

    @handles(Right.SEE_APPOINTMENT)
    async def ask_cancel(self):
        reader = await reader_of(self)
        quote = await asyncio.to_thread(_quote, reader, str(self.no))
        self.quote_fee, self.quote_refund = wording.money(quote.fee_fen), wording.money(quote.refund_fen)
        self.quote_note = _quote_note(quote, reader.lang)
        self.doing = "cancel"

    @handles(Right.CANCEL)
    async def cancel(self):
        reader = await reader_of(self)
        done, seen = await asyncio.to_thread(_cancel, reader, str(self.no), await reason_for(self, str(self.no)))
        self.doing = ""
        self._show(seen, reader.lang)
        if done.refund_fen == 0:
            return NoticeState.show("已退号。")
        return NoticeState.show("已退号，{amount} 将原路退回。", {"amount": wording.money(done.refund_fen)})

    @handles(Right.BOOK)
    async def ask_reschedule(self):
        reader = await reader_of(self)
        calendar = await asyncio.to_thread(catalog.calendar, provider=self._provider)
        self.picked, self.picked_title, self.chosen = "", "", week.first_bookable(calendar)
        self._show_week(calendar, reader.lang)
        self.doing = "reschedule"

    @handles(Right.OWN_SCREEN)
    async def choose(self, key: str):
        reader = await reader_of(self)
        calendar = await asyncio.to_thread(catalog.calendar, provider=self._provider)
        self.chosen, self.picked, self.picked_title = a_text(key), "", ""
        self._show_week(calendar, reader.lang)

    @handles(Right.OWN_SCREEN)
    async def pick(self, key: str):
        reader = await reader_of(self)
        calendar = await asyncio.to_thread(catalog.calendar, provider=self._provider)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        cell = week.find_period(calendar, a_text(key))
        if cell is None or seen is None:
            return
        self.picked = key
        when = wording.when(cell.starts_at, cell.ends_at, reader.lang, now=calendar.as_of)
        self.picked_title = _change_words(when, cell.fee_fen - seen.fee_fen, reader.lang)

    @handles(Right.BOOK)
    async def reschedule(self):
        self.proof_round = 0
        return await self._move("")

    @handles(Right.BOOK)
    async def reschedule_proved(self, form: dict):
        """Sent by the browser itself, as soon as it has found the proof (assets/proof.js)."""
        return await self._move(a_long_text(a_form(form).get("proof")))

    async def _move(self, proof: str) -> rx.event.EventSpec | None:
        reader, no = await reader_of(self), str(self.no)
        self.proving = False
        reason = await reason_for(self, no)
        place = cookie_of(self, get_settings().place_cookie)
        answer = await asyncio.to_thread(_reschedule, reader, place, no, self.picked, reason, proof)
        if isinstance(answer, Unproven):
            if self.proof_round >= ROUNDS:
                raise proof_of_work.unlucky()
            self.proving, self.proof_round = True, self.proof_round + 1
            return None
        seen, done = answer
        if done.payment is not None:
            return rx.redirect(f"/pay/{seen.no}?new=1")
        self.doing = ""
        self._show(seen, reader.lang)
        return NoticeState.show("改签成功，请按新的时段到院签到。")

    @handles(Right.REGISTER)
    async def collect(self):
        """到院付: the clerk has the cash."""
        reader, no = await reader_of(self), str(self.no)
        await asyncio.to_thread(lambda: counter.collect(reader.actor(), no=no))
        seen = await asyncio.to_thread(_read, reader, no)
        if seen is not None:
            self._show(seen, reader.lang)
        return NoticeState.show("已收现金，现在可以签到了。")

    @handles(Right.OWN_SCREEN)
    async def leave_it(self):
        self.doing, self.proving = "", False

    @handles(Right.CHECK_IN)
    async def check_in(self, form: dict):
        reader = await reader_of(self)
        code = str(a_form(form).get("area_code", "")).strip()[:12]
        self.area_code_error = "" if code else say("请输入候诊区屏幕上的签到码", reader.lang)
        if not code:
            return None
        await asyncio.to_thread(_check_in, reader, str(self.no), code, await reason_for(self, str(self.no)))
        return rx.redirect("/queue")

    def _show(self, seen: AppointmentView, lang: str) -> None:
        now = clock.now()
        self.number, self._provider = seen.no, seen.provider
        self.title = wording.who_sees(seen, lang)
        self.status, self.tone = wording.status_words(seen.status, seen.cancel_reason, lang)
        self.status_note = _status_note(seen, lang)
        self.facts = _facts(seen, lang)
        self.refunds = [refund_row(each, lang) for each in seen.refunds]
        self.can_pay = seen.status == Status.PENDING or seen.rescheduling
        self.can_cancel = bool({Action.CANCEL, Action.RELEASE} & set(seen.actions))
        self.can_reschedule = Action.RESCHEDULE in seen.actions
        self.can_check_in = Action.CHECK_IN in seen.actions and clinic_day(seen.starts_at) == clinic_day(now)
        self.due = wording.money(seen.due_fen) if seen.due_fen else ""
        self.has_slip = seen.status in {Status.BOOKED, Status.CHECKED_IN}
        self.waiting = seen.status == Status.CHECKED_IN
        self.displaced = seen.displaced == DisplacementStatus.OPEN
        if self.displaced:
            self.status, self.tone = say("停诊", lang), "loss"
            self.can_cancel = self.has_slip = False
        if (self.doing == "cancel" and not self.can_cancel) or (self.doing == "reschedule" and not self.can_reschedule):
            self.doing = ""

    def _show_week(self, calendar: Calendar, lang: str) -> None:
        self.days = week.days(calendar, lang)
        self.evenings = week.has_evenings(calendar)
        shown = week.clinic(calendar, self.chosen) or week.clinic(calendar, week.first_bookable(calendar))
        self.chosen, self.chosen_title, self.periods = "", "", []
        if shown is not None:
            self.chosen = str(shown.schedule_id)
            self.chosen_title = week.clinic_title(shown, lang, now=calendar.as_of)
            self.periods = week.periods(calendar, shown.schedule_id, lang)


def _facts(seen: AppointmentView, lang: str) -> list[Fact]:
    now = clock.now()
    rows = [
        ("就诊时间", wording.when(seen.starts_at, seen.ends_at, lang, now=now)),
        ("就诊地点", wording.place(seen.location, seen.room, lang)),
        ("就诊人", seen.patient_name),
        ("就诊序号", wording.number(seen.seq, lang)),
        ("挂号费", wording.money(seen.fee_fen)),
        ("单号", seen.no),
    ]
    return [Fact(say(name, lang), value) for name, value in rows]


def _status_note(seen: AppointmentView, lang: str) -> str:
    if seen.displaced == DisplacementStatus.OPEN:
        return ""
    if seen.rescheduling:
        return say("改签还差付款：付清差价后换到新时段，原来的号为您保留。", lang)
    notes = {
        Status.PENDING: "号已为您锁定，请尽快付款。",
        Status.BOOKED: "就诊当天请到候诊区签到。",
        Status.CHECKED_IN: "请在候诊区等候叫号。",
    }
    return say(notes[Status(seen.status)], lang) if seen.status in notes else ""


def _quote_note(quote: CancelQuote, lang: str) -> str:
    if quote.until is None:
        return ""
    until = f"{wording.day(clinic_day(quote.until), lang)} {wording.clock_time(quote.until)}"
    if quote.percent == 0:
        return say("{until} 之前退号免手续费。", lang, until=until)
    return say("按规则扣自付部分的 {percent}%；{until} 之后会更高。", lang, percent=quote.percent, until=until)


def _change_words(when: str, difference_fen: int, lang: str) -> str:
    if difference_fen > 0:
        return say("改到 {when}，需补差价 {amount}。", lang, when=when, amount=wording.money(difference_fen))
    if difference_fen < 0:
        return say("改到 {when}，差价 {amount} 会退回。", lang, when=when, amount=wording.money(-difference_fen))
    return say("改到 {when}，费用不变。", lang, when=when)


def _read(reader: Reader, no: str) -> AppointmentView | None:
    actor = reader.actor()
    return booking.one(actor, no=no) if actor.signed_in else None


def _quote(reader: Reader, no: str) -> CancelQuote:
    return booking.quote(reader.actor(), no=no)


def _cancel(reader: Reader, no: str, reason: Reason | None) -> tuple[Cancellation, AppointmentView]:
    actor = reader.actor()
    return booking.cancel(actor, no=no, reason=reason), booking.one(actor, no=no)


def _reschedule(
    reader: Reader, place: str, no: str, picked: str, reason: Reason | None, proof: str
) -> tuple[AppointmentView, Rescheduling] | Unproven:
    schedule_id, starts_at = week.read_period(picked)
    actor = reader.actor()
    lobby.check(actor, place=place)
    return offering.move_or_prove(
        actor, no=no, schedule_id=schedule_id, starts_at=starts_at, reason=reason, proof=proof
    )


def _check_in(reader: Reader, no: str, area_code: str, reason: Reason | None) -> None:
    waiting.check_in(reader.actor(), no=no, area_code=area_code, reason=reason)
