"""号源闸门 in Redis: one script answers a whole batch of wishes, so that who comes too late never reaches the database.

The gate knows a clinic after it was built from the database (flows/gate.py), which happens anew every second while the
clinic is asked for. It refuses only from what was read within FRESH_MILLISECONDS; what it does not know passes. So a
Redis that was flushed, restarted, filled with something else or is away costs speed and nothing else.

Of each clinic: `<id>` what is known of it, `<id>:<start>` the numbers of a half hour, a sorted set of `seq:slot id` by
the second from which on they can be taken, `<id>:keys` the Idempotency-Keys that were granted here.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import redis

from hospital_app.adapters.quick_redis import quick
from hospital_app.domain.errors import Refusal
from hospital_app.domain.gate import GateAnswer, Outcome, Passed, Refused, Unknown, Wish
from hospital_app.domain.gate_truth import ClinicTruth
from hospital_app.domain.policy import Rules
from hospital_app.domain.proof_of_work import needed
from hospital_app.domain.taking import limit_reached, period_over, slot_taken, suspended, unreleased

log = logging.getLogger(__name__)

PREFIX = "guahao:gate"
SET_ASIDE_SECONDS = 10
FRESH_MILLISECONDS = 3000
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer.
LEAVE_ALONE_SECONDS = 1.0
SCRIPTS = Path(__file__).parent / "gate_lua"


class RedisGate:
    """ClinicGate. `clock` is the house's, since holds end by it; one instance serves all threads."""

    def __init__(self, url: str, *, clock: Callable[[], datetime], rules: Callable[[], Rules]) -> None:
        self._redis = quick(url, patience_seconds=PATIENCE_SECONDS)
        self._clock = clock
        self._rules = rules
        scripts = ("reserve", "report", "load", "doubt", "suspect")
        self._scripts = {name: self._redis.register_script((SCRIPTS / f"{name}.lua").read_text()) for name in scripts}
        self._silent_until = 0.0
        self._was_away = False

    # --- SlotGate

    def reserve(self, wishes: Sequence[Wish]) -> Sequence[GateAnswer]:
        rules = self._rules()
        arguments: list[Any] = [
            self._now(), SET_ASIDE_SECONDS, FRESH_MILLISECONDS,
            rules.scalping_release_minutes * 60, rules.scalping_dwell_seconds * 1000,
        ]  # fmt: skip
        for wish in wishes:
            arguments += _named(wish)
            arguments += wish.traces or ("", "")
        said = self._run("reserve", arguments) if wishes else []
        return [Unknown()] * len(wishes) if said is None else [self._answer(each.decode()) for each in said]

    def report(self, outcomes: Sequence[Outcome]) -> None:
        arguments: list[Any] = [self._now()]
        for outcome in outcomes:
            aside = outcome.answer.slot_id if isinstance(outcome.answer, Passed) else None
            got = outcome.granted
            arguments += _named(outcome.wish)
            arguments += ["" if aside is None else aside]
            arguments += ["", "", outcome.code] if got is None else [got.slot_id, _second(got.held_until), ""]
        if outcomes:
            self._run("report", arguments)

    # --- ClinicGate

    def doubt(self, schedule_ids: Sequence[int]) -> None:
        if schedule_ids:
            self._run("doubt", list(schedule_ids))

    def doubts(self, schedule_ids: Sequence[int]) -> dict[int, tuple[str, int]] | None:
        if self._silent():
            return None
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.time()
            for schedule_id in schedule_ids:
                pipe.hget(f"{PREFIX}:{schedule_id}", "doubt")
            (seconds, microseconds), *doubts = pipe.execute()
        except redis.RedisError as fault:
            self._recover(fault)
            return None
        began = seconds * 1000 + microseconds // 1000
        return {
            schedule_id: ((doubt or b"0").decode(), began)
            for schedule_id, doubt in zip(schedule_ids, doubts, strict=True)
        }

    def load(self, clinic: ClinicTruth, doubt: tuple[str, int]) -> None:
        numbers: dict[str, list[tuple[str, str, int]]] = {}
        for number in clinic.numbers:
            opens = 0 if number.from_at is None else _second(number.from_at)
            numbers.setdefault(str(_second(number.starts_at)), []).append(
                (f"{number.seq:05}", str(number.slot_id), opens)
            )
        truth = {
            "id": str(clinic.schedule_id),
            "released": str(_second(clinic.released_at)),
            "suspended": "1" if clinic.suspended else "0",
            "doubt": doubt[0],
            "began": doubt[1],
            "periods": {str(_second(start)): str(_second(over)) for start, over in clinic.periods.items()},
            "numbers": numbers,
            "keys": [_key(account_id, key) for account_id, key in clinic.keys],
        }
        self._run("load", [json.dumps(truth)])

    def doubted(self, *, limit: int) -> list[int]:
        return self._listed("doubted", 60.0, limit)

    def hot(self, *, within_seconds: float, limit: int) -> list[int]:
        return self._listed("hot", within_seconds, limit)

    def _listed(self, name: str, within_seconds: float, limit: int) -> list[int]:
        if self._silent():
            return []
        key = f"{PREFIX}:{name}"
        try:
            self._redis.zremrangebyscore(key, "-inf", (time.time() - within_seconds) * 1000)
            found = cast("list[bytes]", self._redis.zrevrange(key, 0, limit - 1))
        except redis.RedisError as fault:
            self._recover(fault)
            return []
        return [int(each) for each in found if each.isdigit()]

    def _answer(self, said: str) -> GateAnswer:
        if said == "p":
            return Passed()
        if said.startswith("n:"):
            return Passed(int(said[2:]))
        refusal = self._refusal(said)
        return Unknown() if refusal is None else Refused(refusal)

    def _refusal(self, said: str) -> Refusal | None:
        match said:
            case "s":
                return slot_taken()
            case "l":
                return limit_reached(self._rules().bookings_per_day)
            case "r":
                return unreleased()
            case "o":
                return period_over()
            case "x":
                return suspended()
            case "f":
                return needed()
        return None

    def _run(self, name: str, arguments: list[Any]) -> list[bytes] | None:
        """None: Redis is away, or holds something under our names that the script cannot read."""
        if self._silent():
            return None
        try:
            if self._was_away:
                self._scripts["suspect"]()
                self._was_away = False
            return cast("list[bytes]", self._scripts[name](args=arguments) or [])
        except redis.RedisError as fault:
            self._recover(fault)
            return None

    def _recover(self, fault: Exception) -> None:
        """Redis is away, or there is something else under our names: then it goes, and the next round builds anew."""
        self._silent_until = time.monotonic() + LEAVE_ALONE_SECONDS
        self._was_away = True
        log.warning("the gate is open for a while: %s", type(fault).__name__)
        if isinstance(fault, redis.ResponseError):
            with suppress(redis.RedisError):
                for key in self._redis.scan_iter(f"{PREFIX}:*", count=1000):
                    self._redis.delete(key)

    def _now(self) -> int:
        return _second(self._clock())

    def _silent(self) -> bool:
        return time.monotonic() < self._silent_until


def _named(wish: Wish) -> list[Any]:
    return [
        wish.schedule_id,
        _second(wish.starts_at),
        _key(wish.account_id, wish.key),
        f"{wish.account_id}:{wish.patient_id}",
    ]


def _key(account_id: int, key: str) -> str:
    """What clients send as a key may be anything: only what it hashes to stands in Redis."""
    return f"{account_id}:{sha256(key.encode()).hexdigest()[:16]}"


def _second(at: datetime) -> int:
    return int(at.timestamp())
