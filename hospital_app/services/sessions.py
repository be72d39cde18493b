"""登录会话: who a token is. The client holds 256 random bits, the database their SHA-256."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from hospital_app.domain.errors import Refusal, signed_out
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.domain.policy import Rules, needs_second_factor
from hospital_app.domain.ready import KeptSession
from hospital_app.models.identity import Account, AccountFreeze, LoginSession, Staff
from hospital_app.services import sign_in_guard
from hospital_app.services.login_notices import notice_unusual
from hospital_app.services.sms_codes import clean_phone, phone_index
from hospital_app.work import Work

TOKEN_BYTES = 32
SESSION_TOPIC = "session:"
HOLDER_TOPIC = "holder:"
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session. `token` and the browser's `device` mark are seen here and by the client, nowhere else."""

    token: str
    role: str
    expires_at: datetime
    device: str
    account_id: int | None = None
    staff_id: int | None = None
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Whose session a token is, and when it was last noticed to be in use."""

    actor: Actor
    seen_at: datetime
    expires_at: datetime | None = None


def fingerprint(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def account_of(work: Work, *, phone: str) -> int:
    """The account of a phone, created when it comes for the first time."""
    index = phone_index(phone)
    known = select(col(Account.id)).where(col(Account.phone_index) == index)
    found = work.session.scalar(known)
    if found is not None:
        return found
    account = Account(phone=clean_phone(phone), phone_index=index, created_at=work.now)
    try:
        with work.session.begin_nested():
            work.session.add(account)
    except IntegrityError:  # somebody was quicker with the same phone
        found = work.session.scalar(known.with_for_update())
    else:
        found = account.id
        work.record("account.create", f"account:{found}")
    if found is None:
        raise LookupError("an account that exists and cannot be read")
    return found


def open_for_account(work: Work, *, account_id: int, user_agent: str = "", method: str = "sms-code") -> SignedIn:
    """However the holder proved who they are: failures are over, and what is unusual is told (login_notices.py)."""
    index = work.session.scalar(select(col(Account.phone_index)).where(col(Account.id) == account_id))
    if index is None:
        raise signed_out()
    failures = sign_in_guard.clear(work, key=sign_in_guard.account_key(index))
    device = work.actor.device or _new_token()
    notice_unusual(work, account_id=account_id, failures=failures, device=fingerprint(device), user_agent=user_agent)
    expires_at = work.now + timedelta(days=work.rules.session_max_days)
    opened = SignedIn(_new_token(), Role.PATIENT, expires_at, device, account_id=account_id)
    _open(work, opened, user_agent=user_agent, method=method)
    work.record("sign-in", f"account:{account_id}", method=method)
    return opened


def open_for_staff(work: Work, *, staff_id: int, role: Role, user_agent: str = "", proved: bool = False) -> SignedIn:
    """`proved`: the second factor was given as well; without it the session of who needs one may only enrol it.

    A kiosk stays signed in as long as a patient's phone: nobody stands beside it in the morning.
    """
    days = work.rules.session_max_days if role is Role.KIOSK else work.rules.staff_max_days
    expires_at = work.now + timedelta(days=days)
    incomplete = needs_second_factor(work.rules, role) and not proved
    device = work.actor.device or _new_token()
    opened = SignedIn(_new_token(), role, expires_at, device, staff_id=staff_id, incomplete=incomplete)
    _open(work, opened, user_agent=user_agent, method="password", proved=proved)
    work.record("sign-in", f"staff:{staff_id}", second_factor=proved)
    return opened


def find(work: Work, *, token: str) -> Found:
    """Who this token is now; ANONYMOUS for unknown, revoked, idle, expired, or a staff member who left."""
    nobody = Found(ANONYMOUS, work.now)
    row = work.session.execute(
        select(LoginSession, Staff, col(Account.frozen_until))
        .outerjoin(Staff, col(LoginSession.staff_id) == col(Staff.id))
        .outerjoin(Account, col(LoginSession.account_id) == col(Account.id))
        .where(
            col(LoginSession.token_hash) == fingerprint(token),
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.expires_at) > work.now,
        )
    ).one_or_none()
    if row is None:
        return nobody
    session, staff, frozen_until = row
    role = Role(staff.role) if staff else Role.PATIENT
    if session.seen_at <= work.now - idle_limit(work.rules, role) or (staff is not None and not staff.active):
        return nobody
    frozen = frozen_until is not None and frozen_until > work.now
    incomplete = needs_second_factor(work.rules, role) and session.second_factor_at is None
    actor = _actor(session, staff, role, frozen=frozen, incomplete=incomplete)
    return Found(actor, session.seen_at, session.expires_at)


def worth_keeping(found: Found, token_hash: str, *, seen_at: datetime) -> KeptSession | None:
    """What Redis may know of a session: of patients only, and of none that is frozen."""
    who = found.actor
    if who.role is not Role.PATIENT or who.frozen or found.expires_at is None:
        return None
    return KeptSession(
        token_hash=token_hash,
        session_id=who.session_id or 0,
        account_id=who.account_id or 0,
        seen_at=int(seen_at.timestamp()),
        expires_at=int(found.expires_at.timestamp()),
    )


def to_keep(work: Work, *, token_hashes: Sequence[str]) -> list[KeptSession]:
    """The living ones of these that Redis may know."""
    rows = work.session.execute(
        select(LoginSession)
        .join(Account, col(LoginSession.account_id) == col(Account.id))
        .where(
            col(LoginSession.token_hash).in_(token_hashes),
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.expires_at) > work.now,
            or_(col(Account.frozen_until).is_(None), col(Account.frozen_until) <= work.now),
        )
    ).scalars()
    found = [
        (row, Found(Actor(Role.PATIENT, row.account_id, session_id=row.id), row.seen_at, row.expires_at))
        for row in rows
    ]
    kept = [worth_keeping(each, row.token_hash, seen_at=row.seen_at) for row, each in found]
    return [each for each in kept if each is not None]


def changed_since(work: Work, *, since: datetime) -> tuple[list[str], list[int]]:
    """Hashes of what ended since then, and accounts that were frozen."""
    ended = work.session.scalars(select(col(LoginSession.token_hash)).where(col(LoginSession.revoked_at) >= since))
    frozen = work.session.scalars(select(col(AccountFreeze.account_id)).where(col(AccountFreeze.frozen_at) >= since))
    return list(ended), list(frozen)


def proved_recently(work: Work) -> bool:
    """Whether the caller signed in within the last minutes. Who has no session has proved nothing."""
    opened_at = work.session.scalar(
        select(col(LoginSession.created_at)).where(col(LoginSession.id) == work.actor.session_id)
    )
    return opened_at is not None and opened_at > work.now - timedelta(minutes=work.rules.proof_minutes)


def check_proved_recently(work: Work) -> None:
    """Before what would let somebody else in, or take everything away: a phone left on a table is not its owner.

    Raises Refusal `proof_needed` (403): a new sign-in, by whatever way, is the proof.
    """
    if not proved_recently(work):
        raise Refusal("proof_needed", "为了您的账号安全，请先重新登录验证身份，再来操作。", 403)


def idle_limit(rules: Rules, role: Role) -> timedelta:
    if role in (Role.PATIENT, Role.KIOSK):
        return timedelta(days=rules.session_idle_days)
    return timedelta(minutes=rules.staff_idle_minutes)


def touch(work: Work, *, session_id: int) -> None:
    """Note that a session is in use, at most once a minute."""
    work.change(
        update(LoginSession)
        .where(col(LoginSession.id) == session_id, col(LoginSession.seen_at) <= work.now - SEEN_EVERY)
        .values(seen_at=work.now)
    )


def touch_many(work: Work, *, session_ids: Sequence[int]) -> None:
    """The same for many."""
    work.change(
        update(LoginSession)
        .where(col(LoginSession.id).in_(sorted(session_ids)), col(LoginSession.seen_at) <= work.now - SEEN_EVERY)
        .values(seen_at=work.now)
    )


def revoke(work: Work, *, session_id: int) -> bool:
    """End one session; False if it had ended already."""
    ended = _end(work, col(LoginSession.id) == session_id)
    if ended:
        work.record("sign-out", f"session:{session_id}")
    return bool(ended)


def revoke_all_of_staff(work: Work, *, staff_id: int) -> int:
    """After a new password, another role or a dismissal; how many sessions ended."""
    return _end(work, col(LoginSession.staff_id) == staff_id)


def revoke_all_of_account(work: Work, *, account_id: int) -> int:
    """After a new password, or when its holder wants so; how many sessions ended."""
    return _end(work, col(LoginSession.account_id) == account_id)


def topic(token_hash: str) -> str:
    """What the screens of a session listen to, so that they end with it."""
    return f"{SESSION_TOPIC}{token_hash}"


def holder_topic(account_id: int) -> str:
    """Something about who this account is has changed: whatever is remembered of its sessions is old."""
    return f"{HOLDER_TOPIC}{account_id}"


def _end(work: Work, whose: ColumnElement[bool]) -> int:
    living = and_(whose, col(LoginSession.revoked_at).is_(None))
    hashes = work.session.scalars(select(col(LoginSession.token_hash)).where(living)).all()
    work.hint(*[topic(token_hash) for token_hash in hashes])
    return work.change(update(LoginSession).where(living).values(revoked_at=work.now)) if hashes else 0


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _open(work: Work, opened: SignedIn, *, user_agent: str, method: str, proved: bool = False) -> None:
    """A token of its own; the session that the browser came with, if any, is over."""
    if work.actor.session_id is not None:
        revoke(work, session_id=work.actor.session_id)
    work.session.add(
        LoginSession(
            token_hash=fingerprint(opened.token),
            account_id=opened.account_id,
            staff_id=opened.staff_id,
            created_at=work.now,
            seen_at=work.now,
            expires_at=opened.expires_at,
            address=work.actor.address[:60],
            user_agent=user_agent[:200],
            method=method,
            second_factor_at=work.now if proved else None,
            device=fingerprint(opened.device),
        )
    )


def _actor(session: LoginSession, staff: Staff | None, role: Role, *, frozen: bool, incomplete: bool) -> Actor:
    if staff is None:
        return Actor(role, account_id=session.account_id, session_id=session.id, frozen=frozen)
    return Actor(
        role,
        staff_id=staff.id,
        doctor_id=staff.doctor_id,
        department_code=staff.department_code,
        session_id=session.id,
        name=staff.name,
        incomplete=incomplete,
    )
