"""今日接诊."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.domain.calendar import local
from hospital_app.domain.ticket import IN_ROOM, TicketAction
from hospital_app.flows import waiting
from hospital_app.services.desk import Clinic, Desk, DeskRow
from state import wording
from state.access import handles
from state.given import an_id
from state.live import hub
from state.session import Reader, actor_of, lang_of, reader_of
from state.staff_signin import to_staff_signin
from state.steady import attempt

GENDERS = {"male": "男", "female": "女"}


@dataclass(frozen=True)
class PatientRow:
    """One line of the list. `call`: whether this one may be called out of turn now."""

    id: int
    label: str
    name: str
    who: str
    time: str
    kind: str
    status: str
    tone: str
    here: bool
    call: bool


@dataclass(frozen=True)
class Current:
    """Who is called or in the room; `id` 0: nobody."""

    id: int = 0
    label: str = ""
    name: str = ""
    who: str = ""
    note: str = ""
    since: int = 0  # epoch seconds: of the call, or of the start of the consultation
    serving: bool = False


@dataclass(frozen=True)
class ClinicTab:
    id: int
    label: str
    here: bool


class DeskState(rx.State):
    """One doctor's list of today. The numbers are the database's; every press says whom the doctor saw."""

    loaded: bool = False
    closed: bool = False
    who: str = ""
    note: str = ""
    clinics: list[ClinicTab] = []
    current: Current = Current()
    next_note: str = ""
    rows: list[PatientRow] = []
    in_line: int = 0
    missed: int = 0
    done: int = 0
    absent: int = 0
    server_now: int = 0
    as_of: str = ""
    chosen: int = 0

    @handles(Right.OWN_SCREEN)
    async def load(self):
        actor = await actor_of(self)
        if not may(actor, Right.WORK_DESK):
            self.reset()
            return to_staff_signin("/desk")
        desk = await asyncio.to_thread(waiting.desk, actor)
        self._show(desk, await lang_of(self))
        self.loaded = True
        return DeskState.follow

    @handles(Right.WORK_DESK)
    async def choose(self, schedule_id: int):
        actor = await actor_of(self)
        desk = await asyncio.to_thread(waiting.desk, actor, schedule_id=an_id(schedule_id))
        self._show(desk, await lang_of(self))

    @handles(Right.WORK_DESK)
    async def next_patient(self, seen: int):
        """`seen`: the ticket that was on the screen when the key was pressed, 0 for nobody."""
        actor = await actor_of(self)
        desk = await asyncio.to_thread(
            waiting.next_patient, actor, after=an_id(seen) or None, schedule_id=self.chosen or None
        )
        self._show(desk, await lang_of(self))

    @handles(Right.WORK_DESK)
    async def call(self, ticket_id: int):
        await self._act(waiting.call, ticket_id)

    @handles(Right.WORK_DESK)
    async def recall(self, ticket_id: int):
        await self._act(waiting.recall, ticket_id)

    @handles(Right.WORK_DESK)
    async def start(self, ticket_id: int):
        await self._act(waiting.start, ticket_id)

    @handles(Right.WORK_DESK)
    async def skip(self, ticket_id: int):
        await self._act(waiting.skip, ticket_id)

    @handles(Right.WORK_DESK)
    async def finish(self, ticket_id: int):
        await self._act(waiting.finish, ticket_id)

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        """Read again when one of the doctor's lines changed, and every few seconds anyway."""
        async with self:
            reader = await reader_of(self)
            topics = [f"queue:{clinic.id}" for clinic in self.clinics]
        async for _ in hub.changes(*topics):
            async with self:
                chosen = self.chosen
            desk = await attempt(partial(_read, reader, chosen))
            if desk is None:
                continue
            async with self:
                if self.chosen == chosen:
                    self._show(desk, reader.lang)

    async def _act(self, flow: Callable[..., Desk], ticket_id: Any) -> None:
        actor = await actor_of(self)
        desk = await asyncio.to_thread(flow, actor, ticket_id=an_id(ticket_id))
        self._show(desk, await lang_of(self))

    def _show(self, desk: Desk, lang: str) -> None:
        self.closed = desk.clinic is None
        self.who = " ".join(
            part
            for part in (
                wording.person(desk.doctor_name, lang),
                say(desk.doctor_title, lang),
                wording.room(desk.clinic.room, lang) if desk.clinic else "",
            )
            if part
        )
        self.chosen = desk.clinic.schedule_id if desk.clinic else 0
        self.clinics = [_tab(c, lang, here=c.schedule_id == self.chosen) for c in desk.clinics]
        self.note = _note(desk, lang)
        self.current = _current(desk.current, lang) if desk.current else Current()
        self.next_note = _next_note(desk.next, lang)
        self.rows = [_row(row, lang, now=desk.as_of, free=desk.current is None) for row in desk.rows]
        self.in_line, self.missed = desk.waiting + desk.missed, desk.missed
        self.done, self.absent = desk.done, desk.absent
        self.server_now = int(desk.as_of.timestamp())
        self.as_of = f"{local(desk.as_of):%H:%M:%S}"


