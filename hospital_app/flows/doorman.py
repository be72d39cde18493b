"""Who calls, and whether not too often, for the event loop of a web server: all who call at the same moment are looked
up and counted in two round trips, by one thread.

Whose session is not kept ready is looked up alone, and everybody while the stores are away: nobody waits for another's
database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows import budgets, who
from hospital_app.flows.together import Together


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller says, before anybody was asked."""

    token: str
    address: str
    terminal: str
    device: str


async def recognise(call: Call) -> Actor | None:
    """Who it is, counted; None: nobody was counted, look them up alone. Raises Refusal too_many_requests."""
    seen = await _seen.ask(call)
    if isinstance(seen, Refusal):
        raise seen
    return seen


def _see(calls: Sequence[Call]) -> list[Actor | Refusal | None]:
    found = [
        None if actor is None else replace(actor, address=call.address, terminal=call.terminal, device=call.device)
        for actor, call in zip(who.kept([call.token for call in calls]), calls, strict=True)
    ]
    counted = [(actor, call.token) for actor, call in zip(found, calls, strict=True) if actor is not None]
    refused = iter(budgets.spend_together(counted))
    return [None if actor is None else next(refused) or actor for actor in found]


_seen: Together[Call, Actor | Refusal | None] = Together(_see)
