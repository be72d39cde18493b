"""第二因素: the code of an authenticator app (TOTP, RFC 6238) or a recovery code, beside the password.

Whoever has one is asked for it at every sign-in. Administrators must have one, and all staff where the
hospital says so (domain/policy.py): until then their session may only enrol.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

import pyotp
from sqlalchemy import delete, func, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right, Scope
from hospital_app.domain.errors import Refusal, forbidden, not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.policy import needs_second_factor
from hospital_app.models.identity import Ceremony, LoginSession, Passkey, RecoveryCode, Staff
from hospital_app.services.sessions import check_proved_recently, fingerprint, proved_recently, revoke_all_of_staff
from hospital_app.vault import vault
from hospital_app.work import Work

STEP_SECONDS = 30
STEPS_ASIDE = 1  # a phone's clock may be half a minute off
CODE_DIGITS = 6
RECOVERY_CODES = 10
ENROLMENT = timedelta(minutes=15)
_KIND = "totp"
#: Nothing that is read for something else: no 0 O, 1 I L.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member of staff has, for their own page. `proved`: given in this very session."""

    name: str
    staff_no: str
    needed: bool
    proved: bool
    totp_since: datetime | None
    passkeys: int
    recovery_codes: int
    fresh: bool  # signed in a moment ago

    @property
    def enrolled(self) -> bool:
        return self.totp_since is not None or self.passkeys > 0

    @property
    def lacks_codes(self) -> bool:
        """Nothing would let this one in who lost the device, and new codes may be given right now."""
        return self.enrolled and self.proved and self.fresh and self.recovery_codes == 0


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A key on its way into somebody's app. `handle` brings it back for the code that confirms it."""

    handle: str
    secret: str
    uri: str


def standing(work: Work) -> Standing:
    """The caller's own."""
    member = _oneself(work)
    return Standing(
        name=member.name,
        staff_no=member.staff_no,
        needed=needs_second_factor(work.rules, Role(member.role)),
        proved=_proved(work),
        totp_since=member.totp_confirmed_at,
        passkeys=_passkeys(work, member.id or 0),
        recovery_codes=_codes_left(work, member.id or 0),
        fresh=proved_recently(work),
    )


def enrolled(work: Work, *, staff_id: int) -> bool:
    """Whether this one is asked for more than a password."""
    confirmed = work.session.scalar(select(col(Staff.totp_confirmed_at)).where(col(Staff.id) == staff_id))
    return confirmed is not None or _passkeys(work, staff_id) > 0


def begin(work: Work, *, issuer: str) -> Enrolment:
    """A new key for the caller; nothing counts until `confirm`. Who has a second factor must have given it."""
    member = _oneself(work)
    check_proved_recently(work)
    _must_have_proved(work, member)
    handle, secret = secrets.token_urlsafe(24), pyotp.random_base32()
    work.session.add(
        Ceremony(
            handle_hash=fingerprint(handle),
            kind=_KIND,
            payload=secret,
            staff_id=member.id,
            created_at=work.now,
            expires_at=work.now + ENROLMENT,
        )
    )
    uri = pyotp.TOTP(secret).provisioning_uri(name=member.staff_no, issuer_name=issuer)
    return Enrolment(handle, secret, uri)


def confirm(work: Work, *, handle: str, code: str) -> list[str]:
    """The app shows the right code: from now on it is asked for. Recovery codes, seen here and nowhere else.

    Other sessions end. Raises Refusal wrong_code (401), enrolment_over (409).
    """
    member = _oneself(work)
    _must_have_proved(work, member)
    ceremony = work.session.scalar(
        select(Ceremony).where(
            col(Ceremony.handle_hash) == fingerprint(handle),
            col(Ceremony.kind) == _KIND,
            col(Ceremony.staff_id) == member.id,
            col(Ceremony.expires_at) > work.now,
        )
    )
    if ceremony is None:
        raise Refusal("enrolment_over", "这个密钥已经过期，请重新开始绑定。")
    step = _step_of(work, secret=ceremony.payload, code=_digits(code))
    if step is None:
        raise wrong_code()
    unused = update(Ceremony).where(col(Ceremony.id) == ceremony.id, col(Ceremony.used_at).is_(None))
    if not work.change(unused.values(used_at=work.now)):
        raise Refusal("enrolment_over", "这个密钥已经过期，请重新开始绑定。")
    member.totp_secret, member.totp_confirmed_at, member.totp_step = ceremony.payload, work.now, step
    _prove_session(work)
    _end_other_sessions(work, member)
    work.record("second-factor.enrol", f"staff:{member.id}", kind=_KIND)
    return _new_codes(work, member.id or 0)


def renew_codes(work: Work) -> list[str]:
    """New recovery codes; the old ones are worth nothing any more."""
    member = _oneself(work)
    if not _proved(work) or not enrolled(work, staff_id=member.id or 0):
        raise required()
    check_proved_recently(work)
    work.record("second-factor.recovery-codes", f"staff:{member.id}")
    return _new_codes(work, member.id or 0)


