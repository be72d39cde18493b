"""就诊人资料: the form that asks for a person's details, on whichever page they are needed."""

import asyncio
from datetime import date

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import family
from hospital_app.services.families import PatientView
from state.access import handles
from state.given import a_form, a_text, an_id
from state.session import Reader, reader_of

RESIDENT_ID = "resident-id"


class PersonState(rx.State):
    #: Shown under the field that is wrong; the flows are the judges, this only says what is empty.
    name_error: str = ""
    document_error: str = ""
    birth_error: str = ""
    insurance_error: str = ""
    document_kind: str = RESIDENT_ID
    relation: str = "self"
    #: Who has just been saved; the page that takes the person clears it.
    saved_id: str = ""

    @handles(Right.OWN_SCREEN)
    async def choose_kind(self, kind: str):
        self.document_kind = a_text(kind)

    @handles(Right.OWN_SCREEN)
    async def choose_relation(self, relation: str):
        self.relation = a_text(relation)

    @handles(Right.MANAGE_FAMILY)
    async def add(self, form: dict):
        """添加就诊人."""
        reader = await reader_of(self)
        form = a_form(form)
        if self._lacks(form, reader.lang):
            return None
        view = await asyncio.to_thread(_add, reader, form)
        return self._saved(view)

    @handles(Right.MANAGE_FAMILY)
    async def complete(self, form: dict):
        """补全证件 of a person in the list."""
        reader = await reader_of(self)
        form = a_form(form)
        if self._lacks(form, reader.lang):
            return None
        view = await asyncio.to_thread(_complete, reader, form)
        return self._saved(view)

    @handles(Right.MANAGE_FAMILY)
    async def insure(self, form: dict):
        """填写医保号 of a person in the list; the bureau is asked whose it is."""
        reader = await reader_of(self)
        form = a_form(form)
        self.insurance_error = "" if _text(form, "insurance_number") else say("请填写这一项", reader.lang)
        if self.insurance_error:
            return None
        view = await asyncio.to_thread(_insure, reader, form)
        return self._saved(view)

    def _saved(self, view: PatientView) -> None:
        self.document_kind, self.relation = RESIDENT_ID, "self"
        self.saved_id = str(view.id)

    def _lacks(self, form: dict, lang: str) -> bool:
        """Of what this form `asks` for: everything, the document, or the birth. Fields it does not show come too."""
        empty, asks = say("请填写这一项", lang), _text(form, "asks")
        by_document = asks != "birth" and _text(form, "document_kind") in {"", RESIDENT_ID}
        self.name_error = empty if asks == "everything" and not _text(form, "name") else ""
        self.document_error = empty if asks != "birth" and not _text(form, "document_number") else ""
        self.birth_error = "" if by_document or _day(form) else empty
        return bool(self.name_error or self.document_error or self.birth_error)


def _text(form: dict, name: str) -> str:
    value = form.get(name)
    return value.strip()[:80] if isinstance(value, str) else ""


def _day(form: dict) -> date | None:
    try:
        return date.fromisoformat(_text(form, "born_on"))
    except ValueError:
        return None


def _details(form: dict) -> dict[str, object]:
    return {
        "document_kind": _text(form, "document_kind") or None,
        "document_number": _text(form, "document_number") or None,
        "born_on": _day(form),
        "gender": _text(form, "gender") or None,
        "guardian_agrees": bool(form.get("guardian_agrees")),
    }


def _add(reader: Reader, form: dict) -> PatientView:
    return family.add(reader.actor(), name=_text(form, "name"), relation=_text(form, "relation"), **_details(form))


def _complete(reader: Reader, form: dict) -> PatientView:
    return family.edit(reader.actor(), patient_id=an_id(_text(form, "patient_id")), **_details(form))


def _insure(reader: Reader, form: dict) -> PatientView:
    return family.edit(
        reader.actor(),
        patient_id=an_id(_text(form, "patient_id")),
        insurance_number=_text(form, "insurance_number"),
    )
