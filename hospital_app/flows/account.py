"""账号与安全 of one's own account."""

from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.services import accounts
from hospital_app.services.accounts import AccountView


def own(actor: Actor) -> AccountView:
    """Raises Refusal signed_out (401), forbidden (403) for who has no patient's account."""
    return look(actor, accounts.own)
