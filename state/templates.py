"""出诊模板: the week of one doctor or pooled clinic, and what a change would do before it is made."""

import asyncio
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import SESSION_HOURS, Session
from hospital_app.domain.errors import malformed
from hospital_app.domain.schedule import read_provider
from hospital_app.flows import schedules, staffing
from hospital_app.services.capacity import Effect
from hospital_app.services.schedules import TemplateEntry
from hospital_app.services.templates import ProviderChoice, TemplateView
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.given import a_day, a_fee, a_form, a_text, a_time, an_id
from state.notice import NoticeState
from state.session import Reader, reader_of

SERVICE_TYPES = {"ordinary": "普通号", "associate": "副主任号", "chief": "主任号", "special": "特需号"}
NEW_POOL = "pool"


@dataclass(frozen=True)
class Cell:
    key: str
    word: str
    sub: str
    label: str
    state: str


@dataclass(frozen=True)
class Day:
    weekday: str
    cells: list[Cell] = field(default_factory=list)


class TemplatesState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    departments: list[Option] = []
    department: str = ""
    providers: list[Option] = []
    provider: str = ""
    provider_name: str = ""
    days: list[Day] = []
    #: What is being edited: `<weekday>-<session>`; empty: nothing.
    chosen: str = ""
    title: str = ""
    template_id: int = 0
    versions: list[Option] = []
    version_note: str = ""
    service_type: str = "ordinary"
    room: str = ""
    fixed_room: bool = False
    starts: str = ""
    ends: str = ""
    per_period: str = ""
    fee: str = ""
    referral: str = "0"
    onsite: str = "0"
    since: str = ""
    #: What the change would do, line by line; empty: nothing is proposed.
    effects: list[str] = []
    ending: bool = False
    _week: list[TemplateView] = []
    _draft: dict[str, Any] = {}

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_SCHEDULE, "/admin/templates")
        self.reset()
        if came.away:
            return came.away
        lang, actor = came.reader.lang, came.actor
        self.who = administering.at_work(actor, lang)
        self.whole = administering.whole(actor)
        self.departments = administering.departments(await asyncio.to_thread(staffing.departments, actor), lang)
        wanted = actor.department_code or (self.departments[0].value if self.departments else "")
        if wanted:
            await self._show_department(came.reader, wanted)
        self.loaded = True
        return None

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_department(self, code: str):
        await self._show_department(await reader_of(self), a_text(code))

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_provider(self, provider: str):
        await self._show_week(await reader_of(self), a_text(provider))

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_cell(self, key: str):
        """A session of a weekday: its template, or the form for one."""
        weekday, session = _read_cell(key)
        reader = await reader_of(self)
        mine = [view for view in self._week if (view.weekday, view.session) == (weekday, session)]
        self.chosen, self.effects, self._draft = a_text(key), [], {}
        self.title = f"{wording.weekday_name(weekday, reader.lang)} {wording.session(session, reader.lang)}"
        self.versions = [Option(f"{view.id}", _dates(view, reader.lang)) for view in mine] if len(mine) > 1 else []
        self.since = (await asyncio.to_thread(lambda: schedules.next_open_day(reader.actor()))).isoformat()
        if mine:
            self._edit(mine[0], reader.lang)
            return
        hours = SESSION_HOURS[Session(session)]
        self.template_id, self.version_note = 0, ""
        self.starts, self.ends = (at.isoformat("minutes") for at in hours)
        self.referral, self.onsite = "0", "0"
        like = self._week[0] if self._week else None
        self.service_type = like.service_type if like else "ordinary"
        self.per_period, self.fee = (f"{like.per_period}", _yuan(like.fee_fen)) if like else ("3", "50")
        self.room = like.room if like else ""
        self.fixed_room = bool(like) and self.provider.startswith("pool:")

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_version(self, template_id: str):
        reader, wanted = await reader_of(self), an_id(template_id)
        for view in self._week:
            if view.id == wanted:
                self.effects, self._draft = [], {}
                self._edit(view, reader.lang)

    @handles(Right.OWN_SCREEN)
    def leave(self):
        self.chosen, self.effects, self._draft = "", [], {}

    @handles(Right.MANAGE_SCHEDULE)
    async def propose(self, form: dict):
        """What saving would do; nothing is changed yet."""
        reader, form = await reader_of(self), a_form(form)
        since, generated = a_day(form.get("since", "")), form.get("generated") == "yes"
        self._remember(form)
        entry = self._entry(form)
        if not self.template_id:
            self._draft = {"entry": entry, "since": since}
            self.effects, self.ending = [_from(since, reader.lang)], False
            return
        given = {"template_id": self.template_id, "entry": entry, "since": since}
        effect = await asyncio.to_thread(lambda: schedules.preview_change(reader.actor(), **given))
        self._draft = {**given, "generated": generated}
        self.effects, self.ending = _told(effect, since, reader.lang, generated=generated), False

    @handles(Right.MANAGE_SCHEDULE)
    async def propose_end(self, form: dict):
        reader, form = await reader_of(self), a_form(form)
        since, generated = a_day(form.get("since", "")), form.get("generated") == "yes"
        given = {"template_id": self.template_id, "since": since}
        effect = await asyncio.to_thread(lambda: schedules.preview_end(reader.actor(), **given))
        self._draft = {**given, "generated": generated}
        self.effects, self.ending = _told_end(effect, since, reader.lang, generated=generated), True

    @handles(Right.MANAGE_SCHEDULE)
    async def confirm(self):
        """Do what was proposed last."""
        if not self._draft:
            return None
        reader, draft = await reader_of(self), self._draft
        if self.ending:
            await asyncio.to_thread(lambda: schedules.end_template(reader.actor(), **draft))
            done = "模板已停止。"
        elif "template_id" in draft:
            await asyncio.to_thread(lambda: schedules.change_template(reader.actor(), **draft))
            done = "模板已修改。"
        else:
            await asyncio.to_thread(lambda: schedules.add_template(reader.actor(), **draft))
            done = "模板已新增，号源已生成。"
            if draft["entry"].doctor_id is None:
                await self._show_department(reader, self.department, provider=_pool(draft["entry"]))
                return NoticeState.show(done)
        await self._show_week(reader, self.provider)
        return NoticeState.show(done)

    async def _show_department(self, reader: Reader, code: str, *, provider: str = "") -> None:
        found = await asyncio.to_thread(lambda: schedules.providers(reader.actor(), department_code=code))
        self.department = code
        self.providers = [Option(one.provider, _name(one, reader.lang)) for one in found]
        self.providers.append(Option(NEW_POOL, say("新的普通门诊", reader.lang)))
        await self._show_week(reader, provider or self.providers[0].value)

    async def _show_week(self, reader: Reader, key: str) -> None:
        code = self.department
        if key == NEW_POOL:
            self._week = []
        else:
            wanted = read_provider(key)
            self._week = await asyncio.to_thread(
                lambda: schedules.template_week(
                    reader.actor(), department_code=code, doctor_id=wanted.doctor_id, room=wanted.room
                )
            )
        self.provider, self.chosen, self.effects, self._draft = key, "", [], {}
        self.provider_name = next((one.label for one in self.providers if one.value == key), "")
        self.days = [_day(weekday, self._week, reader.lang) for weekday in range(7)]

    def _edit(self, view: TemplateView, lang: str) -> None:
        self.template_id, self.version_note = view.id, _dates(view, lang)
        self.service_type, self.room, self.fixed_room = view.service_type, view.room, view.doctor_id is None
        self.starts, self.ends = view.starts.isoformat("minutes"), view.ends.isoformat("minutes")
        self.per_period, self.fee = f"{view.per_period}", _yuan(view.fee_fen)
        self.referral, self.onsite = f"{view.referral_percent}", f"{view.onsite_percent}"

    def _remember(self, form: dict[str, Any]) -> None:
        """What was typed stays typed."""
        self.service_type, self.room = a_text(form.get("service_type", "")), a_text(form.get("room", self.room))
        self.starts, self.ends = a_text(form.get("starts", "")), a_text(form.get("ends", ""))
        self.per_period, self.fee = a_text(form.get("per_period", "")), a_text(form.get("fee", ""))
        self.referral, self.onsite = a_text(form.get("referral", "")), a_text(form.get("onsite", ""))
        self.since = a_text(form.get("since", ""))

    def _entry(self, form: dict[str, Any]) -> TemplateEntry:
        weekday, session = _read_cell(self.chosen)
        doctor_id = read_provider(self.provider).doctor_id if self.provider != NEW_POOL else None
        return TemplateEntry(
            doctor_id=doctor_id,
            department_code=self.department,
            weekday=weekday,
            session=session,
            service_type=self.service_type,
            room=self.room.strip(),
            starts=a_time(self.starts),
            ends=a_time(self.ends),
            per_period=an_id(self.per_period),
            fee_fen=a_fee(self.fee),
            referral_percent=an_id(self.referral or 0),
            onsite_percent=an_id(self.onsite or 0),
        )


