"""The product in this process, watched: its calls to channels and bureau, its transactions, its queue."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hospital_app import container as containers
from hospital_app.flows import unit
from hospital_app.settings import get_settings
from hospital_app.work import transaction
from tests.support.traps import at

CALLS = {
    *("create", "query", "close", "refund", "query_refund"),
    *("quote", "settle", "correct", "reverse", "drop"),
}


class Watched:
    """An adapter whose calls have their moments."""

    def __init__(self, adapter: Any, name: str, reach: Callable[[str], None]) -> None:
        self._adapter, self._name, self._reach = adapter, name, reach

    def __getattr__(self, call: str) -> Any:
        real = getattr(self._adapter, call)
        if call not in CALLS:
            return real

        def watched(*given: Any, **named: Any) -> Any:
            self._reach(f"{self._name}.{call}.before")
            answer = real(*given, **named)
            self._reach(f"{self._name}.{call}.after")
            return answer

        return watched


def watch(role: str) -> None:
    """This process's container and transactions, from now on."""

    def reach(what: str) -> None:
        at(f"{role}:{what}")

    @contextmanager
    def watched(*given: Any, **named: Any) -> Iterator[Any]:
        with transaction(*given, **named) as work:
            yield work
            deeds = [event["action"] for _, event in work.events if "action" in event]
            for deed in deeds:
                reach(f"{deed}.uncommitted")
        for deed in deeds:
            reach(f"{deed}.committed")

    unit.transaction = watched  # type: ignore[assignment]
    house = containers.build(get_settings())
    enqueue_many = house.jobs.enqueue_many

    def enqueue(rows: Any) -> None:
        reach("enqueue.before")
        enqueue_many(rows)

    house.jobs.enqueue_many = enqueue  # type: ignore[method-assign]
    payments: Any = {name: Watched(gateway, name, reach) for name, gateway in house.payments.items()}
    bureau: Any = house.bureau and Watched(house.bureau, "bureau", reach)
    containers.use(replace(house, payments=payments, bureau=bureau))
