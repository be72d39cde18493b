"""Who may call an event handler. Any client may send any event with anything in it, so the door is here, not in a page.

Every handler says with `handles(Right...)` what it does; before it runs, the gatekeeper asks who the cookie is and
whether they may (domain/authority.py). What says nothing is not called: methods without the decorator, inherited ones,
Reflex's own `setvar`. Reflex itself needs a few, listed here by name.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any

import reflex as rx
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from hospital_app.domain import authority
from hospital_app.domain.authority import Right, marked
from hospital_app.domain.errors import forbidden, malformed
from hospital_app.domain.identity import Actor
from state.given import fits

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
HALF_A_SECOND = 0.5
REMEMBERED = 20_000  # sessions
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


@dataclass(slots=True)
class Admitted:
    """Who a session was a moment ago, and how often it has called since it was asked and counted."""

    actor: Actor
    until: float  # monotonic seconds
    calls: int = 0


class Gatekeeper(Middleware):
    """Refuses before a handler runs.

    `who(state, calls)` resolves the caller from the handshake's cookie and counts so many calls against their budgets;
    it blocks. Its answer serves for HALF_A_SECOND, so that a row of quick events asks the stores once, and a freeze,
    a new role or a revoked session is still in force within a second. `key(state)` tells sessions apart.
    """

    def __init__(self, who: Callable[[BaseState, int], Actor], key: Callable[[BaseState], str]) -> None:
        self.who, self.key = who, key
        self.admitted: OrderedDict[str, Admitted] = OrderedDict()

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        _let_in.set(None)
        right = rule_of(event.name)
        if right is None:
            raise forbidden()
        handler = RegistrationContext.get().event_handlers[event.name].handler
        if not authority.is_for_everyone(right):
            actor = await self._actor(state)
            authority.check(actor, right)
            if not handler.is_background:
                _let_in.set(actor)
        if not fits(handler.fn, event.payload):
            raise malformed("输入")
        return None

    async def _actor(self, state: BaseState) -> Actor:
        key = self.key(state)
        known = self.admitted.get(key)
        if known is None or known.until <= monotonic():
            actor = await asyncio.to_thread(self.who, state, max(1, known.calls if known else 1))
            known = self.admitted[key] = Admitted(actor, monotonic() + HALF_A_SECOND)
            self.admitted.move_to_end(key)
            if len(self.admitted) > REMEMBERED:
                self.admitted.popitem(last=False)
        known.calls += 1
        return known.actor
