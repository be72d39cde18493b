"""挂号：找科室、医生、症状."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import catalog
from hospital_app.services.catalog import Advice, DepartmentInfo
from state.access import handles
from state.cards import DepartmentTile, DoctorCard, doctor_card
from state.given import a_form
from state.home import hot_tile
from state.session import asked, reader_of

QUERY_MAX = 40
DOCTORS_SHOWN = 40
SYMPTOMS = ("咳嗽", "发热", "头痛", "腹痛", "皮疹", "失眠", "腰痛", "牙痛")
#: Advice that leaves no time for booking.
URGENT = frozenset({"red_flag"})


@dataclass(frozen=True)
class Chip:
    href: str
    label: str


class FindState(rx.State):
    loaded: bool = False
    query: str = ""
    heading: str = ""
    #: What must be said before anything else: emergency room, fever clinic.
    advice: str = ""
    advice_urgent: bool = False
    departments: list[DepartmentTile] = []
    doctors: list[DoctorCard] = []
    symptoms: list[Chip] = []
    nothing: bool = False

    @handles(Right.LOOK)
    async def load(self):
        self.loaded = False
        yield
        lang = (await reader_of(self)).lang
        self.query = asked(self, "q").strip()[:QUERY_MAX]
        code = asked(self, "d")
        self.advice, self.nothing = "", False
        self.departments, self.doctors, self.symptoms = [], [], []
        if self.query:
            await self._search(lang)
        elif code:
            await self._department(code, lang)
        else:
            hot = await asyncio.to_thread(catalog.departments_home)
            self.departments = [hot_tile(d, lang) for d in hot]
            self.symptoms = [Chip(f"/find?q={quote(name)}", say(name, lang)) for name in SYMPTOMS]
        self.loaded = True

    @handles(Right.LOOK)
    async def search(self, form: dict):
        """Another search: it stands in the address, so that back and reload find it again."""
        query = str(a_form(form).get("q", "")).strip()[:QUERY_MAX]
        return rx.redirect(f"/find?q={quote(query)}" if query else "/find")

    async def _search(self, lang: str) -> None:
        found = await asyncio.to_thread(catalog.search, self.query)
        now = clock.now()
        self._advise(found.advice, lang)
        self.departments = [_tile(d, lang) for d in found.departments]
        self.doctors = [doctor_card(c, lang, now=now) for c in found.doctors[:DOCTORS_SHOWN]]
        self.heading = say("医生", lang)
        self.nothing = not (found.advice or found.departments or found.doctors)

    async def _department(self, code: str, lang: str) -> None:
        found = await asyncio.to_thread(catalog.doctors, department=code)
        now = clock.now()
        self.doctors = [doctor_card(c, lang, now=now) for c in found]
        self.heading = say(found[0].department, lang) if found else ""
        self.nothing = not found

    def _advise(self, advice: tuple[Advice, ...], lang: str) -> None:
        self.advice = say(advice[0].text, lang) if advice else ""
        self.advice_urgent = bool(advice) and advice[0].flag in URGENT


def _tile(department: DepartmentInfo, lang: str) -> DepartmentTile:
    return DepartmentTile(
        f"/find?d={department.code}", say(department.name, lang), say(department.location, lang), "still"
    )
