"""Reads that take no write lock, for what everybody looks at all the time."""

from collections.abc import Callable
from functools import lru_cache
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hospital_app.container import container
from hospital_app.db import make_sessions
from hospital_app.domain.identity import Actor
from hospital_app.work import Work, transaction

P = ParamSpec("P")
T = TypeVar("T")


def look(actor: Actor, service: Callable[Concatenate[Work, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """`service(work, ...)` that only reads: on SQLite it neither waits for the one writer nor keeps it waiting."""
    house = container()
    now = house.clock()
    with transaction(_readers(house.engine), now=now, actor=actor, rules=house.rules_at(now)) as work:
        return service(work, *args, **kwargs)


@lru_cache(maxsize=4)
def _readers(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine.execution_options(read=True))
