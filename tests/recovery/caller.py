"""A patient's own device: asks the house over REST, again and again while it is away or busy."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from sqlalchemy.exc import DBAPIError

from hospital_app.services.sandbox_people import Invented
from tests.support.proving import solved

T = TypeVar("T")

LONGEST_SECONDS = 100
PAUSE_SECONDS = 0.2
ANSWER_WITHIN_SECONDS = 20
#: What passes by itself: the house is away, or busy.
PASSING = {429, 500, 502, 503, 504}
PROOF_NEEDED = 428


@dataclass(frozen=True)
class Caller:
    """Everybody comes from an address of their own."""

    http: httpx.Client
    person: Invented

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Status and content of the first answer that is one. The same `key` each time, so that it counts once."""
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            answer = self.once(method, path, headers, body)
            if answer is not None and answer.status_code == PROOF_NEEDED:
                headers |= self._proof()
            elif answer is not None and answer.status_code not in PASSING:
                return answer.status_code, answer.json()
            assert time.monotonic() < deadline, answer and answer.text
            time.sleep(PAUSE_SECONDS)

    def once(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        """None: nobody answered."""
        try:
            headers = headers or self._headers()
            return self.http.request(method, path, json=body, headers=headers, timeout=ANSWER_WITHIN_SECONDS)
        except httpx.TransportError:
            return None

    def _proof(self) -> dict[str, str]:
        """Who is quicker than a finger (these are) may be taken for a machine, and computes; nothing: ask again."""
        answer = self.once("POST", "/api/v1/proofs")
        return {"X-Guahao-Proof": solved(answer.json())} if answer is not None and answer.status_code == 201 else {}

    def _headers(self) -> dict[str, str]:
        account = self.person.account_id
        address = f"10.7.{account // 250 % 250}.{account % 250 + 1}"
        return {"Authorization": f"Bearer {self.person.token}", "X-Forwarded-For": address}


def insist(act: Callable[[], T]) -> T:
    """Try again what goes past the house - at a channel's cashier, in the database - while that is away."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            return act()
        except (DBAPIError, httpx.TransportError):
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)
