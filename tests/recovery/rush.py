"""A rush over REST: more people than numbers, who try again whatever breaks, and remember what they were told."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import httpx

from hospital_app.services.sandbox_people import Invented
from tests.support.proving import solved

CLIENTS = 12
LONGEST_SECONDS = 100
PAUSE_SECONDS = 0.05
#: What passes by itself: the house is away, or busy.
PASSING = {429, 500, 502, 503, 504}
PROOF_NEEDED = 428


@dataclass
class Rush:
    """`told`: of each account the number of its appointment; empty: "all gone", at every half hour of the clinic."""

    url: str
    doctor_id: int
    schedule_id: int
    starts: list[datetime]
    people: list[Invented]
    seed: int
    told: dict[int, str] = field(default_factory=dict)

    @contextmanager
    def flowing(self) -> Iterator["Rush"]:
        """The people come during the block, and everybody has an answer at its end."""
        with ThreadPoolExecutor(CLIENTS) as threads:
            coming: list[Future[None]] = [threads.submit(self._come, i) for i in range(len(self.people))]
            yield self
            for each in coming:
                each.result()

    def _come(self, which: int) -> None:
        """One after the other every half hour, in an order of one's own, until a number is got."""
        person = self.people[which]
        self._look(person)
        wanted = list(self.starts)
        Random(self.seed * 1000 + which).shuffle(wanted)
        for starts_at in wanted:
            number = self._ask(person, starts_at)
            if number:
                self.told[person.account_id] = number
                return
        self.told[person.account_id] = ""

    def _ask(self, person: Invented, starts_at: datetime) -> str:
        """The same key until there is an answer: whoever was granted a number and not told is told now."""
        body = {"schedule_id": self.schedule_id, "starts_at": starts_at.isoformat(), "patient_id": person.patient_id}
        headers = _headers(person) | {"Idempotency-Key": f"{self.seed}-{person.account_id}-{starts_at:%H%M}"}
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            answer = self._post(body, headers)
            if answer is not None and answer.status_code == 201:
                return str(answer.json()["no"])
            if answer is not None and answer.status_code == PROOF_NEEDED:
                headers |= self._proof(person)
            elif answer is not None and answer.status_code not in PASSING:
                assert answer.json()["error"] == "slot_taken", answer.text
                return ""
            assert time.monotonic() < deadline, answer and answer.text
            time.sleep(PAUSE_SECONDS)

    def _look(self, person: Invented) -> None:
        """At what is free, as everybody does whose finger takes a number; if the house is away, without having seen."""
        self._ask_house("GET", f"/api/v1/doctors/{self.doctor_id}/calendar?days=7", _headers(person))

    def _proof(self, person: Invented) -> dict[str, str]:
        """Who is quicker than a finger (these are) may be taken for a machine, and computes; nothing: ask again."""
        answer = self._ask_house("POST", "/api/v1/proofs", _headers(person))
        return {"X-Guahao-Proof": solved(answer.json())} if answer is not None and answer.status_code == 201 else {}

    def _post(self, body: dict[str, object], headers: dict[str, str]) -> httpx.Response | None:
        return self._ask_house("POST", "/api/v1/appointments", headers, body)

    def _ask_house(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, object] | None = None
    ) -> httpx.Response | None:
        """None: nobody answered."""
        try:
            return httpx.request(
                method, self.url + path, json=body, headers=headers, trust_env=False, verify=False, timeout=20
            )
        except httpx.TransportError:
            return None


def _headers(person: Invented) -> dict[str, str]:
    """Everybody comes from an address of their own."""
    address = f"10.7.{person.account_id // 250 % 250}.{person.account_id % 250 + 1}"
    return {"Authorization": f"Bearer {person.token}", "X-Forwarded-For": address}
