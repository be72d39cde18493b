"""How large the demonstration hospital is, and what its parts need while it is built."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any, TypeVar

from sqlalchemy.orm import Session, sessionmaker

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.payment import Channel
from hospital_app.domain.policy import Rules
from hospital_app.work import transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """`seed` decides everything that chance decides; the same seed at the same instant gives the same hospital.

    `departments`: codes of the open ones, None for all of data/open_departments.tsv. `ways`: what people have paid
    with, None for all that can be told of it (channel.py).
    """

    seed: int = 20261124
    past_days: int = 21
    days_ahead: int = 14
    accounts: int = 20_000
    departments: frozenset[str] | None = None
    ways: frozenset[Channel] | None = None


@dataclass(frozen=True)
class Stage:
    """Where the hospital is built: database, rules, the instant that counts as now, and how to report progress."""

    sessions: sessionmaker[Session]
    rules: Rules
    now: datetime
    plan: Plan
    report: Callable[[int], None]

    @property
    def today(self) -> date:
        return clinic_day(self.now)

    def is_today(self, at: datetime) -> bool:
        return clinic_day(at) == self.today

    def chance(self, topic: str) -> Random:
        """A source of its own for each topic, so that a change in one part leaves the others as they were."""
        return Random(f"{self.plan.seed}:{topic}")

    def do(
        self, service: Callable[..., T], /, *, actor: Actor = SYSTEM, at: datetime | None = None, **arguments: Any
    ) -> T:
        """One service of the product in one transaction, as if it were `at`; nobody listens to hints yet."""
        with transaction(self.sessions, now=at or self.now, actor=actor, rules=self.rules) as work:
            return service(work, **arguments)
