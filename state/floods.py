"""A socket that sends too much is not listened to for the rest of the minute; one that goes on is closed.

Counted before Reflex loads any state, in the one process that holds the socket, so that a flood costs almost nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from reflex.app import EventNamespace

from hospital_app.flows.budgets import flooded, too_many_requests
from state.notice import NoticeState

#: How many times the budget a socket may try before it is closed.
PATIENCE = 5
SHOW = f"{NoticeState.get_full_name()}.show"


def guard_socket(namespace: EventNamespace, *, per_minute: int) -> None:
    """From now on events reach Reflex through this budget."""
    listen: Callable[[str, Any], Awaitable[None]] = namespace.on_event

    async def on_event(sid: str, data: Any) -> None:
        wait = flooded("socket", sid, per_minute=per_minute)
        if not wait:
            await listen(sid, data)
        elif not flooded("socket-told", sid, per_minute=1):
            await listen(sid, _notice(wait, data))
        elif flooded("socket-patience", sid, per_minute=per_minute * PATIENCE):
            await namespace.disconnect(sid)

    namespace.on_event = on_event  # type: ignore[method-assign]


def _notice(seconds: int, data: Any) -> dict[str, Any]:
    """The event that tells why, in place of the one that was too many."""
    refusal = too_many_requests(seconds)
    values = {name: str(value) for name, value in refusal.params.items()}
    router = data.get("router_data") if isinstance(data, dict) else None
    return {
        "name": SHOW,
        "payload": {"text": refusal.template, "values": values},
        "router_data": router if isinstance(router, dict) else {},
    }
