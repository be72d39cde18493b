"""One transaction: begin, commit, roll back. The only place that commits."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Update
from sqlalchemy.orm import Session, sessionmaker

from hospital_app.domain.identity import Actor
from hospital_app.domain.policy import Rules
from hospital_app.models.operation import AuditEntry, OutboxRow


@dataclass
class Work:
    """What a service function needs: the session, one `now` for all it decides, who acts, and the rules.

    `topics` and `events` are collected here and leave the house only after the commit (flows publish them).
    """

    session: Session
    now: datetime
    actor: Actor
    rules: Rules
    topics: set[str] = field(default_factory=set)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def later(self, kind: str, *, lane: str | None = None, run_at: datetime | None = None, **payload: Any) -> None:
        """An effect outside the database, carried out after the commit by a worker.

        `kind` names a job in workers/jobs.py; rows of one `lane` are worked off in the order of their ids.
        """
        self.session.add(
            OutboxRow(
                kind=kind,
                lane=lane,
                payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
                created_at=self.now,
                run_at=run_at or self.now,
            )
        )

    def change(self, statement: Update) -> int:
        """Run a conditional UPDATE; how many rows it moved. Objects in the session are not touched: read afresh."""
        result = self.session.execute(statement.execution_options(synchronize_session=False))
        return cast("CursorResult[Any]", result).rowcount

    def record(self, action: str, subject: str, **detail: Any) -> None:
        """One audit row for one action; `detail` holds ids and codes, never personal data."""
        text = json.dumps(detail, ensure_ascii=False, separators=(",", ":"), default=str)
        self.session.add(
            AuditEntry(
                at=self.now,
                actor=self.actor.subject,
                role=self.actor.role.value,
                address=self.actor.address,
                action=action,
                subject=subject,
                detail=text,
            )
        )
        self.events.append(
            (
                "operations",
                {
                    "at": self.now,
                    "actor": self.actor.subject,
                    "role": self.actor.role.value,
                    "terminal": self.actor.terminal,
                    "action": action,
                    "subject": subject,
                    **detail,
                },
            )
        )

    def hint(self, *topics: str) -> None:
        """Something about these topics changed: screens will read again."""
        self.topics.update(topics)


@contextmanager
def transaction(sessions: sessionmaker[Session], *, now: datetime, actor: Actor, rules: Rules) -> Iterator[Work]:
    """Commits at the end, rolls back if anything is raised."""
    with sessions() as session, session.begin():
        yield Work(session, now, actor, rules)
