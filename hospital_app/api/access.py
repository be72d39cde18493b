"""Who may call an endpoint: each says with `allows(Right...)` what it does, and what says nothing cannot be called."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from hospital_app.api.origin import READING
from hospital_app.api.visitor import Caller, Visitor
from hospital_app.domain import authority
from hospital_app.domain.authority import Right, marked
from hospital_app.domain.errors import forbidden
from hospital_app.flows import budgets, doorman, scalping
from hospital_app.flows.doorman import Call

F = TypeVar("F", bound=Callable[..., Any])

#: A vendor's signed callbacks come from few addresses and may not be lost; monitoring and load tests ask often.
UNCOUNTED = frozenset({Right.CALL_BACK, Right.OPERATE, Right.READ_FHIR, Right.USE_SANDBOX})


def allows(right: Right) -> Callable[[F], F]:
    """Under the router's decorator: the right that a caller needs."""

    def decorate(endpoint: F) -> F:
        return marked(endpoint, right)

    return decorate


async def guard(request: Request, caller: Caller) -> None:
    """Before every endpoint: may this caller, and not too often. What only reads for everybody asks no store."""
    right = authority.right_of(request.scope["endpoint"])
    if right is None:
        raise forbidden()
    if right in UNCOUNTED:
        return
    if authority.is_for_everyone(right) and request.method in READING:
        budgets.spend_reading(caller.address)
        scalping.looked(address=caller.address, device=caller.device)
        return
    if caller.token:
        caller.known = await doorman.recognise(Call(caller.token, caller.address, caller.terminal, caller.device))
    if caller.known is None:
        await run_in_threadpool(_let_in, caller, right)
    else:
        authority.check(caller.known, right)


def _let_in(caller: Visitor, right: Right) -> None:
    """Counted also when refused, so that guessing has an end."""
    actor = caller.actor()
    budgets.spend(actor, token=caller.token)
    authority.check(actor, right)


GUARDED = [Depends(guard)]


def without_rule(routes: list[BaseRoute]) -> list[str]:
    """Endpoints that nobody could call, because nobody said what they do."""
    return [
        f"{sorted(route.methods or ())} {route.path}"
        for route in routes
        if isinstance(route, APIRoute) and authority.right_of(route.endpoint) is None
    ]