def _read_cell(key: Any) -> tuple[int, str]:
    weekday, _, session = a_text(key).partition("-")
    if weekday not in set("0123456") or session not in set(Session):
        raise malformed("时段")
    return int(weekday), session


def _pool(entry: TemplateEntry) -> str:
    return f"pool:{entry.department_code}:{entry.room}"


def _name(one: ProviderChoice, lang: str) -> str:
    if one.doctor_id is None:
        return f"{say('普通门诊', lang)} · {wording.room(one.room, lang)}"
    clinics = say("每周 {count} 次", lang, count=one.clinics) if one.clinics else say("还没有排班", lang)
    return f"{wording.doctor(one.name, one.title, lang)} · {clinics}"


def _day(weekday: int, week: list[TemplateView], lang: str) -> Day:
    name = wording.weekday_name(weekday, lang)
    return Day(name, [_cell(name, weekday, session, week, lang) for session in Session])


def _cell(name: str, weekday: int, session: str, week: list[TemplateView], lang: str) -> Cell:
    mine = [view for view in week if (view.weekday, view.session) == (weekday, session)]
    key, where = f"{weekday}-{session}", f"{name} {wording.session(session, lang)}"
    if not mine:
        return Cell(key, "+", "", say("{where}，新增出诊", lang, where=where), "unreleased")
    view = mine[0]
    word = say("{count}/半时", lang, count=view.per_period)
    sub = f"{wording.room(view.room, lang)} {wording.price(view.fee_fen)}"
    if view.until or len(mine) > 1:
        sub = f"{sub} *"
    return Cell(key, word, sub, say("{where}，{word}，修改", lang, where=where, word=f"{word} {sub}"), "free")


