"""规则: those in force, and what the hospital's admin does to them."""

from datetime import datetime

from hospital_app.container import container
from hospital_app.domain.identity import Actor
from hospital_app.domain.policy import Rules
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import rules
from hospital_app.services.rules import ChangeView, RuleView


def known() -> Rules:
    """For screens: never waits for the database."""
    return container().rules_known()


def listing(actor: Actor) -> list[RuleView]:
    return look(actor, rules.listing, configured=container().settings.rules)


def one(actor: Actor, *, name: str) -> tuple[RuleView, list[ChangeView]]:
    return look(actor, rules.one, name=name, configured=container().settings.rules)


def change(actor: Actor, *, name: str, value: str, effective_at: datetime | None, reason: str) -> None:
    perform(actor, rules.change, name=name, value=value, effective_at=effective_at, reason=reason)
    container().forget_rules()


def withdraw(actor: Actor, *, change_id: int) -> str:
    name = perform(actor, rules.withdraw, change_id=change_id)
    container().forget_rules()
    return name
