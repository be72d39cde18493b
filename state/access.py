"""Who may call an event handler. Any client may send any event with anything in it, so the door is here, not in a page.

Every handler says with `handles(Right...)` what it does; before it runs, the gatekeeper asks who the cookie is and
whether they may (domain/authority.py). What says nothing is not called: methods without the decorator, inherited ones,
Reflex's own `setvar`. Reflex itself needs a few, listed here by name.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import reflex as rx
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from hospital_app.domain import authority
from hospital_app.domain.authority import Right, marked
from hospital_app.domain.errors import forbidden
from hospital_app.domain.identity import Actor

#: Reflex's own handlers that a page cannot do without; each changes the caller's own screen only.
OF_REFLEX = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "set_is_hydrated",
        "update_vars_internal_state.update_vars_internal",
        "on_load_internal_state.on_load_internal",
        "on_load_internal_state.set_is_hydrated",
        "frontend_event_exception_state.handle_frontend_exception",
    }
)
_ROOT = rx.State.get_full_name()
#: Who was let in, for the event that runs now.
_let_in: ContextVar[Actor | None] = ContextVar("let_in", default=None)


def handles(right: Right, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`@rx.event` with the right that a caller needs; `options` are rx.event's."""

    def decorate(handler: Callable[..., Any]) -> Any:
        return rx.event(marked(handler, right), **options)

    return decorate


def let_in() -> Actor | None:
    """Who was let in for this very event; None for events that anybody may send, and in long-running ones."""
    return _let_in.get()


def short_name(event: str) -> str:
    """`reflex___state____state.state___desk____desk_state.call` → `desk_state.call`."""
    return event.removeprefix(f"{_ROOT}.").rpartition("____")[2]


def rule_of(event: str) -> Right | None:
    """The right of a registered handler; None denies it."""
    if short_name(event) in OF_REFLEX:
        return Right.OWN_SCREEN
    handler = RegistrationContext.get().event_handlers.get(event)
    return None if handler is None else authority.right_of(handler.handler.fn)


class Gatekeeper(Middleware):
    """Refuses before a handler runs. `who` resolves the caller from the handshake's cookie; it blocks."""

    def __init__(self, who: Callable[[BaseState], Actor]) -> None:
        self.who = who

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        _let_in.set(None)
        right = rule_of(event.name)
        if right is None:
            raise forbidden()
        if authority.is_for_everyone(right):
            return None
        actor = await asyncio.to_thread(self.who, state)
        authority.check(actor, right)
        if not RegistrationContext.get().event_handlers[event.name].handler.is_background:
            _let_in.set(actor)
        return None
