"""同意与个人数据 of one's own account."""

from typing import Any

from hospital_app.domain.consent import ConsentKind
from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import consents, exporting, leaving
from hospital_app.services.consents import ConsentView
from hospital_app.services.leaving import Obstacles


def listing(actor: Actor) -> list[ConsentView]:
    return look(actor, consents.listing)


def agree(actor: Actor, *, kind: str, patient_id: int | None = None) -> ConsentView:
    """Raises Refusal malformed (422), not_found (404), no_guardian_needed (409)."""
    if kind not in set(ConsentKind):
        raise malformed("同意的种类")
    return perform(actor, consents.give, kind=ConsentKind(kind), patient_id=patient_id)


def withdraw(actor: Actor, *, consent_id: int) -> None:
    perform(actor, consents.withdraw, consent_id=consent_id)


def has_agreed(actor: Actor) -> bool:
    """Whether the caller's account may book as far as its consent to the handling of health data goes."""
    return actor.account_id is not None and look(actor, consents.has_agreed, account_id=actor.account_id)


def export(actor: Actor) -> dict[str, Any]:
    """Everything that is kept about the account, ready for JSON."""
    return perform(actor, exporting.export)


def obstacles(actor: Actor) -> Obstacles:
    """What keeps the account from being closed now."""
    return look(actor, leaving.obstacles)


def close(actor: Actor) -> None:
    """注销. Raises Refusal account_in_use (409) with what stands in the way."""
    perform(actor, leaving.close)
