"""守夜人：carries what was noted of holds and looks to the counters, and remembers who must prove something.

One thread of each process gathers for a few hundredths of a second, so that nobody waits for the counting.
"""

import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TypeVar

from hospital_app.container import Container, container
from hospital_app.domain import scalping
from hospital_app.domain.identity import Actor
from hospital_app.domain.scalping import Act, Kind, Seen, Step
from hospital_app.flows import alerts
from hospital_app.services.sessions import fingerprint

T = TypeVar("T")

log = logging.getLogger(__name__)
GATHER_SECONDS = 0.02
MARKS_SECONDS = 0.4
#: A process in which nobody books any more asks nobody either.
IN_USE_SECONDS = 10.0
#: Who looked a moment ago is not noted again.
LOOKED_SECONDS = 60.0
REMEMBERED = 50_000

Noted = tuple[Kind, float, Actor, int, int]


@dataclass(slots=True)
class _Notes:
    """What is noted and not yet counted, and who is marked until when, in one house."""

    house: Container
    acts: deque[Noted] = field(default_factory=deque)
    looks: deque[tuple[str, float]] = field(default_factory=deque)
    looked: dict[str, float] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    owed: deque[tuple[int, Seen]] = field(default_factory=deque)  # alerts
    raised: dict[int, tuple[Step, float]] = field(default_factory=dict)  # how far, and until when that holds
    learned_at: float = 0.0


class Watchman:
    """One for the process; a container that takes another one's place (in tests) finds empty notes."""

    def __init__(self) -> None:
        self._notes: _Notes | None = None
        self._used_at = 0.0
        self._changed = Event()
        self._working = Lock()
        self._thread: Thread | None = None

    def note(self, kind: Kind, actor: Actor, patient_id: int, schedule_id: int) -> None:
        self._open().acts.append((kind, time.time(), actor, patient_id, schedule_id))
        self._changed.set()

    def look(self, address: str, device: str) -> None:
        notes, now = self._open(), time.time()
        for who in (address, device):
            if who and now - notes.looked.get(who, 0.0) > LOOKED_SECONDS:
                if len(notes.looked) > REMEMBERED:
                    notes.looked.clear()
                notes.looked[who] = now
                notes.looks.append((who, now))
                self._changed.set()

    def is_marked(self, names: Iterable[str]) -> bool:
        marks, now = self._open().marks, time.time()
        return any(marks.get(name, 0.0) > now for name in names)

    def learn(self) -> None:
        """Whom other processes have marked by now."""
        notes = self._open()
        with self._working:
            _learn(notes)

    def unmark(self, names: Iterable[str]) -> None:
        for name in names:
            self._open().marks.pop(name, None)

    def work_off(self) -> None:
        """Looks before acts: who looked and then booked within one gathering has looked."""
        notes = self._notes
        if notes is None:
            return
        with self._working:
            _count(notes)
            while notes.owed:
                _raise(*notes.owed.popleft())
                _count(notes)  # who must prove something is not kept waiting for what the database writes

    def _open(self) -> _Notes:
        self._used_at = time.monotonic()
        if self._notes is None or self._notes.house is not container():
            self._notes = _Notes(container())
        if self._thread is None:
            self._thread = Thread(target=self._work, name="watchman", daemon=True)
            self._thread.start()
        return self._notes

    def _work(self) -> None:
        while True:
            in_use = time.monotonic() - self._used_at < IN_USE_SECONDS
            if self._changed.wait(MARKS_SECONDS if in_use else None):
                self._changed.clear()
                time.sleep(GATHER_SECONDS)
            try:
                self.work_off()
            except Exception:
                log.exception("what was noted of holds is not counted")


def _count(notes: _Notes) -> None:
    counters = notes.house.scalping
    looks = {fingerprint(who): at for who, at in _taken(notes.looks)}
    if looks:
        counters.look(looks)
    acts = [_act(*noted) for noted in _taken(notes.acts)]
    if acts:
        _weigh(notes, acts, counters.count(acts, scalping.watch_of(notes.house.rules)))
    if time.monotonic() - notes.learned_at > MARKS_SECONDS:
        _learn(notes)


def _learn(notes: _Notes) -> None:
    notes.learned_at = time.monotonic()
    notes.marks = notes.house.scalping.marked()


def _weigh(notes: _Notes, acts: Sequence[Act], found: dict[int, Seen]) -> None:
    rules = notes.house.rules
    until = time.time() + rules.scalping_window_minutes * 60
    points = {account: scalping.score(rules, seen.counts) for account, seen in found.items()}
    suspects = {
        account for account, seen in found.items() if scalping.needs_proof(rules, points[account], proved=seen.proved)
    }
    names = {name for act in acts if act.account_id in suspects for name in _names(act)}
    if names:
        notes.marks |= dict.fromkeys(names, until)
        notes.house.scalping.mark(sorted(names), until=until)
    for account, seen in found.items():
        reached = scalping.step(rules, points[account])
        known, holds_until = notes.raised.get(account, (Step.NOTHING, 0.0))
        if reached >= Step.ALERT and (reached > known or holds_until < time.time()):
            notes.raised[account] = (reached, until)
            notes.owed.append((account, seen))


def _raise(account_id: int, seen: Seen) -> None:
    try:
        alerts.raise_alert(account_id, seen)
    except Exception:
        log.exception("an alert that is not written: %s", account_id)


def _names(act: Act) -> list[str]:
    return [f"account:{act.account_id}", *([f"device:{act.device}"] if act.device else [])]


def _taken(queue: deque[T]) -> list[T]:
    return [queue.popleft() for _ in range(len(queue))]


def _act(kind: Kind, at: float, actor: Actor, patient_id: int, schedule_id: int) -> Act:
    device = fingerprint(actor.device) if actor.device else ""
    address = fingerprint(actor.address) if actor.address else ""
    return Act(kind, at, actor.account_id or 0, patient_id, schedule_id, device, address)


watchman = Watchman()
