"""快捷登录的步骤: what is remembered between the vendor's page and ours, bound to one browser, and used once."""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from hospital_app.domain.authority import Right, check_holder
from hospital_app.domain.linking import Proven, Provider, trouble
from hospital_app.services import ceremonies, linked_identities, sessions
from hospital_app.services.sessions import SignedIn
from hospital_app.work import Work

ASKING, BINDING = "identity", "identity-bind"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the browser wanted to go. `account_id`: the account that wants to be linked; None for signing in."""

    next: str
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody whom a vendor vouches for, and whom we do not know yet."""

    provider: Provider
    nickname: str


def begin(work: Work, *, provider: Provider, next: str, nonce: str) -> str:
    """The state of a sign-in that begins in the browser which has this nonce."""
    return ceremonies.begin(work, kind=ASKING, payload=_payload(provider, next, nonce))


def begin_linking(work: Work, *, provider: Provider, next: str, nonce: str) -> str:
    """Likewise, to link what comes back to the account that is signed in."""
    holder = check_holder(work.actor, Right.OWN_ACCOUNT)
    sessions.check_proved_recently(work)
    return ceremonies.begin(work, kind=ASKING, payload=_payload(provider, next, nonce), account_id=holder)


def come_back(work: Work, *, provider: Provider, state: str, nonce: str) -> Asked:
    """Use a state up. Raises Refusal `ceremony_over`; `other_browser` uses nothing up."""
    kept = ceremonies.peek(work, kind=ASKING, handle=state)
    same_browser = compare_digest(str(kept.payload["nonce"]), _hash(nonce))
    same_account = kept.account_id is None or kept.account_id == work.actor.account_id
    if not same_browser or not same_account or kept.payload["provider"] != provider:
        raise trouble("other_browser", provider)
    ceremonies.use_up(work, kind=ASKING, handle=state)
    return Asked(str(kept.payload["next"]), kept.account_id)


def fail(work: Work, *, provider: Provider, why: str) -> None:
    """For those who watch."""
    work.record("sign-in.failed", provider, why=why)


def wait_for_phone(work: Work, *, provider: Provider, proven: Proven) -> str:
    """The handle under which somebody new tells their phone."""
    payload = {"provider": provider, "subject": proven.subject, "nickname": proven.nickname}
    return ceremonies.begin(work, kind=BINDING, payload=payload, minutes=work.rules.identity_bind_minutes)


def waiting(work: Work, *, handle: str) -> Waiting:
    """Raises Refusal `ceremony_over`."""
    payload = ceremonies.peek(work, kind=BINDING, handle=handle).payload
    return Waiting(Provider(payload["provider"]), str(payload["nickname"]))


def bind(work: Work, *, handle: str, phone: str, user_agent: str) -> SignedIn:
    """For who has just proved that the phone is theirs: the handle is used up, the link made, a session opened.

    Raises Refusal `ceremony_over`, `identity_taken`, `other_identity_linked`.
    """
    payload = ceremonies.use_up(work, kind=BINDING, handle=handle).payload
    provider = Provider(payload["provider"])
    account_id = sessions.account_of(work, phone=phone)
    linked_identities.link(work, account_id=account_id, provider=provider, subject=payload["subject"])
    return sessions.open_for_account(work, account_id=account_id, user_agent=user_agent, method=provider)


def _payload(provider: Provider, next: str, nonce: str) -> dict[str, str]:
    return {"provider": provider, "next": next, "nonce": _hash(nonce)}


def _hash(nonce: str) -> str:
    return sha256(nonce.encode(errors="replace")).hexdigest()
