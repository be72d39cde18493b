"""登录：短信验证码、员工密码、会话. Whatever costs time or network happens between transactions."""

from dataclasses import replace

from hospital_app.container import container
from hospital_app.domain.errors import signed_out
from hospital_app.domain.identity import ANONYMOUS, SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import ceremonies, sessions, sms_codes, staff
from hospital_app.services.sessions import SEEN_EVERY, SignedIn
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


def sign_in(actor: Actor, *, phone: str, code: str, user_agent: str = "") -> SignedIn:
    """A session for the account of this phone, which is created the first time. Raises Refusal wrong_code (401)."""
    outcome = perform(actor, _redeem_and_open, phone=phone, code=code, user_agent=user_agent)
    if isinstance(outcome, Tried):
        raise sms_codes.wrong_code(outcome)
    return outcome


def sign_in_staff(
    actor: Actor, *, staff_no: str, password: str, new_password: str | None = None, user_agent: str = ""
) -> SignedIn:
    """A session for a member of staff or a kiosk.

    Raises Refusal wrong_password (401), locked (429), and password_change_required (403) until a first sign-in
    brings a `new_password`.
    """
    attempt = perform(actor, staff.begin_attempt, staff_no=staff_no)
    if not staff.fits(password, attempt.password_hash) or attempt.staff_id is None:
        perform(actor, staff.fail, staff_id=attempt.staff_id)
        raise staff.wrong_password()
    perform(actor, staff.succeed, staff_id=attempt.staff_id)
    if new_password is not None:
        staff.check_new(old=password, new=new_password)
        new_hash = staff.hash_password(new_password)
        perform(actor, staff.set_password, staff_id=attempt.staff_id, password_hash=new_hash)
    elif attempt.must_change_password:
        raise staff.password_change_required()
    return perform(actor, sessions.open_for_staff, staff_id=attempt.staff_id, role=attempt.role, user_agent=user_agent)


def sign_out(actor: Actor) -> None:
    """End the session that `actor` came with."""
    if actor.session_id is None:
        raise signed_out()
    perform(actor, sessions.revoke, session_id=actor.session_id)


def forget_old_ceremonies() -> None:
    """What nobody can continue any more goes, in small transactions."""
    while perform(SYSTEM, ceremonies.forget_old) == ceremonies.ONE_SWEEP:
        pass


def actor_of_token(token: str | None, *, address: str = "", terminal: str = "web") -> Actor:
    """Who a session's token is, asked at every call; ANONYMOUS for none, unknown, ended or idle for too long."""
    caller = replace(ANONYMOUS, address=address, terminal=terminal)
    if not token or len(token) > TOKEN_MAX:
        return caller
    found = look(caller, sessions.find, token=token)
    if found.actor.session_id is not None and found.seen_at <= container().clock() - SEEN_EVERY:
        perform(found.actor, sessions.touch, session_id=found.actor.session_id)
    return replace(found.actor, address=address, terminal=terminal)


def _redeem_and_open(work: Work, *, phone: str, code: str, user_agent: str) -> SignedIn | Tried:
    """One transaction, so that a code is used up if and only if a session comes of it."""
    tried = sms_codes.redeem(work, phone=phone, code=code)
    if tried is not Tried.RIGHT:
        work.record("sign-in.failed", "sms-code", tried=tried.value)
        return tried
    account_id = sessions.account_of(work, phone=phone)
    return sessions.open_for_account(work, account_id=account_id, user_agent=user_agent)
