"""微信、支付宝快捷登录: to the vendor's page and back. The first time a phone is bound; later it opens the account.

The vendor is asked between two transactions. Whoever comes back brings a state (in the address) and a nonce (in a
cookie that only this browser has); both are needed, once. See docs/decisions/0008.
"""

import logging
import secrets
from dataclasses import dataclass

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.linking import Proven, Provider, is_own_page, trouble
from hospital_app.flows.outside import place_at
from hospital_app.flows.reading import look
from hospital_app.flows.signin import redeem_counted
from hospital_app.flows.unit import perform
from hospital_app.ports import Forged, IdentityProvider, Rejected, Unreachable
from hospital_app.services import linked_identities, quick_login, sms_codes
from hospital_app.services.linked_identities import LinkView
from hospital_app.services.quick_login import Waiting
from hospital_app.services.sessions import SignedIn
from hospital_app.services.sms_codes import Tried
from hospital_app.work import Work

log = logging.getLogger(__name__)

NONCE_BYTES = 32
HANDLE_MAX = 100
CODE_MAX = 512


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes now, and what it must keep for the way back."""

    url: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Back from the vendor. Exactly one of: `session` (signed in), `binding` (a phone is wanted), neither (linked)."""

    next: str
    session: SignedIn | None = None
    binding: str = ""


def offered() -> list[Provider]:
    """The ways in that this hospital has, in the order of their buttons."""
    return list(container().identities)


def start(actor: Actor, *, provider: Provider, next: str) -> Begun:
    """Raises Refusal bad_next (422), identity_not_offered (404)."""
    vendor, nonce = _ready(provider, next), secrets.token_urlsafe(NONCE_BYTES)
    state = perform(actor, quick_login.begin, provider=provider, next=next, nonce=nonce)
    return Begun(vendor.authorize_url(state=state, return_url=_return_url(provider)), nonce)


def start_linking(actor: Actor, *, provider: Provider, next: str) -> Begun:
    """For the signed-in account. Raises Refusal bad_next (422), identity_not_offered (404)."""
    vendor, nonce = _ready(provider, next), secrets.token_urlsafe(NONCE_BYTES)
    state = perform(actor, quick_login.begin_linking, provider=provider, next=next, nonce=nonce)
    return Begun(vendor.authorize_url(state=state, return_url=_return_url(provider)), nonce)


def finish(actor: Actor, *, provider: Provider, state: str, code: str, nonce: str, user_agent: str = "") -> Arrived:
    """Raises Refusal ceremony_over, other_browser, identity_refused, identity_unproven, identity_unreachable,
    identity_taken, other_identity_linked, identity_not_offered."""
    vendor = _vendor(provider)
    if len(state) > HANDLE_MAX or len(nonce) > HANDLE_MAX or len(code) > CODE_MAX:
        raise trouble("identity_unproven", provider)
    asked = perform(actor, quick_login.come_back, provider=provider, state=state, nonce=nonce)
    if not code:
        perform(actor, quick_login.fail, provider=provider, why="refused")
        raise trouble("identity_refused", provider, next=asked.next)
    proven = _identify(actor, vendor, code, next=asked.next)
    if asked.account_id is not None:
        perform(actor, linked_identities.link, account_id=asked.account_id, provider=provider, subject=proven.subject)
        return Arrived(asked.next)
    opened = perform(actor, linked_identities.enter, provider=provider, subject=proven.subject, user_agent=user_agent)
    if opened is not None:
        return Arrived(asked.next, session=opened)
    return Arrived(asked.next, binding=perform(actor, quick_login.wait_for_phone, provider=provider, proven=proven))


def waiting(actor: Actor, *, handle: str) -> Waiting | None:
    """Who is about to tell their phone; None if nobody is, or for too long."""
    if not handle or len(handle) > HANDLE_MAX:
        return None
    try:
        return look(actor, quick_login.waiting, handle=handle)
    except Refusal:
        return None


def bind(actor: Actor, *, handle: str, phone: str, code: str, user_agent: str = "") -> SignedIn:
    """A session for the account of this phone, which the identity opens from now on.

    Raises Refusal wrong_code (401), ceremony_over, identity_taken, other_identity_linked (409).
    """
    outcome = perform(actor, _bind, handle=handle[:HANDLE_MAX], phone=phone, code=code, user_agent=user_agent)
    if isinstance(outcome, Tried):
        raise sms_codes.wrong_code(outcome)
    return outcome


def links(actor: Actor) -> list[LinkView]:
    return look(actor, linked_identities.listing)


def unlink(actor: Actor, *, provider: Provider) -> None:
    perform(actor, linked_identities.unlink, provider=provider)


def _bind(work: Work, *, handle: str, phone: str, code: str, user_agent: str) -> SignedIn | Tried:
    """One transaction: the code is used up if and only if a session comes of it; a wrong one leaves the handle."""
    quick_login.waiting(work, handle=handle)
    tried = redeem_counted(work, phone=phone, code=code)
    if tried is not Tried.RIGHT:
        return tried
    return quick_login.bind(work, handle=handle, phone=phone, user_agent=user_agent)


def _identify(actor: Actor, vendor: IdentityProvider, code: str, *, next: str) -> Proven:
    provider = vendor.provider
    try:
        with place_at(f"identity of {provider}"):
            return vendor.identify(code)
    except (Rejected, Forged) as failure:
        log.warning("%s vouches for nobody: %s", provider, failure)
        perform(actor, quick_login.fail, provider=provider, why="unproven")
        raise trouble("identity_unproven", provider, next=next) from failure
    except Unreachable as failure:
        log.warning("%s could not be asked who somebody is: %s", provider, failure)
        raise trouble("identity_unreachable", provider, next=next) from failure


def _ready(provider: Provider, next: str) -> IdentityProvider:
    if not is_own_page(next):
        raise trouble("bad_next", provider)
    return _vendor(provider)


def _vendor(provider: Provider) -> IdentityProvider:
    vendor = container().identities.get(provider)
    if vendor is None:
        raise trouble("identity_not_offered", provider)
    return vendor


def _return_url(provider: Provider) -> str:
    return f"{container().settings.public_url}/api/v1/identity/{provider}/callback"
