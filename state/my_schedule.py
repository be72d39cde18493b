"""我的排班: a doctor's own calendar by week and month, and requests for changes of it."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, instant, local
from hospital_app.domain.change import ChangeKind, Wanted
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import changes
from hospital_app.services.change_views import ChangeView
from hospital_app.services.own_calendar import Askable, OwnClinic
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.change_words import KINDS, SERVICES, ChangeRow, change_row
from state.given import a_day, a_form, a_text, a_time, an_id, an_instant
from state.live import hub
from state.notice import NoticeState
from state.session import Reader, reader_of
from state.staff_signin import to_staff_signin
from state.steady import attempt

HERE = "/doctor/schedule"


@dataclass(frozen=True)
class ClinicCell:
    """One clinic in its day."""

    id: str
    title: str
    room: str
    counts: str
    word: str
    tone: str
    asked: str
    booked_percent: int


@dataclass(frozen=True)
class DayCell:
    key: str
    label: str
    today: bool
    outside: bool
    clinics: list[ClinicCell]


class MyScheduleState(rx.State):
    loaded: bool = False
    who: str = ""
    month: bool = False
    first: str = ""  # the first day that is shown
    title: str = ""
    days: list[DayCell] = []
    requests: list[ChangeRow] = []
    #: The clinic that something is asked for, and what.
    chosen: str = ""
    chosen_title: str = ""
    chosen_note: str = ""
    kind: str = "suspend"
    periods: list[Option] = []
    substitutes: list[Option] = []
    per_period: int = 1
    most: int = 1
    first_day: str = ""
    last_day: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.REQUEST_CHANGE, HERE)
        self.reset()
        if came.away or came.actor.role is not Role.DOCTOR:
            return came.away or to_staff_signin(HERE)
        self.who = came.actor.name
        today = clinic_day(clock.now())
        self.first = (today - timedelta(days=today.weekday())).isoformat()
        await self._read(came.reader)
        self.loaded = True
        return MyScheduleState.follow

    @handles(Right.REQUEST_CHANGE, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        async for _ in hub.changes("changes", "today"):
            async with self:
                span = self._span()
            seen = await attempt(partial(_seen, reader, *span))
            if seen is not None:
                async with self:
                    if self._span() == span:
                        self._show(seen, reader.lang)

    @handles(Right.REQUEST_CHANGE)
    async def show(self, month: bool):
        self.month = month is True
        today = clinic_day(clock.now())
        anchor = today if not self.month else today.replace(day=1)
        self.first = (anchor - timedelta(days=anchor.weekday())).isoformat()
        await self._read(await reader_of(self))

    @handles(Right.REQUEST_CHANGE)
    async def turn(self, step: int):
        """A week or a month back (-1) or on (1)."""
        forward = step == 1
        first = a_day(self.first)
        if self.month:
            inside = first + timedelta(days=6)
            month = (inside.replace(day=1) + timedelta(days=32 if forward else -1)).replace(day=1)
            first = month - timedelta(days=month.weekday())
        else:
            first += timedelta(days=7 if forward else -7)
        if abs((first - clinic_day(clock.now())).days) <= 400:
            self.first = first.isoformat()
        await self._read(await reader_of(self))

    @handles(Right.REQUEST_CHANGE)
    async def choose(self, schedule_id: str):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_askable, reader, an_id(schedule_id))
        self._open(seen, reader.lang)
        return rx.scroll_to("ask")

    @handles(Right.REQUEST_CHANGE)
    async def leave(self):
        self.chosen = ""

    @handles(Right.REQUEST_CHANGE)
    async def choose_kind(self, kind: str):
        chosen = a_text(kind)
        self.kind = chosen if chosen in set(ChangeKind) else ChangeKind.SUSPEND.value

    @handles(Right.REQUEST_CHANGE)
    async def ask(self, form: dict):
        reader = await reader_of(self)
        given = a_form(form)
        schedule_id = an_id(given.get("schedule_id"))
        await asyncio.to_thread(ask_for, reader, schedule_id, given)
        self.chosen = ""
        await self._read(reader)
        return NoticeState.show("申请已提交，审批结果会出现在“我的申请”里。")

    @handles(Right.REQUEST_CHANGE)
    async def withdraw(self, change_id: str):
        reader = await reader_of(self)
        await asyncio.to_thread(_withdraw, reader, an_id(change_id))
        await self._read(reader)
        return NoticeState.show("申请已撤回。")

    def _span(self) -> tuple[date, int]:
        return a_day(self.first), 42 if self.month else 7

    async def _read(self, reader: Reader) -> None:
        self._show(await asyncio.to_thread(_seen, reader, *self._span()), reader.lang)

    def _show(self, seen: tuple[list[OwnClinic], list[ChangeView]], lang: str) -> None:
        first, count = self._span()
        inside = first + timedelta(days=6)
        self.title = (
            f"{inside:%Y-%m}"
            if self.month
            else f"{wording.day(first, lang)} – {wording.day(first + timedelta(days=6), lang)}"
        )
        by_day: dict[date, list[OwnClinic]] = {}
        for clinic in seen[0]:
            by_day.setdefault(clinic.on, []).append(clinic)
        today = clinic_day(clock.now())
        self.days = [
            _day(on, by_day.get(on, []), lang, today=today, outside=self.month and on.month != inside.month)
            for on in (first + timedelta(days=offset) for offset in range(count))
        ]
        self.requests = [change_row(view, lang) for view in seen[1]]

    def _open(self, seen: Askable, lang: str) -> None:
        clinic = seen.clinic
        self.chosen = str(clinic.schedule_id)
        self.chosen_title = wording.when(clinic.starts_at, clinic.ends_at, lang, now=clock.now())
        self.chosen_note = counts(clinic, lang)
        self.kind = ChangeKind.SUSPEND.value
        self.periods, self.substitutes = choices(seen, lang)
        self.per_period, self.most = clinic.per_period, seen.per_period_most
        self.first_day, self.last_day = days(seen)


def choices(seen: Askable, lang: str) -> tuple[list[Option], list[Option]]:
    """Half hours and substitutes to choose from."""
    periods = [Option(begin.isoformat(), wording.span(begin, end)) for begin, end in seen.periods]
    return periods, [Option(str(id_), wording.doctor(name, title, lang)) for id_, name, title in seen.substitutes]


def days(seen: Askable) -> tuple[str, str]:
    """The first and the last day for one more clinic."""
    return (clinic_day(clock.now()) + timedelta(days=1)).isoformat(), seen.last_day.isoformat()


def _day(on: date, clinics: list[OwnClinic], lang: str, *, today: date, outside: bool) -> DayCell:
    return DayCell(
        key=on.isoformat(),
        label=wording.day_and_weekday(on, lang, today=today),
        today=on == today,
        outside=outside,
        clinics=[_cell(clinic, lang) for clinic in clinics],
    )


def _cell(clinic: OwnClinic, lang: str) -> ClinicCell:
    if clinic.suspended:
        word, tone = "停诊", "loss"
    elif clinic.ends_at <= clock.now():
        word, tone = "已结束", "still"
    else:
        word, tone = ("约满", "warn") if clinic.free == 0 else ("出诊", "ok")
    whole = max(1, clinic.capacity + clinic.overbooked)
    return ClinicCell(
        id=str(clinic.schedule_id),
        title=f"{wording.session(clinic.session, lang)} {wording.span(clinic.starts_at, clinic.ends_at)}",
        room=f"{wording.room(clinic.room, lang)} · {say(SERVICES.get(clinic.service_type, '普通号'), lang)}",
        counts=counts(clinic, lang),
        word=say(word, lang),
        tone=tone,
        asked=waiting_words(clinic, lang),
        booked_percent=100 * clinic.booked // whole,
    )


def waiting_words(clinic: OwnClinic, lang: str) -> str:
    return " ".join(say("{kind}待审批", lang, kind=say(KINDS[kind], lang)) for kind in clinic.asked)


def counts(clinic: OwnClinic, lang: str) -> str:
    words = say("已约 {booked} · 空 {free}", lang, booked=clinic.booked + clinic.held, free=clinic.free)
    if clinic.closed and not clinic.suspended:
        words += " · " + say("留 {count}", lang, count=clinic.closed)
    if clinic.overbooked:
        words += " · " + say("加号 {count}/{cap}", lang, count=clinic.overbooked, cap=clinic.overbook_cap)
    return words


def _seen(reader: Reader, first: date, days: int) -> tuple[list[OwnClinic], list[ChangeView]]:
    actor = reader.actor()
    return changes.own_calendar_of(actor, start=first, days=days), changes.own(actor)


def _askable(reader: Reader, schedule_id: int) -> Askable:
    return changes.askable(reader.actor(), schedule_id=schedule_id)


def ask_for(reader: Reader, schedule_id: int, form: dict[str, Any]) -> None:
    actor = reader.actor()
    kind, reason = a_text(form.get("kind")), a_text(form.get("reason"))
    clinic = changes.askable(actor, schedule_id=schedule_id).clinic
    wanted = _wanted(actor, clinic, kind, form)
    changes.request(actor, schedule_id=schedule_id, kind=kind, wanted=wanted, reason=reason)


def _wanted(actor: Actor, clinic: OwnClinic, kind: str, form: dict[str, Any]) -> Wanted:
    if kind == ChangeKind.ADJUST:
        begins = a_time(form["starts"]) if form.get("starts") else None
        moved = begins is not None and begins != local(clinic.starts_at).time()
        return Wanted(
            room=a_text(form.get("room") or "") or None,
            starts_at=instant(clinic.on, begins) if moved and begins is not None else None,
            substitute_id=an_id(form["substitute"]) if form.get("substitute") else None,
        )
    if kind == ChangeKind.OVERBOOK:
        number = a_text(form.get("document_number") or "")
        return Wanted(
            patient_id=changes.patient_of(actor, document_number=number),
            starts_at=an_instant(form.get("period")),
        )
    if kind == ChangeKind.QUOTA:
        return Wanted(per_period=an_id(form.get("per_period")), on=a_day(form["on"]) if form.get("on") else None)
    return Wanted()


def _withdraw(reader: Reader, change_id: int) -> None:
    changes.withdraw(reader.actor(), change_id=change_id)
