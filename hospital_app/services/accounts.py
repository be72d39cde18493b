"""账号：what its own holder sees of it, and its password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.authority import Right, check_holder
from hospital_app.domain.calendar import local
from hospital_app.domain.errors import Refusal
from hospital_app.domain.masking import mask_phone
from hospital_app.domain.passwords import PATIENT_MIN
from hospital_app.models.identity import Account
from hospital_app.services import messages, passwords, sign_in_guard
from hospital_app.services.sessions import revoke_all_of_account
from hospital_app.services.sms_codes import clean_phone, phone_index
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class AccountView:
    """`password_set_at` is None while the account has no password."""

    phone_masked: str
    password_set_at: datetime | None


def own(work: Work) -> AccountView:
    account = work.session.get_one(Account, check_holder(work.actor, Right.OWN_ACCOUNT))
    return AccountView(mask_phone(account.phone), account.password_changed_at if account.password_hash else None)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in by password that has begun. For an unknown phone, or without a password, the hash is empty."""

    account_id: int | None
    password_hash: str


def hash_password(password: str, *, phone: str, hospital: str = "") -> str:
    """Never inside a transaction (passwords.py). Raises Refusal `weak_password`."""
    return passwords.hash_password(password, least=PATIENT_MIN, forbidden=(clean_phone(phone), hospital))


def begin_attempt(work: Work, *, phone: str) -> Attempt:
    """Count a failure before the password is looked at (sign_in_guard.py).

    Unknown phones take the same path. Raises Refusal `locked` (429) while a wait runs.
    """
    index = phone_index(phone)
    sign_in_guard.begin(work, key=sign_in_guard.account_key(index))
    account = work.session.scalar(select(Account).where(col(Account.phone_index) == index))
    if account is None or not account.password_hash:
        return Attempt(None, "")
    return Attempt(account.id, account.password_hash)


def fail(work: Work, *, account_id: int | None) -> None:
    """The failure is counted already; here it is written down for those who watch."""
    work.record("sign-in.failed", f"account:{account_id or 'unknown'}", method="password")


def check_attempt(work: Work, *, attempt: Attempt, phone: str) -> int:
    """The password was right, and still is the account's: its id."""
    still = select(col(Account.id)).where(
        col(Account.id) == attempt.account_id, col(Account.password_hash) == attempt.password_hash
    )
    account_id = work.session.scalar(still)
    if account_id is None:
        raise wrong_password()
    sign_in_guard.take_back(work, key=sign_in_guard.account_key(phone_index(phone)))
    return account_id


def set_password(work: Work, *, account_id: int, password_hash: str) -> None:
    """A new password; every session of the account ends."""
    work.change(
        update(Account)
        .where(col(Account.id) == account_id)
        .values(password_hash=password_hash, password_changed_at=work.now)
    )
    revoke_all_of_account(work, account_id=account_id)
    messages.tell(work, account_id=account_id, kind="password", at=f"{local(work.now):%Y-%m-%d %H:%M}")
    work.record("account.password", f"account:{account_id}")


def phone_of(work: Work) -> str:
    """The whole number of one's own account, for what is sent to it."""
    return work.session.get_one(Account, check_holder(work.actor, Right.OWN_ACCOUNT)).phone


def wrong_password() -> Refusal:
    return Refusal("wrong_password", "手机号或密码不正确，请核对后再试；也可以改用短信验证码登录。", 401)


def wrong_old_password() -> Refusal:
    return Refusal("wrong_password", "原密码不正确，请核对后再试；忘记了可以改用短信验证码。", 401)
