"""Proofs of work in altcha's form (version 2): signed challenges that need no memory of ours until they are spent.

PBKDF2 with SHA-256, since browsers compute it as fast as a scalper's programs do. The counter to be found is drawn
here, evenly from all that may be tried: so the longest wait is known, and nobody can start nearer to it.
"""

import json
import secrets
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Any

import altcha

from hospital_app.domain.proof_of_work import ROUNDS, Flaw, Solved

ALGORITHM = "PBKDF2/SHA-256"
LONGEST = 4_000


class AltchaProofs:
    """`secret`: of the signatures; asked for at each use."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def challenge(self, whose: str, *, tries: int, until: datetime) -> dict[str, Any]:
        """As altcha's clients read it; `whose` and `tries` are signed with it."""
        made = altcha.create_challenge(
            ALGORITHM,
            ROUNDS,
            counter=secrets.randbelow(tries),
            expires_at=until,
            data={"for": whose, "tries": tries},
            hmac_secret=self._secret(),
            hmac_key_secret=self._key_secret(),
        )
        return made.to_dict()

    def read(self, proof: str) -> Solved | Flaw:
        """What a client sends back: base64 of `{challenge, solution}`. Costs two signatures, no work."""
        given = _payload(proof)
        if given is None:
            return Flaw.FORGED
        found = altcha.verify_solution(given, self._secret(), hmac_key_secret=self._key_secret())
        if found.expired:
            return Flaw.EXPIRED
        if found.invalid_signature:
            return Flaw.FORGED
        if not found.verified:
            return Flaw.WRONG
        asked = given.challenge.parameters
        said = asked.data or {}
        return Solved(asked.nonce, said["for"], said["tries"])

    def _key_secret(self) -> bytes:
        """Another one than the challenge's: a signed key must not pass for a signed challenge."""
        return b"key:" + self._secret()


def _payload(proof: str) -> altcha.Payload | None:
    if len(proof) > LONGEST:
        return None
    try:
        return altcha.Payload.from_dict(json.loads(b64decode(proof)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