def _dates(view: TemplateView, lang: str) -> str:
    since = say("{day} 起", lang, day=view.since.isoformat()) if view.since else say("一直有效", lang)
    until = say("到 {day} 为止", lang, day=view.until.isoformat()) if view.until else ""
    return " ".join(part for part in (since, until, say("{count}/半时", lang, count=view.per_period)) if part)


def _yuan(fen: int) -> str:
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


def _from(since: date, lang: str) -> str:
    return say("从 {day} 起的门诊按它生成，已经生成的日子也会补上。", lang, day=since.isoformat())


def _told(effect: Effect, since: date, lang: str, *, generated: bool) -> list[str]:
    lines = [say("从 {day} 起按新的内容生成门诊。", lang, day=since.isoformat())]
    if not effect.clinics:
        return [*lines, say("那天以后还没有生成的门诊，没有人受影响。", lang)]
    counts = {"clinics": effect.clinics, "booked": effect.booked}
    if not generated:
        return [*lines, say("已生成的 {clinics} 个门诊（已约 {booked} 个号）保持不变。", lang, **counts)]
    lines.append(say("已生成的 {clinics} 个门诊照改；已约的 {booked} 个号，时间和价格不变。", lang, **counts))
    for count, text in (
        (effect.added, "增加 {count} 个号。"),
        (effect.removed, "减少 {count} 个没有人约的号。"),
        (effect.stuck, "还有 {count} 个号有人占着，减不掉。"),
        (effect.kept, "{count} 个门诊保持原来的诊室、号别或出诊时间，以免已通知的患者走错。"),
    ):
        if count:
            lines.append(say(text, lang, count=count))
    return lines


def _told_end(effect: Effect, since: date, lang: str, *, generated: bool) -> list[str]:
    lines = [say("从 {day} 起不再生成这个门诊。", lang, day=since.isoformat())]
    if not effect.clinics:
        return [*lines, say("那天以后还没有生成的门诊，没有人受影响。", lang)]
    counts = {"clinics": effect.clinics, "booked": effect.booked}
    if not generated:
        return [*lines, say("已生成的 {clinics} 个门诊（已约 {booked} 个号）保持不变。", lang, **counts)]
    lines.append(say("关闭 {count} 个没有人约的门诊。", lang, count=effect.clinics - effect.kept))
    if effect.kept:
        text = "{count} 个门诊已约 {booked} 个号，保持不变；需要停诊请走停诊申请。"
        lines.append(say(text, lang, count=effect.kept, booked=effect.booked))
    return lines
