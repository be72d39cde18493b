"""审计链的读取: its links batch by batch, how far it is sealed, and when it was checked last."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.chain import SUBJECT, VERIFIED, Entry, Fault, Link
from hospital_app.models.operation import AuditEntry, AuditSeal
from hospital_app.services.sealing import entry_columns
from hospital_app.work import Work

#: Nothing waits longer than this for its link while a scheduler runs.
SEALED_WITHIN = timedelta(seconds=60)
FAULTS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last look along the whole chain found."""

    at: datetime
    links: int
    broken: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChainState:
    """`overdue`: entries older than a minute without a link."""

    sealed_to: int
    sealed_at: datetime | None
    overdue: int
    checked: Checked | None


def links(work: Work, *, after_seq: int, limit: int) -> list[Link]:
    """The next links behind `after_seq`, each with its entry, None for one that is gone."""
    entry = entry_columns()
    rows = work.session.execute(
        select(col(AuditSeal.seq), col(AuditSeal.entry_id), col(AuditSeal.hash), col(AuditSeal.sealed_at), *entry)
        .outerjoin(AuditEntry, col(AuditEntry.id) == col(AuditSeal.entry_id))
        .where(col(AuditSeal.seq) > after_seq)
        .order_by(col(AuditSeal.seq))
        .limit(limit)
    )
    return [Link(row[0], row[1], row[2], row[3], None if row[4] is None else Entry(*row[4:])) for row in rows]


def overdue(work: Work) -> int:
    """Entries that should have a link by now."""
    late = (
        select(func.count(col(AuditEntry.id)))
        .outerjoin(AuditSeal, col(AuditSeal.entry_id) == col(AuditEntry.id))
        .where(col(AuditEntry.at) <= work.now - SEALED_WITHIN, col(AuditSeal.seq).is_(None))
    )
    return work.session.scalar(late) or 0


def report(work: Work, *, links: int, broken: int, faults: list[Fault]) -> None:
    """Write down what a look along the whole chain found."""
    named = [f"{fault.kind}:{fault.seq}:{fault.entry_id}" for fault in faults[:FAULTS_KEPT]]
    work.record(VERIFIED, SUBJECT, links=links, broken=broken, faults=named)


def last_check(work: Work) -> Checked | None:
    found = work.session.scalars(
        select(AuditEntry)
        .where(col(AuditEntry.subject) == SUBJECT, col(AuditEntry.action) == VERIFIED)
        .order_by(col(AuditEntry.id).desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    said: dict[str, Any] = json.loads(found.detail)
    return Checked(found.at, said["links"], said["broken"], tuple(said["faults"]))


def state(work: Work) -> ChainState:
    """For the hospital's admin."""
    authority.check(work.actor, Right.SEE_AUDIT)
    newest = work.session.execute(
        select(col(AuditSeal.seq), col(AuditSeal.sealed_at)).order_by(col(AuditSeal.seq).desc()).limit(1)
    ).one_or_none()
    seq, at = (newest.seq, newest.sealed_at) if newest else (0, None)
    return ChainState(seq, at, overdue(work), last_check(work))
