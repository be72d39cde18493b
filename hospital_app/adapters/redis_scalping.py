"""What accounts, devices and addresses did of late: counted in Redis for all processes, here while Redis is away.

Everything expires by itself; devices and addresses are hashes. Losing count only means that suspicion begins anew.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson
import redis

from hospital_app.adapters.quick_redis import quick
from hospital_app.adapters.scalping_here import CountersHere
from hospital_app.domain.scalping import Act, Counts, Seen, Watch

T = TypeVar("T")

log = logging.getLogger(__name__)
PREFIX = "guahao:scalping"
MARKED = f"{PREFIX}:marked"
SCRIPTS = Path(__file__).parent / "scalping_lua"
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer.
LEAVE_ALONE_SECONDS = 5.0
#: A page may stay open for so long before somebody books on it.
LOOKS_SECONDS = 4 * 3600
_COUNTED = frozenset(field.name for field in fields(Counts))


class RedisScalping:
    """One instance serves all threads; never raises."""

    def __init__(self, url: str) -> None:
        self._redis = quick(url, patience_seconds=PATIENCE_SECONDS)
        self._count = self._redis.register_script((SCRIPTS / "count.lua").read_text())
        self._look = self._redis.register_script((SCRIPTS / "look.lua").read_text())
        self._here = CountersHere()
        self._silent_until = 0.0

    def look(self, looks: Mapping[str, float]) -> None:
        """Who (a hash) looked at numbers or waited in the lobby, and when."""
        arguments: list[str | int] = [LOOKS_SECONDS]
        for name, at in looks.items():
            arguments += [name, int(at * 1000)]
        self._either(lambda: self._look(args=arguments), lambda: self._here.look(looks))

    def count(self, acts: Sequence[Act], watch: Watch) -> dict[int, Seen]:
        """Counts these, and says of each account among them what was counted within the window."""
        told = {
            "window": watch.window_seconds,
            "dwell": watch.dwell_seconds * 1000,
            "burst": watch.burst,
            "acts": [
                [
                    act.kind.value, int(act.at * 1000), str(act.account_id), str(act.patient_id),
                    str(act.schedule_id), act.device, act.address,
                ]
                for act in acts
            ],
        }  # fmt: skip
        return self._either(
            lambda: _read(cast("bytes", self._count(args=[orjson.dumps(told)]))), lambda: self._here.count(acts, watch)
        )

    def counts(self, account_id: int) -> Counts:
        """What was counted of this account within the window."""

        def ask() -> Counts:
            found = cast("dict[bytes, bytes]", self._redis.hgetall(f"{PREFIX}:account:{account_id}"))
            return _counts({name.decode(): count for name, count in found.items()})

        return self._either(ask, lambda: self._here.counts(account_id))

    def mark(self, names: Sequence[str], *, until: float) -> None:
        """Accounts and devices that must prove something before they hold; all processes learn of it."""

        def tell() -> None:
            pipe = self._redis.pipeline(transaction=False)
            pipe.zadd(MARKED, dict.fromkeys(names, until), gt=True)
            pipe.expire(MARKED, LOOKS_SECONDS)
            pipe.execute()

        self._either(tell, lambda: self._here.mark(names, until=until))

    def marked(self) -> dict[str, float]:
        """Who is marked now, and until when."""
        now = time.time()

        def ask() -> dict[str, float]:
            pipe = self._redis.pipeline(transaction=False)
            pipe.zremrangebyscore(MARKED, "-inf", now)
            pipe.zrange(MARKED, 0, -1, withscores=True)
            return {name.decode(): until for name, until in pipe.execute()[1]}

        return self._either(ask, lambda: self._here.marked(now))

    def prove(self, account_id: int, names: Sequence[str], *, seconds: int) -> None:
        """A proof was solved: these are not marked any more, and the account is marked later for a while."""

        def tell() -> None:
            pipe = self._redis.pipeline(transaction=False)
            pipe.set(f"{PREFIX}:proved:{account_id}", 1, ex=seconds)
            pipe.zrem(MARKED, *names)
            pipe.execute()

        self._either(tell, lambda: self._here.prove(account_id, names, seconds=seconds))

    def forget(self, account_id: int, names: Sequence[str]) -> None:
        """Somebody looked into it, and it is no scalper: nothing of it is held against this account."""

        def tell() -> None:
            account = f"{PREFIX}:account:{account_id}"
            pipe = self._redis.pipeline(transaction=False)
            pipe.delete(account, f"{account}:devices", f"{account}:schedules")
            pipe.zrem(MARKED, *names)
            pipe.execute()

        self._either(tell, lambda: self._here.forget(account_id, names))

    def _either(self, there: Callable[[], T], here: Callable[[], T]) -> T:
        if time.monotonic() >= self._silent_until:
            try:
                return there()
            except (redis.RedisError, ValueError) as fault:
                log.warning("scalping is counted in this process for a while: %s", type(fault).__name__)
                self._silent_until = time.monotonic() + LEAVE_ALONE_SECONDS
        return here()


def _read(said: bytes) -> dict[int, Seen]:
    """An empty table is `{}` or `[]` in Lua's JSON."""
    found: dict[str, dict[str, Any]] = orjson.loads(said) or {}
    return {
        int(account): Seen(
            _counts(counted),
            tuple(sorted(int(each) for each in str(counted["schedules"]).split())),
            bool(counted["proved"]),
        )
        for account, counted in found.items()
    }


def _counts(counted: Mapping[str, Any]) -> Counts:
    return Counts(**{name: int(counted[name]) for name in _COUNTED & counted.keys()})
