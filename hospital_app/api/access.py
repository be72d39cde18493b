"""Who may call an endpoint: each says with `allows(Right...)` what it does, and what says nothing cannot be called."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from hospital_app.api.visitor import Caller
from hospital_app.domain import authority
from hospital_app.domain.authority import Right, marked
from hospital_app.domain.errors import forbidden

F = TypeVar("F", bound=Callable[..., Any])


def allows(right: Right) -> Callable[[F], F]:
    """Under the router's decorator: the right that a caller needs."""

    def decorate(endpoint: F) -> F:
        return marked(endpoint, right)

    return decorate


async def guard(request: Request, caller: Caller) -> None:
    """Before every endpoint. Who everybody may call costs nothing; else the caller is asked for, once a request."""
    right = authority.right_of(request.scope["endpoint"])
    if right is None:
        raise forbidden()
    if not authority.is_for_everyone(right):
        authority.check(await run_in_threadpool(caller.actor), right)


GUARDED = [Depends(guard)]


def without_rule(routes: list[BaseRoute]) -> list[str]:
    """Endpoints that nobody could call, because nobody said what they do."""
    return [
        f"{sorted(route.methods or ())} {route.path}"
        for route in routes
        if isinstance(route, APIRoute) and authority.right_of(route.endpoint) is None
    ]
