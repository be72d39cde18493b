"""行为事件: what is kept of a visit - where, how long, on what kind of screen; never who or which order."""

import re

# Anything with a digit in it names something: an order, a doctor, a person.
_NAMED = re.compile(r"/[^/]*\d[^/]*")
_ROUTE = re.compile(r"^/[A-Za-z/*_-]{0,60}$")
KEYWORD_LENGTH = 20
LONGEST_DWELL_MS = 3_600_000


def route_of(path: str) -> str:
    """`/pay/GH2611240005?x` → `/pay/*`; what is no route of ours → `/other`."""
    route = _NAMED.sub("/*", path.partition("?")[0].partition("#")[0])
    return route if _ROUTE.match(route) else "/other"


def screen_of(width: int) -> str:
    """phone, tablet or desk, by CSS pixels."""
    return "phone" if width < 600 else "tablet" if width < 1024 else "desk"
