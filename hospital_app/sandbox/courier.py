"""Notifications: owed in a sandbox's books, delivered by a courier in its vendor's rhythm until acknowledged."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import httpx

log = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 5
#: The courier looks at the books at least this often, so that a payment in flight lands in time.
ROUND_SECONDS = 0.25
AT_ONCE = 32

NOTICES = """
CREATE TABLE IF NOT EXISTS notices (
  id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, kind TEXT NOT NULL, number TEXT NOT NULL,
  url TEXT NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'due', last_answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS notices_due ON notices (due_at) WHERE state = 'due';
CREATE INDEX IF NOT EXISTS notices_by_number ON notices (number);
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification owed to the merchant; several may speak of the same event."""

    id: int
    event_id: str
    kind: str  # transaction or refund
    number: str  # out_trade_no or out_refund_no
    url: str
    due_at: float
    attempts: int
    state: str  # due delivered given-up
    last_answer: str


#: What a notice says at this instant: the body and its headers.
Message = Callable[[Notice], tuple[bytes, dict[str, str]]]


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


def notices_of(ledger: sqlite3.Connection, number: str) -> list[Notice]:
    rows = ledger.execute("SELECT * FROM notices WHERE number = ? ORDER BY id", (number,))
    return [Notice(*row) for row in rows]


class Courier:
    """Delivers what is due, several at once; the books remember what a killed courier had not."""

    def __init__(
        self,
        ledger: sqlite3.Connection,
        *,
        message: Message,
        accepted: Callable[[httpx.Response], bool],
        rhythm_seconds: Sequence[float],
        before_round: Callable[[float], None],
        retry_scale: float,
    ) -> None:
        """`rhythm_seconds`: until the next try after each failed one. `before_round` moves what else is due."""
        self._ledger = ledger
        self._message = message
        self._accepted = accepted
        self._rhythm_seconds = rhythm_seconds
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
        body, headers = self._message(notice)
        try:
            answer = await client.post(notice.url, content=body, headers=headers)
            accepted, said = self._accepted(answer), f"HTTP {answer.status_code}"
        except httpx.HTTPError as failure:
            accepted, said = False, type(failure).__name__
        attempts = notice.attempts + 1
        last = attempts > len(self._rhythm_seconds)
        state = "delivered" if accepted else "given-up" if last else "due"
        pause = 0.0 if last else self._rhythm_seconds[attempts - 1] * self._retry_scale
        with self._ledger:
            self._ledger.execute(
                "UPDATE notices SET state = ?, attempts = ?, last_answer = ?, due_at = ? WHERE id = ?",
                (state, attempts, said, notice.due_at if accepted else time.time() + pause, notice.id),
            )
        log.info("notice %s of %s, attempt %d: %s", notice.event_id, notice.number, attempts, said)


@asynccontextmanager
async def on_duty(courier: Courier, books: sqlite3.Connection, _: object) -> AsyncIterator[None]:
    """The life of a sandbox that has a courier (a Starlette lifespan, once the first two are given)."""
    task = asyncio.create_task(courier.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    books.close()
