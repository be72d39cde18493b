"""审计查询: who did what, when, from where; for the hospital's admin, newest first."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import col

from hospital_app.catalogue import english
from hospital_app.domain import authority
from hospital_app.domain.actions import name_of, named_like
from hospital_app.domain.authority import Right
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.identity import Staff
from hospital_app.models.operation import AuditEntry, AuditSeal
from hospital_app.work import Work

AT_ONCE = 50
EXPORTED = 5_000
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """`who`: a staff number, an account's number, or `staff:1`, `account:1`; `action`: words of its name, or its code;
    codes, subjects and addresses match from their beginning.
    """

    who: str = ""
    role: str = ""
    action: str = ""
    subject: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One entry; `name`: its action in Chinese; `link`: its place in the chain, None while it waits for the seal."""

    id: int
    at: datetime
    actor: str
    role: str
    address: str
    action: str
    subject: str
    detail: dict[str, Any]
    link: int | None

    @property
    def name(self) -> str:
        return name_of(self.action)


@dataclass(frozen=True, slots=True)
class Page:
    """`older`: the id to go on below; None at the end."""

    entries: tuple[Found, ...]
    older: int | None


def search(work: Work, *, wanted: Wanted, below: int | None = None, limit: int = AT_ONCE) -> Page:
    authority.check(work.actor, Right.SEE_AUDIT)
    query = _query(work, wanted)
    if below is not None:
        query = query.where(col(AuditEntry.id) < min(below, ID_MAX))
    rows = [_found(*row) for row in work.session.execute(query.limit(limit + 1))]
    return Page(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def export(work: Work, *, wanted: Wanted) -> list[Found]:
    """The newest entries that match, EXPORTED at most; that somebody took them is on record."""
    authority.check(work.actor, Right.SEE_AUDIT)
    rows = [_found(*row) for row in work.session.execute(_query(work, wanted).limit(EXPORTED))]
    filters = {name: value for name, value in asdict(wanted).items() if value}
    work.record("audit.export", "audit-entry", entries=len(rows), filters=filters)
    return rows


def _query(work: Work, wanted: Wanted) -> "Select[AuditEntry, int]":
    query = (
        select(AuditEntry, col(AuditSeal.seq))
        .outerjoin(AuditSeal, col(AuditSeal.entry_id) == col(AuditEntry.id))
        .order_by(col(AuditEntry.id).desc())
    )
    if wanted.who:
        query = query.where(col(AuditEntry.actor) == _actor(work, wanted.who))
    if wanted.role:
        query = query.where(col(AuditEntry.role) == wanted.role)
    if wanted.action:
        code = col(AuditEntry.action)
        named = named_like(wanted.action, english())
        query = query.where(or_(code.startswith(wanted.action, autoescape=True), code.in_(named)))
    for column, text in (
        (AuditEntry.subject, wanted.subject),
        (AuditEntry.address, wanted.address),
    ):
        if text:
            query = query.where(col(column).startswith(text, autoescape=True))
    if wanted.since is not None:
        query = query.where(col(AuditEntry.at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(AuditEntry.at) < wanted.until)
    return query


def _actor(work: Work, who: str) -> str:
    """How entries name this person."""
    if ":" in who:
        return who
    staff_id = work.session.scalar(select(col(Staff.id)).where(col(Staff.staff_no) == who))
    return f"staff:{staff_id}" if staff_id is not None else f"account:{who}" if who.isdigit() else who


def _found(entry: AuditEntry, link: int | None) -> Found:
    return Found(
        id=entry.id or 0,
        at=entry.at,
        actor=entry.actor,
        role=entry.role,
        address=entry.address,
        action=entry.action,
        subject=entry.subject,
        detail=json.loads(entry.detail),
        link=link,
    )
