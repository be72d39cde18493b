"""一位员工, or a new one (`/admin/staff/new`). Who is meant stands in the address, and is judged at every call."""

import asyncio
from collections.abc import Callable
from typing import Any

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import Role
from hospital_app.domain.staffing import ROLE_NAMES, StaffEntry
from hospital_app.flows import second_factor, staffing
from hospital_app.services.staff_directory import StaffView
from state import administering
from state.access import handles
from state.administering import Option
from state.given import a_form, a_text, an_id
from state.notice import NoticeState
from state.session import Reader, reader_of

NEW = "new"


class StaffMemberState(rx.State):
    loaded: bool = False
    who: str = ""
    fresh: bool = False
    #: Hospital admins move people and change roles; nobody does such things to oneself.
    whole: bool = False
    oneself: bool = False
    id: int = 0
    name: str = ""
    staff_no: str = ""
    role: str = ""
    role_name: str = ""
    department: str = ""
    department_name: str = ""
    doctor_id: int = 0
    active: bool = True
    second_factor: bool = False
    word: str = ""
    #: What the form of a new one shows beside the rest: a doctor's title.
    hired_role: str = Role.DOCTOR.value
    roles: list[Option] = []
    departments: list[Option] = []
    #: A first password, shown once.
    password: str = ""
    password_of: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_STAFF, "/admin/staff")
        self.reset()
        if came.away:
            return came.away
        lang, actor = came.reader.lang, came.actor
        self.who = administering.at_work(actor, lang)
        self.whole = administering.whole(actor)
        self.departments = administering.departments(await asyncio.to_thread(staffing.departments, actor), lang)
        self.roles = administering.roles(actor, lang)
        self.fresh = str(self.staff_id) == NEW
        if not self.fresh:
            wanted = an_id(self.staff_id)
            self._show(await asyncio.to_thread(staffing.one, actor, staff_id=wanted), lang)
            self.oneself = self.id == actor.staff_id
        self.loaded = True
        return None

    @handles(Right.OWN_SCREEN)
    async def choose_role(self, role: str):
        self.hired_role = a_text(role)

    @handles(Right.MANAGE_STAFF)
    async def hire(self, form: dict):
        reader = await reader_of(self)
        entry = _entry(a_form(form), own=None if self.whole else [option.value for option in self.departments])
        hired = await asyncio.to_thread(lambda: staffing.hire(reader.actor(), entry=entry))
        self.password, self.password_of = hired.password, f"{entry.name} · {entry.staff_no}"
        self.id = hired.staff_id
        return NoticeState.show("已添加，请把初始密码交给本人。")

    @handles(Right.MANAGE_STAFF)
    async def rename(self, form: dict):
        name = a_text(a_form(form).get("name"))
        return await self._do(staffing.rename, "已保存。", name=name)

    @handles(Right.MANAGE_STAFF)
    async def reset_password(self):
        reader, wanted = await reader_of(self), an_id(self.staff_id)
        password = await asyncio.to_thread(lambda: staffing.reset_password(reader.actor(), staff_id=wanted))
        await self._again(reader, wanted)
        self.password, self.password_of = password, f"{self.name} · {self.staff_no}"
        return NoticeState.show("密码已重置，请把初始密码交给本人。")

    @handles(Right.MANAGE_STAFF)
    async def reset_second_factor(self):
        return await self._do(second_factor.reset, "第二因素已重置，本人下次登录时重新绑定。")

    @handles(Right.MANAGE_STAFF)
    async def deactivate(self):
        return await self._do(staffing.deactivate, "已设为离岗，其登录全部结束。")

    @handles(Right.MANAGE_STAFF)
    async def reactivate(self):
        return await self._do(staffing.reactivate, "已恢复在岗。")

    @handles(Right.MANAGE_STAFF)
    async def transfer(self, form: dict):
        code = a_text(a_form(form).get("department", ""))
        return await self._do(staffing.transfer, "已调动，其登录全部结束。", department_code=code or None)

    @handles(Right.MANAGE_STAFF)
    async def change_role(self, form: dict):
        form = a_form(form)
        role, code, title = (a_text(form.get(name, "")) for name in ("role", "department", "title"))
        return await self._do(
            staffing.change_role,
            "已换岗，其登录全部结束。",
            role=_role(role),
            department_code=code or None,
            title=title,
        )

    async def _do(self, flow: Callable[..., None], done: str, **given: Any) -> rx.event.EventSpec:
        reader, wanted = await reader_of(self), an_id(self.staff_id)
        await asyncio.to_thread(lambda: flow(reader.actor(), staff_id=wanted, **given))
        await self._again(reader, wanted)
        return NoticeState.show(done)

    async def _again(self, reader: Reader, wanted: int) -> None:
        self._show(await asyncio.to_thread(lambda: staffing.one(reader.actor(), staff_id=wanted)), reader.lang)

    def _show(self, view: StaffView, lang: str) -> None:
        self.id, self.name, self.staff_no = view.id, view.name, view.staff_no
        self.role, self.role_name = view.role, say(ROLE_NAMES[Role(view.role)], lang)
        self.department, self.department_name = view.department_code, say(view.department, lang)
        self.doctor_id, self.active, self.second_factor = view.doctor_id or 0, view.active, view.second_factor
        self.word = say("在岗" if view.active else "离岗", lang)
        self.password = self.password_of = ""


def _role(value: str) -> Role:
    try:
        return Role(value)
    except ValueError:
        raise malformed("角色") from None


def _entry(form: dict, *, own: list[str] | None) -> StaffEntry:
    """`own`: the only department that a department's admin hires into. Fields that are not shown come as None."""
    texts = {name: a_text(form.get(name) or "").strip() for name in ("staff_no", "name", "role", "department")}
    doctor = {name: a_text(form.get(name) or "").strip() for name in ("title", "gender", "specialty")}
    code = texts["department"] or (own[0] if own else "")
    return StaffEntry(
        texts["staff_no"],
        texts["name"],
        _role(texts["role"]),
        code or None,
        doctor["title"],
        doctor["gender"] or "unknown",
        doctor["specialty"],
    )
