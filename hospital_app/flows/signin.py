"""登录：短信验证码、密码、员工密码、会话. Whatever costs time or network happens between transactions."""

from dataclasses import replace

from hospital_app.container import container
from hospital_app.domain.errors import signed_out
from hospital_app.domain.identity import ANONYMOUS, SYSTEM, Actor
from hospital_app.domain.texts import one_line
from hospital_app.flows import passkeys, who
from hospital_app.flows.passkeys import Proof
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import (
    accounts,
    ceremonies,
    passwords,
    second_factor,
    sessions,
    sign_in_guard,
    sms_codes,
    staff,
)
from hospital_app.services.accounts import Attempt
from hospital_app.services.sessions import SignedIn
from hospital_app.services.sms_codes import Tried
from hospital_app.vault import vault
from hospital_app.work import Work

TOKEN_MAX = 100


def request_code(actor: Actor, *, phone: str) -> None:
    """Send a code to this number, whether or not it has an account. Raises Refusal bad_phone, too_many_codes (429)."""
    perform(actor, sms_codes.issue, phone=phone)


def send_sms(*, phone_sealed: str, code_sealed: str, code_id: int) -> None:
    """The job: hand the code to the SMS vendor, unless it is used or over by now."""
    if not look(ANONYMOUS, sms_codes.is_open, code_id=code_id):
        return
    box = vault()
    container().sms.send(box.decrypt(phone_sealed), sms_codes.TEMPLATE, {"code": box.decrypt(code_sealed)})


def send_notice(*, phone_sealed: str, template: str, sealed: dict[str, str]) -> None:
    """The job: a text message that tells something; `sealed` are its parameters, each put into the text on one line."""
    box = vault()
    params = {name: one_line(box.decrypt(text)) for name, text in sealed.items()}
    container().sms.send(box.decrypt(phone_sealed), template, params)


def sign_in(actor: Actor, *, phone: str, code: str, new_password: str | None = None, user_agent: str = "") -> SignedIn:
    """A session for the account of this phone, which is created the first time.

    With a `new_password` it is the account's from now on, and every other session ends: 忘记密码. Raises Refusal
    wrong_code (401), weak_password (422) before the code is looked at, and locked (429) for an address.
    """
    new_hash = None
    if new_password is not None:
        new_hash = accounts.hash_password(new_password, phone=phone, hospital=container().settings.hospital_name)
    outcome = perform(actor, _redeem_and_open, phone=phone, code=code, new_hash=new_hash, user_agent=user_agent)
    if isinstance(outcome, Tried):
        raise sms_codes.wrong_code(outcome)
    return outcome


def sign_in_by_password(actor: Actor, *, phone: str, password: str, user_agent: str = "") -> SignedIn:
    """A session for the account of this phone.

    Raises Refusal wrong_password (401) after one comparison of hashes, whether or not the phone has an account and
    the account a password; locked (429).
    """
    attempt = perform(actor, accounts.begin_attempt, phone=phone)
    if not passwords.fits(password, attempt.password_hash):
        perform(actor, accounts.fail, account_id=attempt.account_id)
        raise accounts.wrong_password()
    return perform(actor, _check_and_open, phone=phone, attempt=attempt, user_agent=user_agent)


def sign_in_staff(
    actor: Actor,
    *,
    staff_no: str,
    password: str,
    new_password: str | None = None,
    otp: str | None = None,
    passkey: Proof | None = None,
    origin: str | None = None,
    user_agent: str = "",
) -> SignedIn:
    """A session for a member of staff or a kiosk; that of who needs a second factor may only enrol one.

    Raises Refusal wrong_password (401), locked (429), first_password_over (403), password_change_required (403) until
    a first sign-in brings a `new_password`, second_factor_required (403, with what to ask a passkey at `origin`) until
    who has one brings `otp` or `passkey`, wrong_code (401), and those of passkeys.verify_assertion.
    """
    attempt = perform(actor, staff.begin_attempt, staff_no=staff_no)
    if not passwords.fits(password, attempt.password_hash) or attempt.staff_id is None:
        perform(actor, staff.fail, staff_id=attempt.staff_id)
        raise staff.wrong_password()
    if attempt.first_password_over:
        perform(actor, staff.half_way, staff_no=staff_no)
        raise staff.first_password_over()
    asked_for_more = look(actor, second_factor.enrolled, staff_id=attempt.staff_id)
    if not asked_for_more:  # else guessing codes would start afresh with every right password
        perform(actor, staff.succeed, staff_no=staff_no)
    new_hash = None
    if new_password is not None:
        staff.check_new(old=password, new=new_password)
        new_hash = staff.hash_password(new_password, staff_no=staff_no, hospital=container().settings.hospital_name)
    elif attempt.must_change_password:
        raise staff.password_change_required()
    if asked_for_more and not otp and passkey is None:
        perform(actor, staff.half_way, staff_no=staff_no)
        raise second_factor.required(_ask_passkey(actor, attempt.staff_id, origin))
    if asked_for_more and passkey is not None:
        passkeys.verify_assertion(
            actor, staff_id=attempt.staff_id, handle=passkey.handle, credential=passkey.credential
        )
    opened = perform(
        actor,
        _prove_and_open,
        attempt=attempt,
        otp=otp or "",
        by_passkey=asked_for_more and passkey is not None,
        new_hash=new_hash,
        user_agent=user_agent,
    )
    if opened is None:
        perform(actor, staff.fail, staff_id=attempt.staff_id)
        raise second_factor.wrong_code()
    return opened


