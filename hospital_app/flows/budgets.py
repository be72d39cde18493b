"""限流：what one session, one account, one address may ask for in a minute. The numbers are settings."""

from collections.abc import Sequence
from hashlib import sha256

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor


def spend(actor: Actor, *, token: str | None, calls: int = 1) -> None:
    """So many calls of one caller, who may be nobody. Raises Refusal too_many_requests (429)."""
    (refused,) = spend_together([(actor, token)], calls=calls)
    if refused is not None:
        raise refused


def spend_together(callers: Sequence[tuple[Actor, str | None]], *, calls: int = 1) -> list[Refusal | None]:
    """The same for several callers in one question: who is refused.

    Neither tokens nor addresses stand in Redis: only what they hash to.
    """
    waits = container().budgets.take_all([_budgets(actor, token) for actor, token in callers], calls=calls)
    return [too_many_requests(wait) if wait else None for wait in waits]


def _budgets(actor: Actor, token: str | None) -> list[tuple[str, str, int]]:
    limits = container().settings
    budgets = [("address", _short(actor.address), limits.budget_address_per_minute)]
    if actor.account_id is not None or actor.staff_id is not None:
        budgets.append(("holder", actor.subject, limits.budget_account_per_minute))
    if token:
        budgets.append(("session", _short(token), limits.budget_session_per_minute))
    return budgets


def spend_reading(address: str) -> None:
    """One call that everybody may make: counted per address in each process, so that reading costs no round trip."""
    house = container()
    wait = house.budgets.take_here("reading", address, per_minute=house.settings.budget_reading_per_minute)
    if wait:
        raise too_many_requests(wait)


def flooded(budget: str, who: str, *, per_minute: int) -> int:
    """What one socket sends, counted where the socket is: 0, or the seconds until it is listened to again."""
    return container().budgets.take_here(budget, who, per_minute=per_minute)


def too_many_requests(seconds: int) -> Refusal:
    return Refusal(
        "too_many_requests",
        "操作太频繁，请等 {seconds} 秒后再试。",
        429,
        params={"seconds": seconds},
        extra={"retry_after_seconds": seconds},
    )


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
