"""员工管理 for screens: initial passwords are made here, hashed between transactions, and seen once by who asked."""

import secrets
from dataclasses import dataclass

from hospital_app.adapters import sheets
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.staffing import ROLE_NAMES, StaffEntry
from hospital_app.flows import schedules
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import passwords, staff_directory, staffing
from hospital_app.services.staff_directory import Choice, StaffPage, StaffView, Wanted

#: Nothing that is read for something else: no 0 O, 1 I l.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ"
_EXPORTED = ("工号", "姓名", "角色", "科室代码", "科室", "在岗", "第二因素", "建立日期")


@dataclass(frozen=True, slots=True)
class Hired:
    """`password` opens the first sign-in and is nowhere else."""

    staff_id: int
    password: str


def listing(actor: Actor, *, wanted: Wanted) -> StaffPage:
    return look(actor, staff_directory.page, wanted=wanted)


def one(actor: Actor, *, staff_id: int) -> StaffView:
    return look(actor, staff_directory.one, staff_id=staff_id)


def departments(actor: Actor) -> list[Choice]:
    return look(actor, staff_directory.departments)


def export(actor: Actor, *, wanted: Wanted) -> bytes:
    """The list as .xlsx, no further than the actor sees."""
    rows = perform(actor, staff_directory.everybody, wanted=wanted)
    return sheets.write(
        "员工",
        _EXPORTED,
        [
            (
                view.staff_no,
                view.name,
                ROLE_NAMES[Role(view.role)],
                view.department_code,
                view.department,
                "在岗" if view.active else "离岗",
                "已绑定" if view.second_factor else "",
                view.created_at.date(),
            )
            for view in rows
        ],
    )


def hire(actor: Actor, *, entry: StaffEntry) -> Hired:
    look(actor, staffing.check_entry, entry=entry)
    password, password_hash = new_password()
    return Hired(perform(actor, staffing.hire, entry=entry, password_hash=password_hash), password)


def rename(actor: Actor, *, staff_id: int, name: str) -> None:
    perform(actor, staffing.rename, staff_id=staff_id, name=name)


def reset_password(actor: Actor, *, staff_id: int) -> str:
    """The new first password."""
    look(actor, staff_directory.one, staff_id=staff_id)
    password, password_hash = new_password()
    perform(actor, staffing.reset_password, staff_id=staff_id, password_hash=password_hash)
    return password


def deactivate(actor: Actor, *, staff_id: int) -> None:
    perform(actor, staffing.deactivate, staff_id=staff_id)


def reactivate(actor: Actor, *, staff_id: int) -> None:
    """Days that were planned while a doctor was away get their clinics at once."""
    perform(actor, staffing.reactivate, staff_id=staff_id)
    schedules.generate_ahead()


def transfer(actor: Actor, *, staff_id: int, department_code: str | None) -> None:
    perform(actor, staffing.transfer, staff_id=staff_id, department_code=department_code)
    schedules.generate_ahead()


def change_role(
    actor: Actor, *, staff_id: int, role: Role, department_code: str | None = None, title: str = ""
) -> None:
    perform(actor, staffing.change_role, staff_id=staff_id, role=role, department_code=department_code, title=title)


def new_password() -> tuple[str, str]:
    """A first password, 69 random bits, and its hash."""
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return password, passwords.hash_generated(password)
