"""员工账号: created by administrators; a wrong password makes the next try wait."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import STAFF_ROLES, Role
from hospital_app.models.identity import Staff
from hospital_app.services.sessions import revoke_all_of_staff
from hospital_app.work import Work

PASSWORD_MIN, PASSWORD_MAX = 10, 128
FREE_FAILURES = 3
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 300

_passwords = PasswordHash((Argon2Hasher(),))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun. For an unknown or inactive number `staff_id` is None and the hash empty."""

    staff_id: int | None
    role: Role
    password_hash: str
    must_change_password: bool


def hash_password(password: str) -> str:
    """Argon2id, about 0.1 s and 64 MiB: never inside a transaction. Raises Refusal `weak_password`."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX or len(set(password)) < 4:
        raise Refusal(
            "weak_password",
            "新密码需要 {least} 到 {most} 位，且不能只是几个重复的字符。",
            422,
            params={"least": PASSWORD_MIN, "most": PASSWORD_MAX},
        )
    return _passwords.hash(password)


def fits(password: str, password_hash: str) -> bool:
    """Takes as long for nobody's hash, the empty one."""
    return _passwords.verify(password, password_hash or _nobodys_hash())


@cache
def _nobodys_hash() -> str:
    return _passwords.hash("nobody has this password")


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
        raise Refusal("staff_no_taken", "这个员工号已经存在，请换一个。")
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
    """Count a failure before the password is looked at; success takes it back.

    So a burst of parallel guesses is counted like a row of them. Raises Refusal `locked` while a wait runs.
    """
    member = work.session.scalar(
        select(Staff).where(col(Staff.staff_no) == staff_no).with_for_update().execution_options(populate_existing=True)
    )
    if member is None or not member.active:
        return Attempt(None, Role.ANONYMOUS, "", False)
    if member.locked_until is not None and member.locked_until > work.now:
        raise _locked(int((member.locked_until - work.now).total_seconds()))
    member.failures += 1
    wait = wait_seconds(member.failures)
    member.locked_until = work.now + timedelta(seconds=wait) if wait else None
    return Attempt(member.id, Role(member.role), member.password_hash, member.must_change_password)


def wait_seconds(failures: int) -> int:
    """After the third failure in a row 5 s, then twice as long each time, up to 5 min."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(FIRST_WAIT_SECONDS * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_WAIT_SECONDS))


def succeed(work: Work, *, staff_id: int) -> None:
    work.change(update(Staff).where(col(Staff.id) == staff_id).values(failures=0, locked_until=None))


def fail(work: Work, *, staff_id: int | None) -> None:
    """The failure is counted already; here it is written down for those who watch."""
    if staff_id is not None:
        work.record("sign-in.failed", f"staff:{staff_id}")


def check_new(*, old: str, new: str) -> None:
    if old == new:
        raise Refusal("weak_password", "新密码不能与原密码相同，请换一个。", 422)


def set_password(work: Work, *, staff_id: int, password_hash: str) -> None:
    """A password of their own; every session of theirs ends."""
    work.change(
        update(Staff).where(col(Staff.id) == staff_id).values(password_hash=password_hash, must_change_password=False)
    )
    revoke_all_of_staff(work, staff_id=staff_id)
    work.record("staff.password", f"staff:{staff_id}")


def wrong_password() -> Refusal:
    return Refusal("wrong_password", "员工号或密码不正确，请核对后再试；忘记密码请联系管理员。", 401)


def password_change_required() -> Refusal:
    return Refusal("password_change_required", "首次登录请先设置新密码，再继续。", 403)


def _locked(seconds: int) -> Refusal:
    return Refusal(
        "locked",
        "密码错误次数过多，请等 {seconds} 秒后再试。",
        429,
        params={"seconds": max(1, seconds)},
        extra={"retry_after_seconds": max(1, seconds)},
    )
