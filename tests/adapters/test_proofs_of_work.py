"""Challenges as altcha's own solver meets them, and what comes back changed; and spending over a real Redis."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import altcha
import pytest

from hospital_app import clock
from hospital_app.adapters.altcha_proofs import AltchaProofs
from hospital_app.adapters.redis_spent_proofs import RedisSpentProofs
from hospital_app.domain.proof_of_work import ROUNDS, Flaw, Solved
from tests.support.proving import solved
from tests.support.servers import restart, start_redis

NOBODYS_PORT = "redis://127.0.0.1:1/0"
TRIES = 8
proofs = AltchaProofs(lambda: b"a secret of the house")


def challenge(*, whose: str = "me", minutes: float = 5) -> dict[str, Any]:
    return proofs.challenge(whose, tries=TRIES, until=clock.now() + timedelta(minutes=minutes))


def changed(proof: str, change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(b64decode(proof))
    change(content)
    return b64encode(json.dumps(content).encode()).decode()


def test_the_work_that_was_asked_is_known_again() -> None:
    asked = challenge()
    assert asked["parameters"]["cost"] == ROUNDS
    assert proofs.read(solved(asked)) == Solved(asked["parameters"]["nonce"], "me", TRIES)


def test_no_counter_is_likelier_than_another() -> None:
    """Else a machine would begin where the answer usually is."""
    counters = {json.loads(b64decode(solved(challenge())))["solution"]["counter"] for _ in range(60)}
    assert min(counters) == 0 and max(counters) == TRIES - 1 and len(counters) > TRIES / 2


def test_what_is_over_is_told_apart_from_what_is_wrong() -> None:
    assert proofs.read(solved(challenge(minutes=-1))) is Flaw.EXPIRED
    wrong = changed(solved(challenge()), lambda given: given["solution"].update(derivedKey="00" * 32))
    assert proofs.read(wrong) is Flaw.WRONG


@pytest.mark.parametrize(
    "change",
    [
        lambda given: given["challenge"]["parameters"]["data"].update({"for": "somebody else"}),
        lambda given: given["challenge"]["parameters"]["data"].update(tries=1),
        lambda given: given["challenge"]["parameters"].update(cost=1),
        lambda given: given["challenge"]["parameters"].update(keyPrefix=""),
        lambda given: given["challenge"]["parameters"].pop("data"),
        lambda given: given["challenge"]["parameters"].pop("keySignature"),
        lambda given: given["challenge"]["parameters"].update(expiresAt=99_999_999_999),
        lambda given: given["challenge"]["parameters"].update(expiresAt=None),
        lambda given: given["challenge"].update(signature=None),
        lambda given: given["challenge"].update(signature="00" * 32),
        lambda given: given["challenge"].update(parameters=[]),
        lambda given: given.pop("solution"),
    ],
)
def test_nothing_of_a_challenge_can_be_changed(change: Callable[[dict[str, Any]], object]) -> None:
    assert proofs.read(changed(solved(challenge()), change)) is Flaw.FORGED


def test_a_challenge_of_another_house_is_none() -> None:
    other = AltchaProofs(lambda: b"another house's secret")
    assert proofs.read(solved(other.challenge("me", tries=TRIES, until=clock.now() + timedelta(1)))) is Flaw.FORGED
    unsigned = altcha.create_challenge("PBKDF2/SHA-256", 1, counter=0, data={"for": "me", "tries": TRIES})
    assert proofs.read(solved(unsigned.to_dict())) is Flaw.FORGED


@pytest.mark.parametrize(
    "proof",
    ["", "x", "null", "W10=", "e30=", "\ud800", "=" * 5000, b64encode(b"[" * 2900).decode(), "\x00", "中文"],
)
def test_anything_else_is_no_proof(proof: str) -> None:
    assert proofs.read(proof) is Flaw.FORGED


@pytest.fixture(params=["redis", "here"])
def spent(request: pytest.FixtureRequest) -> Iterator[RedisSpentProofs]:
    yield RedisSpentProofs(request.getfixturevalue("redis_url") if request.param == "redis" else NOBODYS_PORT)


def test_a_proof_is_spent_once_however_many_come_at_once(spent: RedisSpentProofs) -> None:
    with ThreadPoolExecutor(16) as threads:
        first = list(threads.map(lambda _: spent.spend("one", "me", seconds=60), range(64)))
    assert first.count(True) == 1
    assert spent.spend("two", "me", seconds=60)
    assert (spent.solved("me"), spent.solved("other")) == (2, 0)


def test_spent_in_one_process_is_spent_in_all(redis_url: str) -> None:
    assert RedisSpentProofs(redis_url).spend("shared", "me", seconds=60)
    other = RedisSpentProofs(redis_url)
    assert not other.spend("shared", "me", seconds=60)
    assert other.solved("me") == 1


def test_what_a_process_has_seen_stays_spent_when_redis_goes(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    spent = RedisSpentProofs(server.redis_url)
    try:
        assert spent.spend("before", "me", seconds=60)
        server.stop()
        assert not spent.spend("before", "me", seconds=60)
        assert spent.spend("meanwhile", "me", seconds=60)
        assert spent.solved("me") == 2
        server = restart(server)
        spent._ask_again_at = 0.0
        assert not spent.spend("meanwhile", "me", seconds=60)
        assert spent.spend("after", "me", seconds=60)
    finally:
        server.stop()
