"""账号与安全 of one's own account: password, devices. Whatever costs time happens between transactions."""

from hospital_app.container import container
from hospital_app.domain.authority import Right, check_holder
from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.signin import redeem_counted
from hospital_app.flows.unit import perform
from hospital_app.services import accounts, own_sessions, passwords, sessions, sms_codes
from hospital_app.services.accounts import AccountView
from hospital_app.services.own_sessions import SessionView
from hospital_app.services.sessions import SignedIn
from hospital_app.services.sms_codes import Tried
from hospital_app.work import Work


def own(actor: Actor) -> AccountView:
    """Raises Refusal signed_out (401), forbidden (403) for who has no patient's account."""
    return look(actor, accounts.own)


def devices(actor: Actor) -> list[SessionView]:
    """Where one is signed in; staff too."""
    return look(actor, own_sessions.listing)


def proved_recently(actor: Actor) -> bool:
    """Whether the ways in may be changed, data taken and the account closed without a new sign-in."""
    return look(actor, sessions.proved_recently)


def end_session(actor: Actor, *, session_id: int) -> None:
    """Raises Refusal not_found (404)."""
    perform(actor, own_sessions.revoke, session_id=session_id)


def end_every_session(actor: Actor) -> None:
    """Log out everywhere, here too."""
    perform(actor, own_sessions.revoke_all)


def request_code(actor: Actor) -> None:
    """A code to one's own phone. Raises Refusal too_many_codes (429)."""
    perform(actor, sms_codes.issue, phone=look(actor, accounts.phone_of))


def set_password(
    actor: Actor, *, new_password: str, password: str | None = None, code: str | None = None, user_agent: str = ""
) -> SignedIn:
    """A new password, proved by the old one or by a code of the account's phone; a fresh session, all others end.

    Raises Refusal weak_password (422), wrong_code or wrong_password (401), locked (429).
    """
    phone = look(actor, accounts.phone_of)
    new_hash = accounts.hash_password(new_password, phone=phone, hospital=container().settings.hospital_name)
    if code is None:
        attempt = perform(actor, accounts.begin_attempt, phone=phone)
        if not passwords.fits(password or "", attempt.password_hash):
            perform(actor, accounts.fail, account_id=attempt.account_id)
            raise accounts.wrong_old_password()
        perform(actor, accounts.check_attempt, attempt=attempt, phone=phone)
    outcome = perform(actor, _set_password, phone=phone, code=code, new_hash=new_hash, user_agent=user_agent)
    if isinstance(outcome, Tried):
        raise sms_codes.wrong_code(outcome)
    return outcome


def _set_password(work: Work, *, phone: str, code: str | None, new_hash: str, user_agent: str) -> SignedIn | Tried:
    if code is not None:
        tried = redeem_counted(work, phone=phone, code=code)
        if tried is not Tried.RIGHT:
            return tried
    account_id = check_holder(work.actor, Right.OWN_ACCOUNT)
    accounts.set_password(work, account_id=account_id, password_hash=new_hash)
    method = "password" if code is None else "sms-code"
    return sessions.open_for_account(work, account_id=account_id, user_agent=user_agent, method=method)
