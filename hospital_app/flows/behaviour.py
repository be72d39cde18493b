"""Behaviour events on their way to the log; nothing here can fail or wait."""

from hospital_app.container import container
from hospital_app.domain.behaviour import LONGEST_DWELL_MS, route_of, screen_of
from hospital_app.domain.identity import Actor


def seen(actor: Actor, *, path: str, dwell_ms: int, width: int) -> None:
    """A page was looked at for `dwell_ms`, on a screen `width` CSS pixels wide."""
    house = container()
    house.event_log.write(
        "behaviour",
        {
            "at": house.clock(),
            "kind": "page",
            "visitor": actor.subject,
            "route": route_of(path),
            "dwell_ms": max(0, min(dwell_ms, LONGEST_DWELL_MS)),
            "screen": screen_of(width),
        },
    )
