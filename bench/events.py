"""Event round trips over the pages' own socket, one client, one event at a time."""

import time
from collections.abc import Callable
from statistics import median, quantiles
from threading import Event
from typing import Any

from tests.support.reflex_client import ECHO, ReflexClient

#: A handler that needs a right and does nothing else while no person was saved.
GUARDED = "reflex___state____state.state___me____me_state.take_person"
HOME = "reflex___state____state.state___home____home_state.load"
PATIENCE_SECONDS = 20


class Stopwatch(ReflexClient):
    """Knows the moment when the answer that it waits for comes."""

    def __init__(self, url: str, *, cookie: str = "") -> None:
        self._awaited = ""
        self._came = Event()
        super().__init__(url, cookie=cookie)

    def echo(self, text: str) -> float:
        """Seconds from an event to its change of state."""
        return self._until(text, lambda: self.send(ECHO, {"text": text, "values": {}}))

    def home(self, text: str) -> float:
        """Seconds for the home page's own loading, which reads the database, and an echo behind it."""

        def ask() -> None:
            self.send(HOME)
            self.send(ECHO, {"text": text, "values": {}})

        return self._until(text, ask)

    def guarded(self, text: str) -> float:
        """Seconds for an event that only a signed-in account may send, and an echo behind it."""

        def ask() -> None:
            self.send(GUARDED)
            self.send(ECHO, {"text": text, "values": {}})

        return self._until(text, ask)

    def _until(self, text: str, act: Callable[[], None]) -> float:
        self._awaited = text
        self._came.clear()
        began = time.perf_counter()
        act()
        if not self._came.wait(PATIENCE_SECONDS):
            raise RuntimeError(f"no answer to {text}")
        return time.perf_counter() - began

    def _hear(self, name: str, *answers: Any) -> None:
        super()._hear(name, *answers)
        if self._awaited and any(self._awaited in text for text in self.heard[-len(answers) :]):
            self._came.set()
        del self.heard[:-100]


def round_trips(url: str, count: int) -> dict[str, tuple[float, float]]:
    """(p50, p99) in milliseconds, by what was asked."""
    with Stopwatch(url) as client:
        client.echo("warm-up")
        client.home("warm-up too")
        return {
            "state only": _cuts([client.echo(f"echo-{i}.") for i in range(count)]),
            "home page": _cuts([client.home(f"home-{i}.") for i in range(count // 4)]),
        }


def gate(with_gate: str, without: str, cookie: str, count: int) -> tuple[float, float]:
    """Median milliseconds of a guarded event at the house with its gatekeeper and at the one without, taking turns."""
    with Stopwatch(with_gate, cookie=cookie) as asked, Stopwatch(without, cookie=cookie) as unasked:
        spans: tuple[list[float], list[float]] = ([], [])
        for turn in range(count + 10):
            for each, client in zip(spans, (asked, unasked), strict=True):
                each.append(client.guarded(f"guarded-{turn}."))
    return tuple(median(each[10:]) * 1000 for each in spans)  # type: ignore[return-value]


def _cuts(spans: list[float]) -> tuple[float, float]:
    cuts = quantiles([span * 1000 for span in spans], n=100)
    return cuts[49], cuts[98]
