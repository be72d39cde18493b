"""员工名册."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.identity import Role
from hospital_app.domain.staffing import ROLE_NAMES
from hospital_app.flows import staffing
from hospital_app.services.staff_directory import StaffPage, StaffView, Wanted
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.given import a_form, a_text, an_id
from state.session import reader_of

STANDINGS = ("active", "inactive")


@dataclass(frozen=True)
class StaffRow:
    href: str
    name: str
    note: str
    word: str
    tone: str


class StaffState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    scope: str = ""
    rows: list[StaffRow] = []
    total: int = 0
    page: int = 1
    pages: int = 1
    q: str = ""
    role: str = ""
    department: str = ""
    standing: str = ""
    roles: list[Option] = []
    departments: list[Option] = []
    export: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_STAFF, "/admin/staff")
        self.reset()
        if came.away:
            return came.away
        lang, actor = came.reader.lang, came.actor
        found = await asyncio.to_thread(staffing.departments, actor)
        self.who = administering.at_work(actor, lang)
        self.whole = administering.whole(actor)
        self.departments = administering.departments(found, lang)
        self.roles = administering.roles(actor, lang)
        self.scope = say("全院", lang) if self.whole else "、".join(option.label for option in self.departments)
        self._show(await asyncio.to_thread(staffing.listing, actor, wanted=self._wanted()), lang)
        self.loaded = True
        return None

    @handles(Right.SEE_STAFF)
    async def search(self, form: dict):
        form = a_form(form)
        self.q, self.role = a_text(form.get("q", "")), a_text(form.get("role", ""))
        self.department, standing = a_text(form.get("department", "")), a_text(form.get("standing", ""))
        self.standing = standing if standing in STANDINGS else ""
        await self._read(1)

    @handles(Right.SEE_STAFF)
    async def turn(self, page: int):
        await self._read(an_id(page))

    async def _read(self, page: int) -> None:
        reader = await reader_of(self)
        wanted = self._wanted(page)
        found = await asyncio.to_thread(lambda: staffing.listing(reader.actor(), wanted=wanted))
        self._show(found, reader.lang)

    def _wanted(self, page: Any = 1) -> Wanted:
        return Wanted(self.q, self.role, self.department, self.standing, page)

    def _show(self, found: StaffPage, lang: str) -> None:
        self.rows = [_row(view, lang) for view in found.rows]
        self.total, self.page, self.pages = found.total, found.page, found.pages
        asked = {"q": self.q, "role": self.role, "department": self.department, "standing": self.standing}
        self.export = f"/api/v1/staff/export.xlsx?{urlencode(asked)}"


def _row(view: StaffView, lang: str) -> StaffRow:
    role = say(ROLE_NAMES[Role(view.role)], lang)
    note = " · ".join(part for part in (view.staff_no, role, say(view.department, lang)) if part)
    word, tone = ("在岗", "ok") if view.active else ("离岗", "still")
    if view.active and view.must_change_password:
        word, tone = "待首次登录", "warn"
    return StaffRow(f"/admin/staff/{view.id}", wording.person(view.name, lang), note, say(word, lang), tone)
