"""Notifications: owed in the books, delivered by a courier in the vendor's rhythm until acknowledged."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import uuid4

import httpx

from hospital_app import clock
from hospital_app.sandbox.wechat.ledger import Notice, notices_of, rfc3339
from hospital_app.sandbox.wechat.signing import Platform, encrypted_resource, signed_headers

log = logging.getLogger(__name__)

#: Seconds until the next try after each failed one; 24 h 4 min in all (vendor's documentation).
RHYTHM_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
ANSWER_WITHIN_SECONDS = 5
#: The courier looks at the books at least this often, so that a payment in flight lands in time.
ROUND_SECONDS = 0.25
AT_ONCE = 32

SUMMARY = {"transaction": ("TRANSACTION.SUCCESS", "支付成功"), "refund": ("REFUND.SUCCESS", "退款成功")}

#: Given a notice, what it says at this instant, as the JSON object to be encrypted.
Resource = Callable[[Notice], dict[str, object]]


def owe(ledger: sqlite3.Connection, *, kind: str, number: str, url: str, delays: list[float], now: float) -> None:
    """Write down one notification per delay; all speak of the same event."""
    earlier = notices_of(ledger, number)
    event_id = earlier[0].event_id if earlier else str(uuid4())
    ledger.executemany(
        "INSERT INTO notices (event_id, kind, number, url, due_at) VALUES (?, ?, ?, ?, ?)",
        [(event_id, kind, number, url, now + delay) for delay in delays],
    )


def due(ledger: sqlite3.Connection, now: float) -> list[Notice]:
    rows = ledger.execute(
        "SELECT * FROM notices WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id LIMIT ?",
        (now, AT_ONCE),
    )
    return [Notice(*row) for row in rows]


class Courier:
    """Delivers what is due, several at once; the books remember what a killed courier had not."""

    def __init__(
        self,
        ledger: sqlite3.Connection,
        platform: Platform,
        *,
        resource: Resource,
        before_round: Callable[[float], None],
        retry_scale: float,
    ) -> None:
        self._ledger = ledger
        self._platform = platform
        self._resource = resource
        self._before_round = before_round
        self._retry_scale = retry_scale
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. One bad round is logged and does not end the courier."""
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_SECONDS, trust_env=False, limits=limits) as client:
            try:
                while True:
                    try:
                        self._round(client)
                    except sqlite3.Error:
                        log.exception("the courier could not read its books")
                    self._wake.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), ROUND_SECONDS)
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _round(self, client: httpx.AsyncClient) -> None:
        now = time.time()
        with self._ledger:
            self._before_round(now)
        for notice in due(self._ledger, now):
            if notice.id not in self._under_way and len(self._under_way) < AT_ONCE:
                task = asyncio.create_task(self._deliver(client, notice))
                self._under_way[notice.id] = task
                task.add_done_callback(partial(self._landed, notice.id))

    def _landed(self, notice_id: int, _: asyncio.Task[None]) -> None:
        del self._under_way[notice_id]
        self.wake()

    async def _deliver(self, client: httpx.AsyncClient, notice: Notice) -> None:
        body = self._body(notice)
        headers = signed_headers(self._platform, body, clock.now())
        try:
            answer = await client.post(
                notice.url, content=body, headers={"Content-Type": "application/json", **headers}
            )
            accepted, said = answer.status_code in (200, 204), f"HTTP {answer.status_code}"
        except httpx.HTTPError as failure:
            accepted, said = False, type(failure).__name__
        attempts = notice.attempts + 1
        last = attempts > len(RHYTHM_SECONDS)
        state = "delivered" if accepted else "given-up" if last else "due"
        pause = 0.0 if last else RHYTHM_SECONDS[attempts - 1] * self._retry_scale
        with self._ledger:
            self._ledger.execute(
                "UPDATE notices SET state = ?, attempts = ?, last_answer = ?, due_at = ? WHERE id = ?",
                (state, attempts, said, notice.due_at if accepted else time.time() + pause, notice.id),
            )
        log.info("notice %s of %s, attempt %d: %s", notice.event_id, notice.number, attempts, said)

    def _body(self, notice: Notice) -> bytes:
        event_type, summary = SUMMARY[notice.kind]
        plain = json.dumps(self._resource(notice), ensure_ascii=False).encode()
        return json.dumps(
            {
                "id": notice.event_id,
                "create_time": rfc3339(notice.due_at),
                "event_type": event_type,
                "resource_type": "encrypt-resource",
                "summary": summary,
                "resource": encrypted_resource(self._platform, plain, notice.kind),
            },
            ensure_ascii=False,
        ).encode()
