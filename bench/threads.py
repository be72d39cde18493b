"""The same thing many times, by so many threads."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

T = TypeVar("T")
C = TypeVar("C")


def per_second(
    items: Sequence[T],
    threads: int,
    act: Callable[[C, T], object],
    *,
    equip: Callable[[], C],
    leave: Callable[[C], object],
) -> float:
    """How many a second. Each thread equips itself before the clock starts, and leaves after it has stopped."""
    gate = Barrier(threads + 1)
    lanes = [items[i::threads] for i in range(threads)]

    def lane(mine: Sequence[T]) -> None:
        tools = equip()
        try:
            gate.wait(60)
            for item in mine:
                act(tools, item)
            gate.wait(300)
        except BaseException:
            gate.abort()
            raise
        finally:
            leave(tools)

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(lane, mine) for mine in lanes]
        took = 0.0
        with suppress(BrokenBarrierError):  # a lane failed, and says so below
            gate.wait(60)
            began = time.perf_counter()
            gate.wait(300)
            took = time.perf_counter() - began
        faults = [fault for each in running if (fault := each.exception()) is not None]
        for fault in faults:
            if not isinstance(fault, BrokenBarrierError):
                raise fault
    return len(items) / took
