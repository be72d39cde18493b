"""One transaction: begin, commit, roll back. The only place that commits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import CursorResult, Executable, Update
from sqlalchemy.orm import Session, sessionmaker

from hospital_app.domain.identity import Actor
from hospital_app.domain.policy import Rules
from hospital_app.models.operation import AuditEntry, OutboxRow
from hospital_app.models.tables import write_rows


def as_json(value: Any) -> str:
    """What JSON has no word for is said as `str` says it."""
    return orjson.dumps(value, default=str, option=_AS_STR).decode()


_AS_STR = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
_AUDIT_COLUMNS = ("actor", "role", "address", "action", "subject", "detail")


class Owed(NamedTuple):
    """An effect outside the database, as `Work.later` takes it."""

    kind: str
    payload: dict[str, Any]
    lane: str | None = None
    run_at: datetime | None = None


class Deed(NamedTuple):
    """What somebody did, as `Work.record` takes it."""

    actor: Actor
    action: str
    subject: str
    detail: dict[str, Any]


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
    _owed: list[Owed] = field(default_factory=list)
    _deeds: list[Deed] = field(default_factory=list)

    def later(self, kind: str, *, lane: str | None = None, run_at: datetime | None = None, **payload: Any) -> None:
        """An effect outside the database, carried out after the commit by a worker.

        `kind` names a job in workers/jobs.py; rows of one `lane` are worked off in the order of these calls.
        """
        self._owed.append(Owed(kind, payload, lane, run_at))

    def later_all(self, owed: Iterable[Owed]) -> None:
        """The same for many, in this order."""
        self._owed += owed

    def columns(self, query: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
        """Rows of columns, without what the session does for objects."""
        return self.session.connection().execute(query, values).all()

    def change(self, statement: Update) -> int:
        """Run a conditional UPDATE; how many rows it moved. Objects in the session are not touched: read afresh."""
        result = self.session.execute(statement.execution_options(synchronize_session=False))
        return cast("CursorResult[Any]", result).rowcount

    def rows_changed(self, statement: Update, values: Mapping[str, Any]) -> int:
        """How many rows a prepared UPDATE moved; for those too the session is not asked."""
        return self.session.connection().execute(statement, values).rowcount

    def record(self, action: str, subject: str, **detail: Any) -> None:
        """One audit row for one action; `detail` holds ids and codes, never personal data."""
        self.record_all([Deed(self.actor, action, subject, detail)])

    def record_all(self, deeds: Iterable[Deed]) -> None:
        """The same for many, each with its own actor."""
        for deed in deeds:
            self._deeds.append(deed)
            self._tell(deed)

    def write_down(self) -> None:
        """What is owed and what was done, each in one statement: the last thing before the commit."""
        if self._owed:
            rows = [(each.kind, each.lane, as_json(each.payload), each.run_at or self.now) for each in self._owed]
            same: dict[str, Any] = {"attempts": 0, "created_at": self.now, "last_error": ""}
            write_rows(self.session, OutboxRow, rows, names=("kind", "lane", "payload", "run_at"), **same)
        if self._deeds:
            entries = [self._audit_row(deed) for deed in self._deeds]
            write_rows(self.session, AuditEntry, entries, names=_AUDIT_COLUMNS, at=self.now)
        self._owed, self._deeds = [], []

    def hint(self, *topics: str) -> None:
        """Something about these topics changed: screens will read again."""
        self.topics.update(topics)

    def _audit_row(self, deed: Deed) -> tuple[str, ...]:
        """In the order of _AUDIT_COLUMNS."""
        actor = deed.actor
        return actor.subject, actor.role.value, actor.address, deed.action, deed.subject, as_json(deed.detail)

    def _tell(self, deed: Deed) -> None:
        who = {"actor": deed.actor.subject, "role": deed.actor.role.value, "terminal": deed.actor.terminal}
        what = {"action": deed.action, "subject": deed.subject}
        self.events.append(("operations", {"at": self.now, **who, **what, **deed.detail}))


@contextmanager
def transaction(sessions: sessionmaker[Session], *, now: datetime, actor: Actor, rules: Rules) -> Iterator[Work]:
    """Commits at the end, rolls back if anything is raised."""
    with sessions() as session, session.begin():
        work = Work(session, now, actor, rules)
        yield work
        work.write_down()
