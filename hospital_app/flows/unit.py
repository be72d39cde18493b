"""Run one service in one transaction, again if the database asked for it, and tell the world after the commit."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError

from hospital_app.container import container
from hospital_app.domain.identity import Actor
from hospital_app.services.sessions import HOLDER_TOPIC, SESSION_TOPIC
from hospital_app.services.slots import FREED
from hospital_app.work import Work, transaction

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 5
# MySQL: deadlock, lock wait timeout, and a savepoint gone because a deadlock took the transaction with it.
# SQLite says "locked" when its one writer is busy beyond the timeout.
RETRIED_CODES = {1213, 1205, 1305}


def asks_for_retry(error: OperationalError) -> bool:
    """Whether the database refused for reasons of timing only, so that the whole transaction may run again."""
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    return bool(arguments) and (arguments[0] in RETRIED_CODES or "locked" in str(arguments[0]))


def perform(actor: Actor, service: Callable[Concatenate[Work, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """`service(work, ...)` in one transaction; hints and events are published after its commit.

    Deadlocks replay the whole transaction, up to ATTEMPTS times; a Refusal rolls back and goes up.
    """
    house = container()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            now = house.clock()
            with transaction(house.sessions, now=now, actor=actor, rules=house.rules_at(now)) as work:
                answer = service(work, *args, **kwargs)
        except OperationalError as error:
            if attempt == ATTEMPTS or not asks_for_retry(error):
                raise
            continue
        publish(work)
        return answer
    raise AssertionError("unreachable")


def publish(work: Work) -> None:
    """Hints and events of a committed work. Neither can fail the caller."""
    house = container()
    if work.topics:
        # First, so that a screen that reads again reads what was committed.
        clinics = [int(named) for named in _named(work, "schedule:")]
        if FREED in work.topics:
            house.gate.doubt(clinics)
        house.calendars.changed(clinics)
        house.sessions_kept.forget(
            token_hashes=_named(work, SESSION_TOPIC), account_ids=map(int, _named(work, HOLDER_TOPIC))
        )
        house.hints.publish(work.topics)
    for collection, event in work.events:
        house.event_log.write(collection, event)


def _named(work: Work, kind: str) -> list[str]:
    """What stands behind `kind` in the topics of a work."""
    return [topic.removeprefix(kind) for topic in work.topics if topic.startswith(kind)]
