"""节假日: what the coming days are, and the hospital's own corrections."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import board, holidays
from hospital_app.services.holidays import SpecialDay, UnlistedYear
from state import administering, wording
from state.access import handles
from state.given import a_day, a_form, a_text
from state.notice import NoticeState
from state.session import Reader, reader_of


@dataclass(frozen=True)
class DayRow:
    key: str
    title: str
    note: str
    word: str
    tone: str
    corrected: bool


class HolidaysState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    rows: list[DayRow] = []
    #: The year whose national calendar is missing; empty: none.
    gap: str = ""
    gap_tone: str = "warn"

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SET_RULES, "/admin/holidays")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        await self._again(came.reader)
        self.loaded = True
        return None

    @handles(Right.SET_RULES)
    async def save(self, form: dict):
        form, reader = a_form(form), await reader_of(self)
        on, name, works = a_day(form.get("day", "")), a_text(form.get("name", "")), form.get("kind") == "workday"
        last = a_day(form["last"]) if form.get("last") else on
        await asyncio.to_thread(lambda: holidays.correct(reader.actor(), on=on, last=last, workday=works, name=name))
        await self._again(reader)
        return NoticeState.show("已保存，以后按它生成号源；已经生成的门诊不变。")

    @handles(Right.SET_RULES)
    async def drop(self, key: str):
        reader, on = await reader_of(self), a_day(key)
        await asyncio.to_thread(lambda: holidays.drop(reader.actor(), on=on))
        await self._again(reader)
        return NoticeState.show("已删除修正，这一天按国家安排。")

    async def _again(self, reader: Reader) -> None:
        found = await asyncio.to_thread(lambda: holidays.coming(reader.actor()))
        self.rows = [_row(day, reader.lang) for day in found]
        unlisted = await asyncio.to_thread(lambda: holidays.unlisted(reader.actor()))
        self.gap, self.gap_tone = calendar_gap(unlisted, reader.lang)


def calendar_gap(unlisted: UnlistedYear | None, lang: str) -> tuple[str, str]:
    """What is told of a year that nobody has entered, and how loudly; for the dashboard, too."""
    if unlisted is None:
        return "", "warn"
    missing = "、".join(say(name, lang) for name in unlisted.missing)
    if lang == "en":
        missing = missing.replace("、", ", ")
    told = "{year} 年的国家放假安排还没有录入，还缺：{missing}。没有录入的日子按星期几出诊。"
    if unlisted.urgent:
        told = "{year} 年的号源已经开始生成，国家放假安排还没有录入，还缺：{missing}。没有录入的日子按星期几出诊。"
    return say(told, lang, year=unlisted.year, missing=missing), "loss" if unlisted.urgent else "warn"


def _row(day: SpecialDay, lang: str) -> DayRow:
    when = f"{day.on.year} · {wording.day_and_weekday(day.on, lang, today=board.today())}"
    source = say("本院修正" if day.corrected else "国家安排", lang)
    note = [say(day.name, lang), source]
    if day.clinics:
        note.append(say("已生成 {clinics} 个门诊，已约 {booked} 个号", lang, clinics=day.clinics, booked=day.booked))
    word, tone = ("上班", "ok") if day.workday else ("休息", "still")
    if day.clinics and not day.workday:
        tone = "warn"
    return DayRow(
        day.on.isoformat(), when, " · ".join(part for part in note if part), say(word, lang), tone, day.corrected
    )