def prove(work: Work, *, staff_id: int, otp: str) -> bool:
    """Whether `otp` is this one's code now. It is used up by that: no code is taken twice."""
    code = _digits(otp)
    member = work.session.get(Staff, staff_id, populate_existing=True)
    if member is not None and member.totp_confirmed_at and len(code) == CODE_DIGITS and code.isdecimal():
        step = _step_of(work, secret=member.totp_secret or "", code=code)
        fresh = update(Staff).where(col(Staff.id) == staff_id, col(Staff.totp_step) < (step or 0))
        return step is not None and work.change(fresh.values(totp_step=step)) == 1
    spent = work.change(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.staff_id) == staff_id,
            col(RecoveryCode.code_hash) == _code_hash(staff_id, code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=work.now)
    )
    if spent:
        work.record("second-factor.recovery-code", f"staff:{staff_id}", left=_codes_left(work, staff_id))
    return bool(spent)


def reset(work: Work, *, staff_id: int) -> None:
    """Somebody lost phone and codes: they enrol anew at the next sign-in. By a hospital admin, never for oneself."""
    if authority.check(work.actor, Right.MANAGE_STAFF) is not Scope.ALL:
        raise forbidden()
    if staff_id == work.actor.staff_id:
        raise Refusal("not_oneself", "不能重置自己的第二因素，请另一位医院管理员操作。", 403)
    member = work.session.get(Staff, staff_id, with_for_update=True, populate_existing=True)
    if member is None:
        raise not_found("这位员工")
    member.totp_secret = member.totp_confirmed_at = None
    work.session.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))
    work.session.execute(delete(Passkey).where(col(Passkey.staff_id) == staff_id))
    revoke_all_of_staff(work, staff_id=staff_id)
    work.record("second-factor.reset", f"staff:{staff_id}")


def install(work: Work, *, staff_id: int, secret: str) -> None:
    """The house itself gives a member of staff a key that an app knows already: demonstration and tests."""
    if work.actor.role is not Role.SYSTEM:
        raise forbidden()
    member = work.session.get_one(Staff, staff_id)
    member.totp_secret, member.totp_confirmed_at = secret, work.now


def required(extra: dict[str, object] | None = None) -> Refusal:
    """`extra` tells a browser what it may ask a passkey."""
    sentence = "请输入验证器应用里的 6 位动态码，或用指纹/面容验证；手机不在身边时可用恢复码。"
    return Refusal("second_factor_required", sentence, 403, extra=extra)


def wrong_code() -> Refusal:
    return Refusal("wrong_code", "动态码不正确或已用过，请等下一个动态码再试。", 401)


def _oneself(work: Work) -> Staff:
    authority.check(work.actor, Right.OWN_ACCOUNT)
    member = work.session.get(Staff, work.actor.staff_id, populate_existing=True) if work.actor.staff_id else None
    if member is None:
        raise forbidden()
    return member


def _must_have_proved(work: Work, member: Staff) -> None:
    """Else a password alone could put another phone in the place of the right one."""
    if enrolled(work, staff_id=member.id or 0) and not _proved(work):
        raise required()


def _proved(work: Work) -> bool:
    proved_at = select(col(LoginSession.second_factor_at)).where(col(LoginSession.id) == work.actor.session_id)
    return work.session.scalar(proved_at) is not None


def _prove_session(work: Work) -> None:
    work.change(
        update(LoginSession).where(col(LoginSession.id) == work.actor.session_id).values(second_factor_at=work.now)
    )


def _end_other_sessions(work: Work, member: Staff) -> None:
    work.change(
        update(LoginSession)
        .where(
            col(LoginSession.staff_id) == member.id,
            col(LoginSession.id) != work.actor.session_id,
            col(LoginSession.revoked_at).is_(None),
        )
        .values(revoked_at=work.now)
    )


def _step_of(work: Work, *, secret: str, code: str) -> int | None:
    """The 30 s step that this code belongs to; None if it is none of now, or just before or after."""
    now = int(work.now.timestamp()) // STEP_SECONDS
    clock = pyotp.TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS)
    for step in range(now + STEPS_ASIDE, now - STEPS_ASIDE - 1, -1):
        if compare_digest(clock.at(step * STEP_SECONDS).encode(), code.encode()):
            return step
    return None


def _new_codes(work: Work, staff_id: int) -> list[str]:
    work.session.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    work.session.add_all(
        RecoveryCode(staff_id=staff_id, code_hash=_code_hash(staff_id, code), created_at=work.now) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _code_hash(staff_id: int, code: str) -> str:
    return vault().blind_index("recovery-code", f"{staff_id}:{code.upper()}")


def _codes_left(work: Work, staff_id: int) -> int:
    left = select(func.count(col(RecoveryCode.id))).where(
        col(RecoveryCode.staff_id) == staff_id, col(RecoveryCode.used_at).is_(None)
    )
    return work.session.scalar(left) or 0


def _passkeys(work: Work, staff_id: int) -> int:
    return work.session.scalar(select(func.count(col(Passkey.id))).where(col(Passkey.staff_id) == staff_id)) or 0


def _digits(code: str) -> str:
    """As people type it: with spaces or a hyphen between."""
    return "".join(code.split()).replace("-", "")
