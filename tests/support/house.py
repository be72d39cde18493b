"""A whole house for tests of services and flows: real stores, a clock that tests move, jobs run on demand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.db import make_sessions
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.flows import outbox
from hospital_app.flows.unit import perform
from hospital_app.services import audit
from hospital_app.services.outbox import hand_out
from hospital_app.settings import Settings, get_settings
from tests.support.builders import NOON_BEFORE
from workers.jobs import KINDS

T = TypeVar("T")


class House:
    """The process's container on the stores of a test."""

    def __init__(self, engine: Engine, redis_url: str, **settings: Any) -> None:
        self.now = NOON_BEFORE
        self.engine = engine
        self.sessions: sessionmaker[Session] = make_sessions(engine)
        usual = get_settings().model_copy(update={"redis_url": redis_url})
        chosen = Settings(**{**usual.model_dump(), **settings}) if settings else usual
        self.container = replace(
            containers.build(chosen), engine=engine, sessions=self.sessions, clock=lambda: self.now
        )
        containers.use(self.container)

    def later(self, **span: float) -> None:
        """Move the clock."""
        self.now += timedelta(**span)

    def at(self, instant: datetime) -> None:
        self.now = instant

    def do(self, service: Callable[..., T], /, *, actor: Actor = SYSTEM, **arguments: Any) -> T:
        """One service in one transaction."""
        return perform(actor, service, **arguments)

    def work_off(self, *, rounds: int = 20) -> int:
        """Do everything that is due, as relay and workers would; how many rows were handed out."""
        total = 0
        for _ in range(rounds):
            rows = perform(SYSTEM, hand_out, limit=500, again_after_seconds=0)
            if not rows:
                break
            total += len(rows)
            for row_id, _, _ in rows:
                outbox.work_off(row_id, KINDS)
        return total

    def broken(self) -> list[str]:
        return perform(SYSTEM, audit.broken)


class LiveHouse(House):
    """Its clock runs as that of the other processes on the same stores; nobody can move it."""

    def __init__(self, engine: Engine, redis_url: str, **settings: Any) -> None:
        super().__init__(engine, redis_url, **settings)
        self.container = replace(self.container, clock=clock.now)
        containers.use(self.container)

    @property
    def now(self) -> datetime:
        return clock.now()

    @now.setter
    def now(self, _: datetime) -> None:
        pass


def patient_actor(account_id: int) -> Actor:
    return Actor(Role.PATIENT, account_id=account_id, address="127.0.0.1")
