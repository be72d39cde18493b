"""成批锁号: what arrives within a few milliseconds is held in one transaction, each granted or refused on its own.

A transaction for each hold could not serve a release: most of its cost is the same for one hold and for sixty. Whoever
comes alone goes at once; while a batch is on its way the next one gathers. A caller waits here, not in the database.
"""

import asyncio
import atexit
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread

from hospital_app.container import container
from hospital_app.domain import taking
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.flows import holds

FAREWELL_SECONDS = 15.0
#: A batch costs some milliseconds, however small it is.
WORTH_SHARING = 64

Answer = Held | Exception


@dataclass(slots=True, eq=False)
class _Waiting:
    """A caller: a thread that waits for `bell`, or a task of `loop`."""

    request: HoldRequest
    arrived: float
    loop: asyncio.AbstractEventLoop | None = None
    future: asyncio.Future[Answer | None] | None = None
    bell: Lock = field(default_factory=Lock)
    answer: Answer | None = None
    gone: bool = False


class Committer:
    """A queue, and threads that settle what stands in it. `settle` answers each request of a batch and never raises."""

    def __init__(self, settle: Callable[[Sequence[HoldRequest]], Sequence[Answer]]) -> None:
        self._settle = settle
        self._queue: deque[_Waiting] = deque()
        self._changed = Condition(Lock())
        self._threads: list[Thread] = []
        self._running = 0
        self._closed = False

    @property
    def queued(self) -> int:
        return len(self._queue)

    def hold(self, request: HoldRequest) -> Held:
        """Blocks. Raises Refusal, `busy` when the turn does not come in time, or what went wrong."""
        waiting = _Waiting(request, time.monotonic())
        waiting.bell.acquire()
        self._join(waiting)
        if not waiting.bell.acquire(timeout=container().settings.hold_patience_seconds):
            waiting.gone = True
            raise taking.busy()
        return _told(waiting.answer)

    async def hold_soon(self, request: HoldRequest) -> Held:
        """The same for a task, of which hundreds may wait."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, time.monotonic(), loop, loop.create_future())
        self._join(waiting)
        assert waiting.future is not None
        try:
            async with asyncio.timeout(container().settings.hold_patience_seconds):
                return _told(await waiting.future)
        except TimeoutError:
            raise taking.busy() from None
        finally:
            waiting.gone = True

    def close(self) -> None:
        """Settle what is queued, then end. Who comes later is told that the house is busy."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(FAREWELL_SECONDS)

    def _join(self, waiting: _Waiting) -> None:
        with self._changed:
            if self._closed:
                raise taking.busy()
            if not self._threads:
                self._start()
            self._queue.append(waiting)
            # Whoever gathers has set itself an alarm; it is woken only when its batch is full.
            if len(self._queue) == 1 or len(self._queue) == container().settings.hold_batch:
                self._changed.notify()

    def _start(self) -> None:
        atexit.register(self.close)
        several = range(container().settings.hold_committers)
        self._threads = [Thread(target=self._work, name=f"committer-{i}", daemon=True) for i in several]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while batch := self._next():
            try:
                answers = self._settle([waiting.request for waiting in batch])
            except Exception as fault:
                answers = [fault] * len(batch)
            with self._changed:
                self._running -= 1
            _tell(batch, answers)

    def _next(self) -> list[_Waiting]:
        """The next batch, which is gathered as long as another one is on its way; empty: it is time to end."""
        with self._changed:
            while True:
                settings = container().settings
                if not self._queue:
                    if self._closed:
                        return []
                    self._changed.wait()
                    continue
                left = self._queue[0].arrived + settings.hold_gather_milliseconds / 1000 - time.monotonic()
                full = len(self._queue) >= settings.hold_batch
                if self._running == 0 or full or left <= 0 or self._closed:
                    break
                self._changed.wait(left)
            batch = self._take(min(settings.hold_batch, self._share(settings.hold_committers)))
            self._running += bool(batch)
            if self._queue:
                self._changed.notify()
            if batch:
                return batch
        return self._next()

    def _share(self, committers: int) -> int:
        """All that wait, or this thread's part of many: while one writes, the database answers another."""
        waiting = len(self._queue)
        return waiting if waiting < WORTH_SHARING else -(-waiting // max(1, committers - self._running))

    def _take(self, largest: int) -> list[_Waiting]:
        """The oldest; of one person one, since its wishes can only be answered one after the other."""
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        persons: set[int] = set()
        while self._queue and len(batch) < largest:
            waiting = self._queue.popleft()
            if waiting.gone:
                continue
            if waiting.request.patient_id in persons:
                later.append(waiting)
            else:
                persons.add(waiting.request.patient_id)
                batch.append(waiting)
        self._queue.extendleft(reversed(later))
        return batch


def _tell(batch: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
    """Ring for threads, and once for each loop."""
    tasks: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting, answer in zip(batch, answers, strict=True):
        waiting.answer = answer
        if waiting.loop is None:
            waiting.bell.release()
        else:
            tasks.setdefault(waiting.loop, []).append(waiting)
    for loop, some in tasks.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_wake, some)


def _wake(some: Sequence[_Waiting]) -> None:
    for waiting in some:
        if waiting.future is not None and not waiting.future.done():
            waiting.future.set_result(waiting.answer)


def _told(answer: Answer | None) -> Held:
    if isinstance(answer, Held):
        return answer
    raise answer if answer is not None else taking.busy()


committer = Committer(holds.settle)
