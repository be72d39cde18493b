"""The same counters in this process, while Redis is away: what one process sees of a scalper is often enough."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from hospital_app.domain.scalping import Act, Counts, Kind, Seen, Watch

#: What comes beyond makes everything begin anew: a process is not a store.
REMEMBERED = 50_000


@dataclass(slots=True)
class _Window:
    """What was counted since it began."""

    began: float
    counted: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    members: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: Counter[tuple[int, int]] = field(default_factory=Counter)
    schedules: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def joined(self, kind: str, of: str, member: str) -> int:
        members = self.members[kind, of]
        members.add(member)
        return len(members)


class CountersHere:
    """One window for all accounts, which begins anew when it is over."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._window = _Window(0.0)
        self._looks: dict[str, float] = {}
        self._marked: dict[str, float] = {}
        self._proved: dict[int, float] = {}

    def look(self, looks: Mapping[str, float]) -> None:
        with self._lock:
            if len(self._looks) > REMEMBERED:
                self._looks.clear()
            for name, at in looks.items():
                self._looks.setdefault(name, at)

    def count(self, acts: Sequence[Act], watch: Watch) -> dict[int, Seen]:
        now = time.time()
        with self._lock:
            if now - self._window.began > watch.window_seconds or len(self._window.counted) > REMEMBERED:
                self._window = _Window(now)
            for act in acts:
                self._count(act, watch)
            return {
                account: Seen(
                    Counts(**self._window.counted[account]),
                    tuple(sorted(self._window.schedules[account])),
                    self._proved.get(account, 0.0) > now,
                )
                for account in {act.account_id for act in acts}
            }

    def _count(self, act: Act, watch: Watch) -> None:
        window = self._window
        mine = window.counted[act.account_id]
        if act.schedule_id:
            window.schedules[act.account_id].add(act.schedule_id)
        if act.kind in (Kind.HANDED, Kind.LINKED):
            mine[act.kind.value] += 1
            return
        known = [name for name in (act.device, act.address) if name]
        if known and not any(act.at - self._looks.get(name, act.at + 1) >= watch.dwell_seconds for name in known):
            mine["unseen"] += 1
            mine["early"] += act.kind is Kind.EARLY
            mine["sudden"] += act.kind is Kind.SUDDEN
        if act.device:
            _raise(mine, "devices", window.joined("devices", str(act.account_id), act.device))
            _raise(mine, "device_accounts", window.joined("accounts", act.device, str(act.account_id)))
            _raise(mine, "device_patients", window.joined("patients", act.device, str(act.patient_id)))
        if act.address:
            _raise(mine, "address_accounts", window.joined("accounts", act.address, str(act.account_id)))
        if act.kind is not Kind.HELD:
            mine["refused"] += 1
            second = (act.account_id, int(act.at))
            window.seconds[second] += 1
            mine["bursts"] += window.seconds[second] == watch.burst + 1

    def counts(self, account_id: int) -> Counts:
        with self._lock:
            return Counts(**self._window.counted.get(account_id, Counter()))

    def mark(self, names: Sequence[str], *, until: float) -> None:
        with self._lock:
            self._marked |= {name: max(until, self._marked.get(name, 0.0)) for name in names}

    def marked(self, now: float) -> dict[str, float]:
        with self._lock:
            self._marked = {name: until for name, until in self._marked.items() if until > now}
            return dict(self._marked)

    def prove(self, account_id: int, names: Sequence[str], *, seconds: int) -> None:
        with self._lock:
            self._proved[account_id] = time.time() + seconds
            for name in names:
                self._marked.pop(name, None)

    def forget(self, account_id: int, names: Sequence[str]) -> None:
        with self._lock:
            self._window.counted.pop(account_id, None)
            self._window.schedules.pop(account_id, None)
            self._window.members.pop(("devices", str(account_id)), None)
            for name in names:
                self._marked.pop(name, None)


def _raise(counted: Counter[str], name: str, count: int) -> None:
    counted[name] = max(counted[name], count)
