"""审批: the requests of one's department, each with what it would do before it is decided."""

import asyncio
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.domain.change import ChangeKind, ChangeStatus
from hospital_app.flows import changes
from hospital_app.services.change_effects import Concerned, Effect, Equal
from hospital_app.services.change_views import ChangeView
from state import administering, wording
from state.access import handles
from state.change_words import SERVICES, ChangeRow, change_row
from state.given import a_form, a_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.session import Reader, reader_of
from state.steady import attempt


@dataclass(frozen=True)
class PatientLine:
    """One whom it touches, masked."""

    no: str
    name: str
    time: str
    status: str
    paid: str


@dataclass(frozen=True)
class EqualLine:
    who: str
    note: str


class BadgeState(rx.State):
    """How many requests wait for this admin: what the menu says beside 审批."""

    open: int = 0

    @handles(Right.OWN_SCREEN)
    async def load(self):
        """The menu is drawn before anybody knows who reads it: nothing for those whose it is not."""
        self.open = await asyncio.to_thread(_count, await reader_of(self))


class ChangesState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    open: list[ChangeRow] = []
    decided: list[ChangeRow] = []
    #: What is looked at.
    chosen: ChangeRow = ChangeRow()
    effect: str = ""
    patients: list[PatientLine] = []
    equals: list[EqualLine] = []
    no_equals: bool = False

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_SCHEDULE, "/admin/changes")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self.whole = administering.whole(came.actor)
        self._show(await asyncio.to_thread(_lists, came.reader), came.reader.lang)
        self.loaded = True
        return ChangesState.follow

    @handles(Right.MANAGE_SCHEDULE, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        last = None
        async for _ in hub.changes("changes"):
            seen = await attempt(partial(_lists, reader))
            if seen is not None and seen != last:
                async with self:
                    self._show(seen, reader.lang)
                    (await self.get_state(BadgeState)).open = len(seen[0])
            last = seen

    @handles(Right.MANAGE_SCHEDULE)
    async def choose(self, change_id: str):
        """One request with what approving it would do now."""
        reader = await reader_of(self)
        view, effect = await asyncio.to_thread(_effect, reader, an_id(change_id))
        lang = reader.lang
        self.chosen = change_row(view, lang)
        self.effect = _effect_words(view, effect, lang)
        self.patients = [_patient(patient, lang) for patient in effect.patients]
        self.equals = [_equal(equal, lang) for equal in effect.equals]
        self.no_equals = view.kind == ChangeKind.SUSPEND and bool(effect.patients) and not effect.equals
        return rx.scroll_to("effect")

    @handles(Right.MANAGE_SCHEDULE)
    async def leave(self):
        self.chosen = ChangeRow()

    @handles(Right.MANAGE_SCHEDULE)
    async def approve(self, change_id: str):
        reader = await reader_of(self)
        await asyncio.to_thread(_approve, reader, an_id(change_id))
        self._show(await asyncio.to_thread(_lists, reader), reader.lang)
        self.chosen = ChangeRow()
        return NoticeState.show("已批准，受影响的患者都已收到通知。")

    @handles(Right.MANAGE_SCHEDULE)
    async def reject(self, form: dict):
        reader = await reader_of(self)
        form = a_form(form)
        wish = an_id(form.get("change_id")), a_text(form.get("answer"))
        await asyncio.to_thread(_reject, reader, *wish)
        self._show(await asyncio.to_thread(_lists, reader), reader.lang)
        self.chosen = ChangeRow()
        return NoticeState.show("已驳回，申请人可以看到原因。")

    def _show(self, seen: tuple[list[ChangeView], list[ChangeView]], lang: str) -> None:
        self.open = [change_row(view, lang) for view in seen[0]]
        self.decided = [change_row(view, lang) for view in seen[1]]


def _effect_words(view: ChangeView, effect: Effect, lang: str) -> str:
    if view.kind == ChangeKind.SUSPEND:
        return say(
            "影响 {count} 位患者（{paying} 位正在付款），若全部退款共 {amount}；另有 {free} 个空号将关闭。",
            lang,
            count=len(effect.patients),
            paying=effect.paying,
            amount=wording.money(effect.refund_fen),
            free=effect.free,
        )
    if view.kind == ChangeKind.ADJUST:
        return say("影响 {count} 位患者，批准后逐一通知，挂号单重新签发。", lang, count=len(effect.patients))
    if view.kind == ChangeKind.OVERBOOK:
        return say("这次门诊已加 {count} 个号。", lang, count=effect.overbooked)
    return say("现在还有 {free} 个空号；已约的号不受影响。", lang, free=effect.free)


def _patient(patient: Concerned, lang: str) -> PatientLine:
    word, _ = wording.STATUS_WORDS[patient.status]
    return PatientLine(
        no=str(patient.seq),
        name=patient.name,
        time=wording.clock_time(patient.starts_at),
        status=say(word, lang),
        paid=wording.money(patient.paid_fen),
    )


def _equal(equal: Equal, lang: str) -> EqualLine:
    who = wording.doctor(equal.doctor_name, equal.doctor_title, lang)
    return EqualLine(
        who=f"{who} · {say(SERVICES.get(equal.service_type, '普通号'), lang)}",
        note=say(
            "空号 {left} 个，最近 {at}",
            lang,
            left=equal.left,
            at=wording.when(equal.next_at, equal.next_at, lang, now=clock.now()).partition("–")[0],
        ),
    )


def _lists(reader: Reader) -> tuple[list[ChangeView], list[ChangeView]]:
    actor = reader.actor()
    waiting = changes.inbox(actor, status=ChangeStatus.REQUESTED)
    return waiting, [view for view in changes.inbox(actor) if view.status != ChangeStatus.REQUESTED][:20]


def _effect(reader: Reader, change_id: int) -> tuple[ChangeView, Effect]:
    return changes.effect(reader.actor(), change_id=change_id)


def _approve(reader: Reader, change_id: int) -> None:
    changes.approve(reader.actor(), change_id=change_id)


def _reject(reader: Reader, change_id: int, answer: str) -> None:
    changes.reject(reader.actor(), change_id=change_id, answer=answer)


def _count(reader: Reader) -> int:
    actor = reader.actor()
    return changes.open_count(actor) if may(actor, Right.MANAGE_SCHEDULE) else 0
