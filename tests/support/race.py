"""Many threads through one gate."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from hospital_app.domain.errors import Refusal

T = TypeVar("T")
A = TypeVar("A")


def race(arguments: Sequence[A], run: Callable[[A], T], *, threads: int | None = None) -> list[T | Refusal]:
    """`run(argument)` for each, all let go at the same moment; a Refusal is an answer, anything else is raised."""
    count = min(threads or len(arguments), len(arguments))
    gate = Barrier(count)
    lanes = [arguments[i::count] for i in range(count)]

    def lane(mine: Sequence[A]) -> list[T | Refusal]:
        gate.wait(timeout=60)
        answers: list[T | Refusal] = []
        for argument in mine:
            try:
                answers.append(run(argument))
            except Refusal as refusal:
                answers.append(refusal)
        return answers

    with ThreadPoolExecutor(count) as pool:
        return [answer for answers in pool.map(lane, lanes) for answer in answers]


def granted(answers: list[T | Refusal]) -> list[T]:
    return [answer for answer in answers if not isinstance(answer, Refusal)]


def codes(answers: list[T | Refusal]) -> set[str]:
    return {answer.code for answer in answers if isinstance(answer, Refusal)}
