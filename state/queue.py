"""候诊进度."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.appointment import Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import signed_out
from hospital_app.domain.ticket import TicketStatus
from hospital_app.flows import booking, waiting
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.waiting import Position
from state import wording
from state.access import handles
from state.live import hub
from state.session import Reader, reader_of
from state.steady import attempt

IN_LINE = frozenset({TicketStatus.WAITING, TicketStatus.MISSED})
TODAY = frozenset({Status.BOOKED, Status.CHECKED_IN, Status.FULFILLED})


@dataclass(frozen=True)
class Waiting:
    """One visit of today. `called`: it is this patient's turn; `ahead` is the big word, empty if there is none."""

    no: str
    label: str
    title: str
    who: str
    where: str
    called: bool
    headline: str
    ahead: str
    eta: str
    note: str
    action: str
    href: str


class QueueState(rx.State):
    loaded: bool = False
    signed_out: bool = False
    visits: list[Waiting] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader)
        self.signed_out = seen is None
        self._show(seen or (), reader.lang)
        self.loaded = True
        return QueueState.follow if seen is not None else None

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        last = await attempt(partial(_read, reader)) or ()
        if last:
            async with self:  # what changed since `load` read would otherwise count as shown
                self._show(last, reader.lang)
        async for _ in hub.changes(*_topics(last)):
            seen = await attempt(partial(_read_again, reader))
            if seen is None or _same(seen, last):
                continue
            async with self:
                self._show(seen, reader.lang)
            if _topics(seen) != _topics(last):
                yield QueueState.follow
                return
            last = seen

    def _show(self, seen: Sequence[tuple[AppointmentView, Position]], lang: str) -> None:
        self.visits = [_waiting(view, position, lang) for view, position in seen]


def _read(reader: Reader) -> list[tuple[AppointmentView, Position]] | None:
    """Today's visits with their place in line, the soonest first, what is over last; None for who is not signed in."""
    actor = reader.actor()
    if actor.account_id is None:
        return None
    today = clinic_day(clock.now())
    mine = [v for v in booking.listing(actor) if v.status in TODAY and clinic_day(v.starts_at) == today]
    mine.sort(key=lambda view: (view.status == Status.FULFILLED, view.starts_at))
    return [(view, waiting.position(actor, no=view.no)) for view in mine]


def _read_again(reader: Reader) -> list[tuple[AppointmentView, Position]]:
    """Raises Refusal signed_out."""
    seen = _read(reader)
    if seen is None:
        raise signed_out()
    return seen


def _topics(seen: Sequence[tuple[AppointmentView, Position]]) -> list[str]:
    own = [f"appointment:{view.no}" for view, _ in seen]
    return [*own, *sorted({f"queue:{view.schedule_id}" for view, _ in seen})]


def _same(one: Sequence[tuple[AppointmentView, Position]], other: Sequence[tuple[AppointmentView, Position]]) -> bool:
    """Whether two readings would look the same."""
    return [_waiting(*seen, "zh") for seen in one] == [_waiting(*seen, "zh") for seen in other]


def _waiting(view: AppointmentView, position: Position, lang: str) -> Waiting:
    called = position.status in {TicketStatus.CALLED, TicketStatus.SERVING}
    headline, ahead, eta, note = _words(position, lang)
    action, href = "", ""
    if position.status == Status.BOOKED:
        action, href = say("去签到", lang), f"/appointment/{view.no}"
    return Waiting(
        no=view.no,
        label=wording.number(position.ticket_no, lang),
        title=wording.who_sees(view, lang),
        who=say(
            "就诊人 {name} · {when}", lang, name=view.patient_name, when=wording.span(view.starts_at, view.ends_at)
        ),
        where=wording.place(position.location, position.room, lang),
        called=called,
        headline=headline,
        ahead=ahead,
        eta=eta,
        note=note,
        action=action,
        href=href,
    )


def _words(position: Position, lang: str) -> tuple[str, str, str, str]:
    """Headline, the big word, how long, and what to do."""
    status = position.status
    if status == TicketStatus.CALLED:
        return (
            say("轮到您了", lang),
            say("请到 {room}", lang, room=wording.room(position.room, lang)),
            "",
            say("请带好身份证或医保卡", lang),
        )
    if status == TicketStatus.SERVING:
        return say("正在就诊", lang), wording.room(position.room, lang), "", ""
    if status in IN_LINE:
        eta = say("大约等 {low}–{high} 分钟", lang, low=position.eta_low, high=position.eta_high)
        note = "刚才叫号没有应答，已为您排在后面，请不要走远。" if position.misses else "请在候诊区等候，注意听叫号。"
        return say("前面还有", lang), say("{ahead} 人", lang, ahead=position.ahead), eta, say(note, lang)
    if status == Status.BOOKED:
        opens = wording.clock_time(position.check_in_opens_at)
        note = say("{at} 起可以签到；签到后才会叫到您。", lang, at=opens)
        return say("还没有签到，现在签到前面有", lang), say("{ahead} 人", lang, ahead=position.ahead), "", note
    if status == TicketStatus.AWAY:
        return say("检查中", lang), "", "", say("做完检查请回到候诊区重新签到。", lang)
    return say("就诊已结束", lang), "", "", say("祝您早日康复", lang)
