"""What many tasks ask at the same moment, asked once: whoever asks while a question is under way is asked for in the
next one, together with everybody who came meanwhile.

A thread and a round trip for each would cost a rush more than what it asks for.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(slots=True)
class _Asked(Generic[Q, A]):
    """Of one event loop: what is asked for next, and the task that asks."""

    waiting: list[tuple[Q, asyncio.Future[A]]] = field(default_factory=list)
    asking: asyncio.Task[None] | None = None


class Together(Generic[Q, A]):
    """`answer` runs in a thread and may block: an answer for each question, in the order given. What it raises, all who
    asked are told."""

    def __init__(self, answer: Callable[[Sequence[Q]], Sequence[A]]) -> None:
        self._answer = answer
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Asked[Q, A]] = WeakKeyDictionary()

    async def ask(self, question: Q) -> A:
        loop = asyncio.get_running_loop()
        asked = self._loops.setdefault(loop, _Asked())
        mine: asyncio.Future[A] = loop.create_future()
        asked.waiting.append((question, mine))
        if asked.asking is None:
            asked.asking = loop.create_task(self._work_off(asked))
        return await mine

    async def _work_off(self, asked: _Asked[Q, A]) -> None:
        try:
            while asked.waiting:
                together, asked.waiting = asked.waiting, []
                try:
                    answers = await asyncio.to_thread(self._answer, [question for question, _ in together])
                except Exception as fault:
                    _tell(together, fault)
                else:
                    for (_, future), answer in zip(together, answers, strict=True):
                        if not future.done():
                            future.set_result(answer)
        finally:
            asked.asking = None


def _tell(together: Sequence[tuple[Q, asyncio.Future[A]]], fault: Exception) -> None:
    for _, future in together:
        if not future.done():
            future.set_exception(fault)
