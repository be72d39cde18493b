"""医生档案: the list, and one doctor (`/admin/doctors/<id>`). A photo goes to the REST API (assets/uploads.js)."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import records, staffing
from hospital_app.services.doctor_records import DoctorView
from hospital_app.services.doctors import DoctorEntry
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.cards import photo_of
from state.given import a_form, a_long_text, a_text, an_id
from state.notice import NoticeState
from state.session import Reader, reader_of


@dataclass(frozen=True)
class DoctorRow:
    href: str
    mark: str
    photo: str
    name: str
    note: str
    word: str
    tone: str


class DoctorListState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    rows: list[DoctorRow] = []
    q: str = ""
    department: str = ""
    departments: list[Option] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_DOCTOR, "/admin/doctors")
        self.reset()
        if came.away:
            return came.away
        lang, actor = came.reader.lang, came.actor
        self.who = administering.at_work(actor, lang)
        self.whole = administering.whole(actor)
        self.departments = administering.departments(await asyncio.to_thread(staffing.departments, actor), lang)
        found = await asyncio.to_thread(records.doctor_list, actor)
        self.rows = [_row(view, lang) for view in found]
        self.loaded = True
        return None

    @handles(Right.MANAGE_DOCTOR)
    async def search(self, form: dict):
        form, reader = a_form(form), await reader_of(self)
        q, department = a_text(form.get("q", "")), a_text(form.get("department", ""))
        self.q, self.department = q, department
        found = await asyncio.to_thread(lambda: records.doctor_list(reader.actor(), q=q, department=department))
        self.rows = [_row(view, reader.lang) for view in found]


class DoctorRecordState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    id: int = 0
    mark: str = ""
    photo: str = ""
    said: str = ""
    name: str = ""
    gender: str = ""
    title: str = ""
    specialty: str = ""
    introduction: str = ""
    department: str = ""
    active: bool = True
    staff_href: str = ""
    staff_no: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_DOCTOR, "/admin/doctors")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self.whole = administering.whole(came.actor)
        wanted = an_id(self.doctor_id)
        self._show(await asyncio.to_thread(records.doctor, came.actor, doctor_id=wanted), came.reader.lang)
        self.loaded = True
        return None

    @handles(Right.MANAGE_DOCTOR)
    async def save(self, form: dict):
        form, reader, wanted = a_form(form), await reader_of(self), an_id(self.doctor_id)
        name, gender, title, specialty = (a_text(form.get(n, "")) for n in ("name", "gender", "title", "specialty"))
        introduction = a_long_text(form.get("introduction", ""))

        def correct() -> None:
            actor = reader.actor()
            code = records.doctor(actor, doctor_id=wanted).department_code
            entry = DoctorEntry(name, gender, title, specialty, introduction, code)
            records.correct_doctor(actor, doctor_id=wanted, entry=entry)

        await asyncio.to_thread(correct)
        await self._again(reader, wanted)
        return NoticeState.show("已保存，患者马上可以看到。")

    @handles(Right.MANAGE_DOCTOR)
    async def remove_photo(self):
        reader, wanted = await reader_of(self), an_id(self.doctor_id)
        await asyncio.to_thread(lambda: records.remove_photo(reader.actor(), doctor_id=wanted))
        await self._again(reader, wanted)
        return NoticeState.show("照片已移除。")

    @handles(Right.MANAGE_DOCTOR)
    async def look_again(self):
        """After the browser has sent a photo."""
        await self._again(await reader_of(self), an_id(self.doctor_id))

    async def _again(self, reader: Reader, wanted: int) -> None:
        self._show(await asyncio.to_thread(lambda: records.doctor(reader.actor(), doctor_id=wanted)), reader.lang)

    def _show(self, view: DoctorView, lang: str) -> None:
        self.id, self.mark, self.photo = view.id, view.name[:1], photo_of(view.photo)
        self.said = wording.person(view.name, lang)
        self.name, self.gender, self.title = view.name, view.gender, view.title
        self.specialty, self.introduction, self.active = view.specialty, view.introduction, view.active
        self.department = say(view.department, lang)
        self.staff_href = f"/admin/staff/{view.staff_id}" if view.staff_id else ""
        self.staff_no = view.staff_no


def _row(view: DoctorView, lang: str) -> DoctorRow:
    note = " · ".join(
        part
        for part in (say(view.title, lang), say(view.department, lang), wording.fields(view.specialty, lang))
        if part
    )
    word, tone = ("出诊", "ok") if view.active else ("离岗", "still")
    href = f"/admin/doctors/{view.id}"
    name = wording.person(view.name, lang)
    return DoctorRow(href, name[:1], photo_of(view.photo), name, note, say(word, lang), tone)