def sign_out(actor: Actor) -> None:
    """End the session that `actor` came with."""
    if actor.session_id is None:
        raise signed_out()
    perform(actor, sessions.revoke, session_id=actor.session_id)


def forget_old_ceremonies() -> None:
    """What nobody can continue any more goes, in small transactions."""
    while perform(SYSTEM, ceremonies.forget_old) == ceremonies.ONE_SWEEP:
        pass


def actor_of_token(token: str | None, *, address: str = "", terminal: str = "web", device: str = "") -> Actor:
    """Who a session's token is, asked at every call; ANONYMOUS for none, unknown, ended or idle for too long."""
    caller = replace(ANONYMOUS, address=address, terminal=terminal, device=device)
    if not token or len(token) > TOKEN_MAX:
        return caller
    return replace(who.find(token, caller), address=address, terminal=terminal, device=device)


def _ask_passkey(actor: Actor, staff_id: int, origin: str | None) -> dict[str, object]:
    offer = passkeys.begin_second_factor(actor, staff_id=staff_id, origin=origin)
    return {} if offer is None else {"passkey": {"handle": offer.handle, "options": offer.options}}


def _prove_and_open(
    work: Work, *, attempt: staff.Attempt, otp: str, by_passkey: bool, new_hash: str | None, user_agent: str
) -> SignedIn | None:
    """One transaction, so that a code is used up if and only if a session comes of it. None: the code is wrong.

    `by_passkey`: one has been checked already. Whether a second factor is due is decided here: it may have been
    enrolled since the password was looked at.
    """
    staff_id = attempt.staff_id or 0
    proved = second_factor.enrolled(work, staff_id=staff_id)
    if proved:
        if not by_passkey and not otp:
            raise second_factor.required({})
        if not by_passkey and not second_factor.prove(work, staff_id=staff_id, otp=otp):
            return None
        staff.succeed(work, staff_no=attempt.staff_no)
    if new_hash is not None:
        staff.set_password(work, staff_id=staff_id, password_hash=new_hash)
    return sessions.open_for_staff(work, staff_id=staff_id, role=attempt.role, user_agent=user_agent, proved=proved)


def redeem_counted(work: Work, *, phone: str, code: str) -> Tried:
    """Use up one try of a code; a wrong one counts against the account and the address too."""
    sign_in_guard.check_address(work)
    tried = sms_codes.redeem(work, phone=phone, code=code)
    if tried is not Tried.RIGHT:
        sign_in_guard.count(work, key=sign_in_guard.account_key(sms_codes.phone_index(phone)))
        work.record("sign-in.failed", "sms-code", tried=tried.value)
    return tried


def _redeem_and_open(work: Work, *, phone: str, code: str, new_hash: str | None, user_agent: str) -> SignedIn | Tried:
    """One transaction, so that a code is used up if and only if a session comes of it."""
    tried = redeem_counted(work, phone=phone, code=code)
    if tried is not Tried.RIGHT:
        return tried
    account_id = sessions.account_of(work, phone=phone)
    if new_hash is not None:
        accounts.set_password(work, account_id=account_id, password_hash=new_hash)
    return sessions.open_for_account(work, account_id=account_id, user_agent=user_agent)


def _check_and_open(work: Work, *, phone: str, attempt: Attempt, user_agent: str) -> SignedIn:
    account_id = accounts.check_attempt(work, attempt=attempt, phone=phone)
    return sessions.open_for_account(work, account_id=account_id, user_agent=user_agent, method="password")
