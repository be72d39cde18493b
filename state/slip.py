"""电子挂号单."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.appointment import Action, Status
from hospital_app.domain.authority import Right
from hospital_app.flows import booking, waiting
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.slips import SlipView
from state import wording
from state.access import handles
from state.live import hub
from state.session import Reader, reader_of, to_signin
from state.steady import attempt


@dataclass(frozen=True)
class Seen:
    appointment: AppointmentView
    slip: SlipView | None
    ahead: int


class SlipState(rx.State):
    loaded: bool = False
    number: str = ""
    headline: str = ""
    subline: str = ""
    arrive: str = ""
    #: The picture as a data URI: it stays on the phone with the copy kept for the time without a network.
    qr: str = ""
    code: str = ""
    seq: str = ""
    status: str = ""
    tone: str = "ok"
    who: str = ""
    paid: str = ""
    when: str = ""
    ahead: str = ""
    where: str = ""
    share: str = ""
    can_change: bool = False

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.loaded = False
        yield
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader, str(self.no))
        if seen is None:
            yield to_signin(self)
            return
        leave = self._show(seen, reader.lang)
        self.loaded = leave is None
        yield leave or SlipState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        """The QR comes from a worker a second after the payment; afterwards numbers and states move on."""
        async with self:
            reader, no = await reader_of(self), str(self.no)
        last = None
        async for _ in hub.changes(f"appointment:{no}"):
            seen = await attempt(partial(_read, reader, no))
            if seen is None or seen == last:
                continue
            last = seen
            async with self:
                leave = self._show(seen, reader.lang)
            if leave is not None:
                yield leave
                return

    def _show(self, seen: Seen, lang: str) -> rx.event.EventSpec | None:
        view = seen.appointment
        if seen.slip is None:
            page = "pay" if view.status == Status.PENDING else "appointment"
            return rx.redirect(f"/{page}/{view.no}", replace=True)
        self.number = view.no
        self.headline, self.subline = _headline(view, lang)
        opens = view.starts_at - timedelta(minutes=rules_known().check_in_opens_minutes)
        self.arrive = say("请在 {span} 到院，出示此码签到", lang, span=wording.span(opens, view.ends_at))
        self.qr = f"data:image/png;base64,{b64encode(seen.slip.png).decode()}" if seen.slip.png else ""
        self.code = f"{seen.slip.code[:4]} {seen.slip.code[4:]}"
        self.seq = f"{wording.number(view.seq, lang)} · {view.patient_name}"
        self.status, self.tone = wording.status_words(view.status, view.cancel_reason, lang)
        self.who = wording.who_sees(view, lang)
        told = "单号 {no} · 签到前请先到窗口付 {paid}" if view.due_fen else "单号 {no} · 已付 {paid}"
        self.paid = say(told, lang, no=view.no, paid=wording.money(view.due_fen or view.paid_fen))
        self.when = wording.when(view.starts_at, view.ends_at, lang, now=clock.now())
        waits = view.status == Status.BOOKED
        self.ahead = say("现在签到，前面有 {ahead} 人", lang, ahead=seen.ahead) if waits and seen.ahead else ""
        self.where = wording.place(view.location, view.room, lang)
        self.share = f"{self.who}\n{self.when}\n{self.where}\n{self.seq}"
        self.can_change = Action.CANCEL in view.actions
        return None


def _headline(view: AppointmentView, lang: str) -> tuple[str, str]:
    if view.status == Status.BOOKED:
        told = "到院先到挂号窗口付费，再签到" if view.due_fen else "不用再做任何事，按时到院签到即可"
        return say("挂号成功", lang), say(told, lang)
    if view.status == Status.CHECKED_IN:
        return say("已签到", lang), say("请在候诊区等候叫号", lang)
    if view.status == Status.FULFILLED:
        return say("已就诊", lang), say("祝您早日康复", lang)
    return wording.status_words(view.status, view.cancel_reason, lang)[0], say("如有疑问，请到服务台咨询", lang)


def _read(reader: Reader, no: str) -> Seen | None:
    actor = reader.actor()
    if not actor.signed_in:
        return None
    view = booking.one(actor, no=no)
    if view.status in {Status.PENDING, Status.CANCELLED}:
        return Seen(view, None, 0)
    return Seen(view, booking.slip(actor, no=no), waiting.position(actor, no=no).ahead)
