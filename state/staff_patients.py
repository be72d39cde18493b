"""患者资料: whom a number belongs to, masked. What is shown in full goes from REST to the page, never through here."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.documents import compact
from hospital_app.domain.identity import Role
from hospital_app.flows import unmasking
from hospital_app.services.unmasking import MaskedPerson
from state import wording
from state.access import handles
from state.given import a_form
from state.session import Reader, reader_of
from state.staff_signin import turned_away

KINDS = ("appointment_no", "document_number", "phone")
TITLES = {Role.CLERK: "窗口人员", Role.HOSPITAL_ADMIN: "医院管理员"}


@dataclass(frozen=True)
class FoundPerson:
    """One person, masked. `unmask`: where a reason opens the rest; `appointment`: where a clerk acts for them."""

    id: str
    name: str
    facts: str
    document: str
    phones: str
    unmask: str
    appointment: str


class StaffPatientsState(rx.State):
    loaded: bool = False
    who: str = ""
    #: A hospital admin has another menu.
    admin: bool = False
    searched: bool = False
    found: list[FoundPerson] = []
    number_error: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        self.reset()
        reader = await reader_of(self)
        actor = await asyncio.to_thread(reader.actor)
        if away := turned_away(actor, Right.UNMASK, "/staff/patients"):
            return away
        self.admin = actor.role is Role.HOSPITAL_ADMIN
        self.who = " · ".join(part for part in (say(TITLES[actor.role], reader.lang), actor.name) if part)
        self.loaded = True
        return None

    @handles(Right.UNMASK)
    async def find(self, form: dict):
        reader = await reader_of(self)
        form = a_form(form)
        kind, number = form.get("kind"), form.get("number")
        self.found, self.searched = [], False
        self.number_error = "" if isinstance(number, str) and number.strip() else say("请填写这一项", reader.lang)
        if self.number_error:
            return
        by = kind if kind in KINDS else KINDS[0]
        people = await asyncio.to_thread(_find, reader, by, number.strip()[:40])
        page = await asyncio.to_thread(_appointment_page, reader, number) if by == KINDS[0] else ""
        self.found = [_found(person, page, reader.lang) for person in people]
        self.searched = True


def _find(reader: Reader, kind: str, number: str) -> list[MaskedPerson]:
    return unmasking.find(reader.actor(), **{kind: number})


def _appointment_page(reader: Reader, number: str) -> str:
    """Where a clerk acts for the patient; others have no business there."""
    mine = authority.acts_for_others(reader.actor(), Right.CANCEL)
    return f"/appointment/{quote(compact(number)[:20], safe='')}" if mine else ""


def _found(person: MaskedPerson, appointment: str, lang: str) -> FoundPerson:
    born = person.born_on.isoformat() if person.born_on else ""
    return FoundPerson(
        id=str(person.id),
        name=person.name,
        facts=" · ".join(part for part in (wording.gender(person.gender, lang), born) if part),
        document=person.document or "—",
        phones="、".join(person.phones) or "—",
        unmask=f"/api/v1/staff/patients/{person.id}/unmasking",
        appointment=appointment,
    )
