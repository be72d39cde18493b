"""科室资料: the list, and one department (`/admin/department?code=`)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.flows import records
from hospital_app.services.department_records import DepartmentView, Details
from state import administering
from state.access import handles
from state.administering import Option
from state.given import a_form, a_long_text, a_text, a_time
from state.notice import NoticeState
from state.session import Reader, asked, reader_of


@dataclass(frozen=True)
class DepartmentRow:
    href: str
    name: str
    note: str
    word: str
    tone: str


class DepartmentListState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    rows: list[DepartmentRow] = []
    closed: list[DepartmentRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_DEPARTMENT, "/admin/departments")
        self.reset()
        if came.away:
            return came.away
        lang = came.reader.lang
        self.who = administering.at_work(came.actor, lang)
        self.whole = administering.whole(came.actor)
        found = await asyncio.to_thread(records.departments, came.actor)
        self.rows = [_row(view, lang) for view in found if view.open]
        self.closed = [_row(view, lang) for view in found if not view.open]
        self.loaded = True
        return None


class DepartmentRecordState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    may_open: bool = False
    may_time: bool = False
    release: str = ""
    code: str = ""
    title: str = ""
    name: str = ""
    location: str = ""
    scope: str = ""
    opening: str = ""
    area: str = ""
    is_open: bool = False
    note: str = ""
    areas: list[Option] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_DEPARTMENT, "/admin/departments")
        self.reset()
        if came.away:
            return came.away
        lang, actor, code = came.reader.lang, came.actor, asked(self, "code")
        self.who = administering.at_work(actor, lang)
        self.whole = administering.whole(actor)
        self.may_open = may(actor, Right.OPEN_DEPARTMENT)
        self.may_time = may(actor, Right.SET_RULES)
        areas = await asyncio.to_thread(records.areas, actor)
        self.areas = [Option(area, f"{say(name, lang)} · {say(location, lang)}") for area, name, location in areas]
        self._show(await asyncio.to_thread(records.department, actor, code=code), lang)
        self.loaded = True
        return None

    @handles(Right.MANAGE_DEPARTMENT)
    async def save(self, form: dict):
        form = a_form(form)
        name, location, opening, area = (a_text(form.get(n, "")) for n in ("name", "location", "opening", "area"))
        details = Details(name, location, a_long_text(form.get("scope", "")), opening, area)
        return await self._do(records.correct_department, "已保存，患者马上可以看到。", details=details)

    @handles(Right.OPEN_DEPARTMENT)
    async def open_up(self):
        return await self._do(records.open_department, "科室已开放。")

    @handles(Right.OPEN_DEPARTMENT)
    async def close(self):
        return await self._do(records.close_department, "科室已关闭，不再接受预约。")

    @handles(Right.SET_RULES)
    async def save_release(self, form: dict):
        at = a_text(a_form(form).get("release", ""))
        release = a_time(at) if at else None
        return await self._do(records.set_release, "放号时间已保存，还没放号的门诊按它放号。", release=release)

    async def _do(self, flow: Callable[..., object], done: str, **given: Any) -> rx.event.EventSpec:
        reader, code = await reader_of(self), asked(self, "code")
        await asyncio.to_thread(lambda: flow(reader.actor(), code=code, **given))
        await self._again(reader, code)
        return NoticeState.show(done)

    async def _again(self, reader: Reader, code: str) -> None:
        self._show(await asyncio.to_thread(lambda: records.department(reader.actor(), code=code)), reader.lang)

    def _show(self, view: DepartmentView, lang: str) -> None:
        self.code, self.name, self.location = view.code, view.name, view.location
        self.scope, self.opening, self.area, self.is_open = view.scope, view.opening, view.area_code, view.open
        self.release = view.release.isoformat("minutes") if view.release else ""
        self.title, self.note = say(view.name, lang), _note(view, lang)


def _note(view: DepartmentView, lang: str) -> str:
    doctors = say("{count} 位医生", lang, count=view.doctors) if view.doctors else ""
    return " · ".join(part for part in (view.code, say(view.location, lang), say(view.opening, lang), doctors) if part)


def _row(view: DepartmentView, lang: str) -> DepartmentRow:
    word, tone = ("开放", "ok") if view.open else ("未开放", "still")
    href = f"/admin/department?code={view.code}"
    return DepartmentRow(href, say(view.name, lang), _note(view, lang), say(word, lang), tone)
