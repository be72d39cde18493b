"""员工账号: created by administrators; a wrong password makes the next try wait."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import STAFF_ROLES, Role
from hospital_app.domain.passwords import STAFF_MIN
from hospital_app.models.identity import Staff
from hospital_app.services import passwords, sign_in_guard
from hospital_app.services.sessions import revoke_all_of_staff
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun. For an unknown or inactive number `staff_id` is None and the hash empty.

    `first_password_over`: it was made by an administrator too long ago.
    """

    staff_id: int | None
    staff_no: str
    role: Role
    password_hash: str
    must_change_password: bool
    first_password_over: bool = False


def hash_password(password: str, *, staff_no: str = "", hospital: str = "") -> str:
    """Never inside a transaction (passwords.py). Raises Refusal `weak_password`."""
    return passwords.hash_password(password, least=STAFF_MIN, forbidden=(staff_no, hospital))


def create(
    work: Work,
    *,
    staff_no: str,
    name: str,
    role: Role,
    password_hash: str,
    department_code: str | None = None,
    doctor_id: int | None = None,
    must_change_password: bool = True,
) -> int:
    """A new member of staff (or a kiosk); its id. `password_hash` comes from `hash_password`."""
    if role not in STAFF_ROLES or (role is Role.DOCTOR) != (doctor_id is not None):
        raise ValueError(f"not an account of staff: {role}, doctor {doctor_id}")
    if work.session.scalar(select(col(Staff.id)).where(col(Staff.staff_no) == staff_no)) is not None:
        raise number_taken()
    member = Staff(
        staff_no=staff_no,
        name=name,
        role=role,
        password_hash=password_hash,
        department_code=department_code,
        doctor_id=doctor_id,
        must_change_password=must_change_password,
        created_at=work.now,
    )
    work.session.add(member)
    work.session.flush()
    if member.id is None:
        raise ValueError("flush gave no id")
    work.record("staff.create", f"staff:{member.id}", role=role.value)
    return member.id


def begin_attempt(work: Work, *, staff_no: str) -> Attempt:
    """Count a failure before the password is looked at (sign_in_guard.py); known and unknown numbers alike.

    Raises Refusal `locked` (429) while a wait runs.
    """
    sign_in_guard.begin(work, key=sign_in_guard.staff_key(staff_no))
    member = work.session.scalar(select(Staff).where(col(Staff.staff_no) == staff_no))
    if member is None or not member.active:
        return Attempt(None, staff_no, Role.ANONYMOUS, "", False)
    given_at = member.password_changed_at or member.created_at
    return Attempt(
        member.id,
        staff_no,
        Role(member.role),
        member.password_hash,
        member.must_change_password,
        member.must_change_password and given_at <= work.now - timedelta(days=work.rules.first_password_days),
    )


def succeed(work: Work, *, staff_no: str) -> None:
    """The password was right: the failures in a row are over."""
    key = sign_in_guard.staff_key(staff_no)
    sign_in_guard.take_back(work, key=key)
    sign_in_guard.clear(work, key=key)


def half_way(work: Work, *, staff_no: str) -> None:
    """The password was right and the second factor is still to come: this was no failure, earlier ones still count."""
    sign_in_guard.take_back(work, key=sign_in_guard.staff_key(staff_no))


def fail(work: Work, *, staff_id: int | None) -> None:
    """The failure is counted already; here it is written down for those who watch."""
    work.record("sign-in.failed", f"staff:{staff_id or 'unknown'}")


def check_new(*, old: str, new: str) -> None:
    if old == new:
        raise Refusal("weak_password", "新密码不能与原密码相同，请换一个。", 422)


def set_password(work: Work, *, staff_id: int, password_hash: str) -> None:
    """A password of their own; every session of theirs ends."""
    work.change(
        update(Staff)
        .where(col(Staff.id) == staff_id)
        .values(password_hash=password_hash, password_changed_at=work.now, must_change_password=False)
    )
    revoke_all_of_staff(work, staff_id=staff_id)
    work.record("staff.password", f"staff:{staff_id}")


def number_taken() -> Refusal:
    return Refusal("staff_no_taken", "这个员工号已经存在，请换一个。")


def wrong_password() -> Refusal:
    return Refusal("wrong_password", "员工号或密码不正确，请核对后再试；忘记密码请联系管理员。", 401)


def first_password_over() -> Refusal:
    return Refusal("first_password_over", "初始密码已过期，请联系管理员重新发放。", 403)


def password_change_required() -> Refusal:
    return Refusal("password_change_required", "首次登录请先设置新密码，再继续。", 403)
