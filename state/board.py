"""号源看板: departments × days, live; a cell's clinics and their numbers; closing and opening in bulk."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import local
from hospital_app.flows import board, schedules, staffing
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.board import BoardRow, ClinicRow, Effect, NumberRow, Tally, Wanted
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.given import a_day, a_form, a_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.session import Reader, reader_of
from state.steady import attempt

REDRAW_SECONDS = 0.5
_STATUSES = {
    "free": ("空闲", "is-free"),
    "busy-tentative": ("锁定", "is-few"),
    "busy": ("已约", "is-full"),
    "busy-unavailable": ("关闭", "is-over"),
}
_CHANNELS = {"referral": "转诊", "onsite": "现场"}


@dataclass(frozen=True)
class Cell:
    """One department on one day. `here`: of the day that a narrow screen shows."""

    key: str
    word: str
    sub: str
    label: str
    state: str
    here: bool


@dataclass(frozen=True)
class Row:
    name: str
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class DayHead:
    key: str
    weekday: str
    date: str
    here: bool


@dataclass(frozen=True)
class Clinic:
    id: int
    title: str
    note: str
    counts: str
    word: str
    tone: str


@dataclass(frozen=True)
class Number:
    seq: str
    word: str
    note: str
    state: str


class BoardState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    as_of: str = ""
    heads: list[DayHead] = []
    rows: list[Row] = []
    #: `<department>|<day>` that is opened, and the clinic of it.
    chosen: str = ""
    title: str = ""
    clinics: list[Clinic] = []
    clinic: int = 0
    numbers: list[Number] = []
    departments: list[Option] = []
    department: str = ""
    doctors: list[Option] = []
    first_day: str = ""
    last_day: str = ""
    #: What closing or opening would do; empty: nothing is proposed.
    effects: list[str] = []
    doable: bool = False
    closing: bool = True
    _day: int = 0
    _wanted: Wanted | None = None

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_SCHEDULE, "/admin/board")
        self.reset()
        if came.away:
            return came.away
        lang, actor = came.reader.lang, came.actor
        self.who, self.whole = administering.at_work(actor, lang), administering.whole(actor)
        self.departments = administering.departments(await asyncio.to_thread(staffing.departments, actor), lang)
        self._show(await asyncio.to_thread(_read, came.reader), lang)
        self.first_day = self.last_day = board.today().isoformat()
        await self._show_doctors(came.reader, actor.department_code or "")
        self.loaded = True
        return BoardState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        async for _ in hub.changes("today"):
            read = await attempt(partial(_read, reader))
            async with self:
                chosen, clinic = self.chosen, self.clinic
            opened = await attempt(partial(_read_cell, reader, chosen, clinic)) if chosen else None
            async with self:
                if read is not None:
                    self._show(read, reader.lang)
                if opened is not None and (chosen, clinic) == (self.chosen, self.clinic):
                    self._show_clinics(*opened, reader.lang)
            await asyncio.sleep(REDRAW_SECONDS)

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_day(self, key: str):
        """The day that a narrow screen shows."""
        reader = await reader_of(self)
        self._day = max(0, (a_day(key) - board.today()).days)
        self._show(await asyncio.to_thread(_read, reader), reader.lang)

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_cell(self, key: str):
        reader, key = await reader_of(self), a_text(key)
        found = await asyncio.to_thread(_read_cell, reader, key, 0)
        self.chosen, self.clinic, self.effects, self._wanted = key, 0, [], None
        self.first_day = self.last_day = _cell_of(key)[1].isoformat()
        self._show_clinics(*found, reader.lang)
        if self.whole:
            await self._show_doctors(reader, _cell_of(key)[0])

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_clinic(self, schedule_id: int):
        reader, wanted = await reader_of(self), an_id(schedule_id)
        self.clinic = 0 if wanted == self.clinic else wanted
        self._show_clinics(*await asyncio.to_thread(_read_cell, reader, self.chosen, self.clinic), reader.lang)

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_department(self, code: str):
        await self._show_doctors(await reader_of(self), a_text(code))

    @handles(Right.MANAGE_SCHEDULE)
    async def propose(self, form: dict):
        """By department, doctor, days and session."""
        form = a_form(form)
        doctor = a_text(form.get("doctor", ""))
        wanted = Wanted(
            since=a_day(form.get("since", "")),
            until=a_day(form.get("until", "")),
            department_code=self.department or None,
            doctor_id=an_id(doctor) if doctor else None,
            session=a_text(form.get("session", "")),
        )
        await self._propose(wanted, closing=form.get("action") != "open")

    @handles(Right.MANAGE_SCHEDULE)
    async def propose_clinic(self, action: str):
        """The clinic that is opened."""
        _, on = _cell_of(self.chosen)
        await self._propose(Wanted(on, on, schedule_id=self.clinic), closing=a_text(action) != "open")

    @handles(Right.OWN_SCREEN)
    def leave(self):
        self.effects, self._wanted = [], None

    @handles(Right.OWN_SCREEN)
    def shut(self):
        """The cell that was opened."""
        self.chosen, self.clinic, self.effects, self._wanted = "", 0, [], None

    @handles(Right.MANAGE_SCHEDULE)
    async def confirm(self):
        """Do what was proposed last."""
        reader, wanted = await reader_of(self), self._wanted
        if wanted is None:
            return None
        does = board.close if self.closing else board.reopen
        done = await asyncio.to_thread(lambda: does(reader.actor(), wanted=wanted))
        self.effects, self._wanted = [], None
        self._show(await asyncio.to_thread(_read, reader), reader.lang)
        if self.chosen:
            self._show_clinics(*await asyncio.to_thread(_read_cell, reader, self.chosen, self.clinic), reader.lang)
        said = "已关闭 {count} 个号。" if self.closing else "已开放 {count} 个号。"
        return NoticeState.show(said, {"count": f"{done.numbers}"})

    async def _propose(self, wanted: Wanted, *, closing: bool) -> None:
        reader = await reader_of(self)
        effect = await asyncio.to_thread(lambda: board.preview(reader.actor(), wanted=wanted, closing=closing))
        self.closing, self.doable = closing, effect.numbers > 0
        self._wanted = wanted if self.doable else None
        self.effects = _told(effect, reader.lang, closing=closing)

    async def _show_doctors(self, reader: Reader, code: str) -> None:
        self.department, self.doctors = code, []
        if code:
            lang = reader.lang
            found = await asyncio.to_thread(lambda: schedules.providers(reader.actor(), department_code=code))
            self.doctors = [
                Option(f"{one.doctor_id}", wording.person(one.name, lang)) for one in found if one.doctor_id is not None
            ]

    def _show(self, read: tuple[date, list[BoardRow], str], lang: str) -> None:
        today, rows, self.as_of = read
        days = [today + timedelta(days=offset) for offset in range(_days())]
        self._day = min(self._day, len(days) - 1)
        self.heads = [
            DayHead(on.isoformat(), wording.weekday(on, lang, today=today), wording.day(on, lang), at == self._day)
            for at, on in enumerate(days)
        ]
        self.rows = [_row(row, days, self._day, lang) for row in rows]

    def _show_clinics(self, clinics: list[ClinicRow], numbers: list[NumberRow], lang: str) -> None:
        code, on = _cell_of(self.chosen)
        name = next((option.label for option in self.departments if option.value == code), code)
        self.title = f"{name} · {wording.day_and_weekday(on, lang, today=board.today())}"
        self.clinics = [_clinic(row, lang) for row in clinics]
        self.numbers = [_number(number, lang) for number in numbers]


def _days() -> int:
    return rules_known().horizon_days


def _read(reader: Reader) -> tuple[date, list[BoardRow], str]:
    rows = board.rows(reader.actor(), days=_days())
    return board.today(), rows, f"{local(board.now()):%H:%M:%S}"


def _read_cell(reader: Reader, key: str, clinic: int) -> tuple[list[ClinicRow], list[NumberRow]]:
    code, on = _cell_of(key)
    actor = reader.actor()
    return board.clinics(actor, department_code=code, on=on), board.numbers(actor, schedule_id=clinic) if clinic else []


def _cell_of(key: str) -> tuple[str, date]:
    code, _, day = key.partition("|")
    return code, a_day(day)


def _row(row: BoardRow, days: list[date], here: int, lang: str) -> Row:
    name = say(row.name, lang)
    return Row(name, [_cell(row, on, lang, here=at == here) for at, on in enumerate(days)])


def _cell(row: BoardRow, on: date, lang: str, *, here: bool) -> Cell:
    tally = row.days.get(on)
    if tally is None:
        return Cell("", "—", "", "", "none", here)
    word, sub = say("空 {count}", lang, count=tally.free), _counts(tally, lang)
    where = f"{say(row.name, lang)} {wording.day(on, lang)}"
    return Cell(f"{row.code}|{on.isoformat()}", word, sub, f"{where}，{word}，{sub}", _colour(tally), here)


def _colour(tally: Tally) -> str:
    everything = tally.free + tally.held + tally.booked
    if tally.suspended and not everything:
        return "suspended"
    if not tally.free:
        return "full"
    return "few" if tally.free * 100 <= everything * rules_known().few_percent else "free"


def _counts(tally: Tally, lang: str) -> str:
    told = [say("约 {count}", lang, count=tally.booked)]
    for count, text in (
        (tally.held, "锁 {count}"),
        (tally.free - tally.open, "留 {count}"),
        (tally.closed, "关 {count}"),
        (tally.suspended, "停 {count}"),
        (tally.overbooked, "加 {count}"),
    ):
        if count > 0:
            told.append(say(text, lang, count=count))
    return (" · " if lang == "en" else " ").join(told)


def _clinic(row: ClinicRow, lang: str) -> Clinic:
    doctor = wording.person(row.doctor or "普通门诊", lang)
    hours = wording.span(row.starts_at, row.ends_at)
    note = f"{wording.session(row.session, lang)} {hours} · {wording.room(row.room, lang)}"
    counts = f"{say('空 {count}', lang, count=row.tally.free)} {_counts(row.tally, lang)}"
    word, tone = ("停诊", "loss") if row.suspended else ("出诊", "ok")
    if not row.suspended and row.tally.closed and not row.tally.free:
        word, tone = "已关闭", "still"
    return Clinic(row.schedule_id, doctor, note, counts, say(word, lang), tone)


def _number(number: NumberRow, lang: str) -> Number:
    word, state = _STATUSES[number.status]
    kept = _CHANNELS.get(number.channel, "")
    extra = [say(part, lang) for part in (kept, "加号" if number.overbooked else "") if part]
    return Number(f"{number.seq}", say(word, lang), " ".join([wording.clock_time(number.starts_at), *extra]), state)


def _told(effect: Effect, lang: str, *, closing: bool) -> list[str]:
    counts = {"clinics": effect.clinics, "numbers": effect.numbers}
    if not effect.numbers:
        return [say("所选的 {clinics} 个门诊里没有可以操作的号。", lang, clinics=effect.clinics)]
    if not closing:
        return [say("{clinics} 个门诊的 {numbers} 个号重新开放，患者马上可以预约。", lang, **counts)]
    lines = [say("{clinics} 个门诊的 {numbers} 个空闲号不再对外，随时可以重新开放。", lang, **counts)]
    if effect.booked or effect.held:
        text = "已约 {booked} 个、锁定 {held} 个号不受影响；以后退出来的号仍会放出。要取消门诊请走停诊。"
        lines.append(say(text, lang, booked=effect.booked, held=effect.held))
    return lines
