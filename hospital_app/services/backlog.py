"""What the house still owes the outside world, and how late its workers are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.models.operation import OutboxRow
from hospital_app.services import his_comparing
from hospital_app.services.his_comparing import Report
from hospital_app.work import Work

RECENT = 200
FAILED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OwedKind:
    """Effects of one kind that are due and not done."""

    kind: str
    due: int
    oldest_seconds: int


@dataclass(frozen=True, slots=True)
class FailedRow:
    """One effect that was given up and waits for a person."""

    id: int
    kind: str
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """Seconds from due to done: `oldest_seconds` of what is still owed, the others of the last `RECENT` done.

    `his`: the newest comparison with the HIS.
    """

    due: int
    oldest_seconds: int
    failed: int
    lag_median_seconds: int
    lag_worst_seconds: int
    kinds: tuple[OwedKind, ...]
    failures: tuple[FailedRow, ...]
    his: Report | None


def backlog(work: Work) -> Backlog:
    """Of the whole house, so for the hospital's admin only."""
    authority.check(work.actor, Right.SEE_BACKLOG)
    kinds = _due(work)
    lags = _lags(work)
    failures, failed = _failures(work)
    return Backlog(
        due=sum(kind.due for kind in kinds),
        oldest_seconds=max((kind.oldest_seconds for kind in kinds), default=0),
        failed=failed,
        lag_median_seconds=lags[len(lags) // 2] if lags else 0,
        lag_worst_seconds=lags[-1] if lags else 0,
        kinds=tuple(kinds),
        failures=tuple(failures),
        his=his_comparing.report(work),
    )


def _due(work: Work) -> list[OwedKind]:
    query = (
        select(col(OutboxRow.kind), func.count(), func.min(col(OutboxRow.run_at)))
        .where(col(OutboxRow.done_at).is_(None), col(OutboxRow.failed_at).is_(None), col(OutboxRow.run_at) <= work.now)
        .group_by(col(OutboxRow.kind))
    )
    rows = work.session.execute(query).all()
    return sorted(
        (OwedKind(kind, number, int((work.now - oldest).total_seconds())) for kind, number, oldest in rows),
        key=lambda owed: -owed.oldest_seconds,
    )


def _lags(work: Work) -> Sequence[int]:
    """Sorted seconds from due to done of the rows done last."""
    query = (
        select(col(OutboxRow.run_at), col(OutboxRow.done_at))
        .where(col(OutboxRow.done_at).is_not(None))
        .order_by(col(OutboxRow.done_at).desc())
        .limit(RECENT)
    )
    return sorted(
        max(0, int((done - due).total_seconds())) for due, done in work.session.execute(query) if done is not None
    )


def _failures(work: Work) -> tuple[list[FailedRow], int]:
    given_up = (col(OutboxRow.done_at).is_(None), col(OutboxRow.failed_at).is_not(None))
    newest = select(OutboxRow).where(*given_up).order_by(col(OutboxRow.id).desc()).limit(FAILED_SHOWN)
    rows = [FailedRow(row.id or 0, row.kind, row.attempts, row.last_error) for row in work.session.scalars(newest)]
    total = work.session.scalar(select(func.count()).select_from(OutboxRow).where(*given_up))
    return rows, total or 0
