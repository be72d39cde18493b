"""Waiting for somebody outside the house, from a page or a call of the API: a few may wait for the same one at once.

A vendor that hangs keeps those waiting who want something of it, and not the threads that everybody else's pages need.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from hospital_app.container import container
from hospital_app.ports import Unreachable

#: So long a place is waited for: an ordinary answer takes less.
PATIENCE_SECONDS = 1.0

_places: dict[tuple[str, int], BoundedSemaphore] = {}


@contextmanager
def place_at(whom: str) -> Iterator[None]:
    """Raises Unreachable if too many wait for them already: they do not answer, or not quickly enough."""
    count = container().settings.web_threads_outside
    places = _places.setdefault((whom, count), BoundedSemaphore(count))
    if not places.acquire(timeout=PATIENCE_SECONDS):
        raise Unreachable(f"{count} wait for {whom} already")
    try:
        yield
    finally:
        places.release()