def _read(reader: Reader, schedule_id: int) -> Desk:
    return waiting.desk(reader.actor(), schedule_id=schedule_id or None)


def _tab(clinic: Clinic, lang: str, *, here: bool) -> ClinicTab:
    kind = say("普通门诊", lang) if clinic.pooled else ""
    parts = [wording.session(clinic.session, lang), clinic.room, kind]
    return ClinicTab(clinic.schedule_id, " ".join(part for part in parts if part), here)


def _note(desk: Desk, lang: str) -> str:
    on = f"{wording.day(desk.on, lang)} {wording.weekday(desk.on, lang, today=date.min)}"
    if desk.clinic is None:
        return on
    clinic = desk.clinic
    where = f"{say(clinic.department_name, lang)} {clinic.room}"
    return f"{on} {wording.session(clinic.session, lang)} · {where} · {wording.span(clinic.starts_at, clinic.ends_at)}"


def _who(row: DeskRow, lang: str) -> str:
    gender = say(GENDERS[row.gender], lang) if row.gender in GENDERS else ""
    age = say("{age} 岁", lang, age=row.age) if row.age is not None else ""
    return " ".join(part for part in (gender, age) if part)


def _kind(row: DeskRow, lang: str) -> str:
    return say("复诊", lang) if row.returning else say("初诊", lang)


def _current(row: DeskRow, lang: str) -> Current:
    serving = row.started_at is not None
    since = row.started_at or row.called_at
    at = wording.clock_time(since) if since else ""
    note = say("{at} 进入诊室", lang, at=at) if serving else say("{at} 第 {calls} 次呼叫", lang, at=at, calls=row.calls)
    return Current(
        id=row.ticket_id or 0,
        label=row.label,
        name=row.name,
        who=f"{_who(row, lang)} · {_kind(row, lang)}",
        note=note,
        since=int(since.timestamp()) if since else 0,
        serving=serving,
    )


def _next_note(row: DeskRow | None, lang: str) -> str:
    return (
        say("下一位：{label} 号 {name}", lang, label=row.label, name=row.name) if row else say("没有候诊的患者", lang)
    )


def _row(row: DeskRow, lang: str, *, now: datetime, free: bool) -> PatientRow:
    status, tone = _status(row, lang, now=now)
    return PatientRow(
        id=row.ticket_id or 0,
        label=row.label,
        name=row.name,
        who=_who(row, lang),
        time=wording.clock_time(row.starts_at),
        kind=_kind(row, lang),
        status=status,
        tone=tone,
        here=row.status in IN_ROOM,
        call=free and TicketAction.CALL in row.actions,
    )


def _status(row: DeskRow, lang: str, *, now: datetime) -> tuple[str, str]:
    """Word and tone of one line."""
    since = row.checked_in_at or now
    minutes = int((now - since).total_seconds() // 60)
    words = {
        "called": (say("已呼叫", lang), "warn"),
        "serving": (say("接诊中", lang), "ok"),
        "waiting": (say("候诊 {minutes} 分", lang, minutes=minutes), "brand"),
        "missed": (
            say("过号 {misses} 次 · 前面 {places} 位", lang, misses=row.misses, places=row.places),
            "warn",
        ),
        "done": (say("已看", lang), "still"),
        "left": (say("已离开", lang), "still"),
        "booked": (say("未到", lang), "still"),
        "noshow": (say("爽约", lang), "loss"),
    }
    return words.get(row.status, (row.status, "still"))
