"""我的：账号、就诊人、语言."""

import asyncio

import reflex as rx

from hospital_app.domain.authority import Right
from hospital_app.flows import family, messages
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.families import PatientView
from state.access import handles
from state.cards import PatientChoice, patient_choice
from state.given import a_text, an_id
from state.person import PersonState
from state.session import Reader, reader_of


class MeState(rx.State):
    loaded: bool = False
    signed_in: bool = False
    name: str = ""
    unread: int = 0
    patients: list[PatientChoice] = []
    can_add: bool = False
    adding: bool = False
    #: Id of the person whose missing details are being asked for.
    completing: str = ""
    #: Id of the person whose insurance number is being asked for.
    insuring: str = ""
    #: Id of the child whose resident ID is being asked for.
    renewing: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        people = await asyncio.to_thread(_people, reader)
        self.signed_in = people is not None
        self.unread = await asyncio.to_thread(_unread, reader)
        self._leave_forms()
        self._show(people or [], reader.lang)
        self.loaded = True

    @handles(Right.OWN_SCREEN)
    async def start_adding(self):
        self.adding = True

    @handles(Right.OWN_SCREEN)
    async def stop_adding(self):
        self.adding = False

    @handles(Right.OWN_SCREEN)
    async def start_completing(self, patient_id: str):
        self._leave_forms()
        self.completing = a_text(patient_id)

    @handles(Right.OWN_SCREEN)
    async def start_insuring(self, patient_id: str):
        self._leave_forms()
        self.insuring = a_text(patient_id)

    @handles(Right.OWN_SCREEN)
    async def start_renewing(self, patient_id: str):
        self._leave_forms()
        self.renewing = a_text(patient_id)

    @handles(Right.MANAGE_FAMILY)
    async def take_person(self):
        """After the form: show the list with the person who was saved."""
        person = await self.get_state(PersonState)
        if not person.saved_id:
            return
        person.saved_id = ""
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_people, reader) or [], reader.lang)
        self._leave_forms()

    @handles(Right.MANAGE_FAMILY)
    async def remove(self, patient_id: str):
        reader = await reader_of(self)
        people = await asyncio.to_thread(_remove, reader, an_id(patient_id))
        self._show(people, reader.lang)

    def _leave_forms(self) -> None:
        self.adding, self.completing, self.insuring, self.renewing = False, "", "", ""

    def _show(self, people: list[PatientView], lang: str) -> None:
        self.patients = [patient_choice(p, lang) for p in people]
        self.name = next((p.name for p in people if p.relation == "self"), "")
        others = sum(p.relation != "self" for p in people)
        self.can_add = others < rules_known().members_per_account


def _people(reader: Reader) -> list[PatientView] | None:
    """None for somebody who is not signed in as a patient."""
    actor = reader.actor()
    return family.listing(actor) if actor.account_id is not None else None


def _unread(reader: Reader) -> int:
    actor = reader.actor()
    return messages.unread(actor) if actor.account_id is not None else 0


def _remove(reader: Reader, patient_id: int) -> list[PatientView]:
    actor = reader.actor()
    family.remove(actor, patient_id=patient_id)
    return family.listing(actor)
