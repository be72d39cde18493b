"""可疑账号、冻结、申诉."""

from hospital_app.domain.identity import Actor
from hospital_app.flows import alerts
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import appeals, freezing, misuse
from hospital_app.services.freezing import FreezeView
from hospital_app.services.misuse import Suspect


def suspects(actor: Actor) -> list[Suspect]:
    """The heaviest first; hospital admins only, as is everything here but the account's own."""
    return look(actor, misuse.suspects)


def suspect(actor: Actor, *, account_id: int) -> Suspect:
    return look(actor, misuse.suspect, account_id=account_id)


def freezes(actor: Actor) -> list[FreezeView]:
    """Open appeals first."""
    return look(actor, freezing.listing)


def freeze(actor: Actor, *, account_id: int, reason: str, hours: int) -> FreezeView:
    """With what the books say of the account at this moment as evidence. Takes effect at the account's next call.

    Raises Refusal not_found (404), already_frozen (409), bad_reason, bad_span (422).
    """
    evidence = suspect(actor, account_id=account_id).evidence
    return perform(
        actor, alerts.freeze_and_confirm, account_id=account_id, reason=reason, hours=hours, evidence=evidence
    )


def unfreeze(actor: Actor, *, account_id: int, freeze_id: int = 0, answer: str = "") -> FreezeView:
    """Raises Refusal not_found (404), not_frozen (409)."""
    return perform(actor, freezing.unfreeze, account_id=account_id, freeze_id=freeze_id, answer=answer)


def decide(actor: Actor, *, freeze_id: int, decision: str, answer: str) -> FreezeView:
    """Raises Refusal not_found (404), not_appealed (409), bad_answer, bad_decision (422)."""
    return perform(actor, appeals.decide, freeze_id=freeze_id, decision=decision, answer=answer)


def own_freeze(actor: Actor) -> FreezeView | None:
    """The account's own newest freeze, with reason, end, and the answer to its appeal."""
    return look(actor, appeals.own)


def appeal(actor: Actor, *, text: str) -> FreezeView:
    """Raises Refusal not_frozen, already_appealed (409), bad_appeal (422)."""
    return perform(actor, appeals.appeal, text=text)
