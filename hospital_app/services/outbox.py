"""The outbox's own bookkeeping: what is due, who works on it, how it ended."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.models.operation import OutboxRow
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Job:
    """One outbox row as a worker sees it."""

    id: int
    kind: str
    lane: str | None
    payload: dict[str, Any]
    attempts: int


def anything_due(work: Work) -> bool:
    """Whether a round of the relay may find something: asked without a lock, since mostly it would not."""
    due = select(col(OutboxRow.id)).where(
        col(OutboxRow.done_at).is_(None), col(OutboxRow.failed_at).is_(None), col(OutboxRow.run_at) <= work.now
    )
    return work.session.scalar(due.limit(1)) is not None


def hand_out(work: Work, *, limit: int, again_after_seconds: int) -> list[tuple[int, int, str]]:
    """Due rows that nobody carries: (id, attempt, kind) each, marked as queued for a while.

    If the queue loses them, they come again after `again_after_seconds`. Of a lane only the first row owed: whoever
    finishes it goes on with the next, and behind a stuck one the queue does not fill with jobs that can do nothing.
    """
    earlier = aliased(OutboxRow)
    behind_another = exists().where(
        col(earlier.lane) == col(OutboxRow.lane),
        col(earlier.id) < col(OutboxRow.id),
        col(earlier.done_at).is_(None),
        col(earlier.failed_at).is_(None),
    )
    rows = work.session.execute(
        select(col(OutboxRow.id), col(OutboxRow.attempts), col(OutboxRow.kind))
        .where(
            col(OutboxRow.done_at).is_(None),
            col(OutboxRow.failed_at).is_(None),
            col(OutboxRow.run_at) <= work.now,
            or_(col(OutboxRow.queued_until).is_(None), col(OutboxRow.queued_until) <= work.now),
            ~behind_another,
        )
        .order_by(col(OutboxRow.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        work.change(
            update(OutboxRow)
            .where(col(OutboxRow.id).in_([row.id for row in rows]))
            .values(
                queued_until=work.now + timedelta(seconds=again_after_seconds),
                attempts=col(OutboxRow.attempts) + 1,
            )
        )
    return [(row.id, row.attempts + 1, row.kind) for row in rows]


def claim(work: Work, *, row_id: int, seconds: int) -> Job | None:
    """The row to work on for `row_id`: itself, or the oldest undone row of its lane. None: nothing to do.

    Claimed by a conditional UPDATE, so two workers never carry out one row at the same time; a claim of a dead
    worker ends by itself.
    """
    row = work.session.get(OutboxRow, row_id, populate_existing=True)
    if row is None or row.done_at is not None or row.failed_at is not None:
        return None
    if row.lane is not None:
        row = work.session.scalars(
            select(OutboxRow)
            .where(
                col(OutboxRow.lane) == row.lane,
                col(OutboxRow.done_at).is_(None),
                col(OutboxRow.failed_at).is_(None),
            )
            .order_by(col(OutboxRow.id))
            .limit(1)
        ).first()
    if row is None or row.run_at > work.now or row.id is None:
        return None
    done = work.change(
        update(OutboxRow)
        .where(
            col(OutboxRow.id) == row.id,
            col(OutboxRow.done_at).is_(None),
            col(OutboxRow.failed_at).is_(None),
            or_(col(OutboxRow.claimed_until).is_(None), col(OutboxRow.claimed_until) <= work.now),
        )
        .values(claimed_until=work.now + timedelta(seconds=seconds))
    )
    if done != 1:
        return None
    return Job(row.id, row.kind, row.lane, json.loads(row.payload), row.attempts)


def finish(work: Work, *, row_id: int) -> None:
    work.change(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id, col(OutboxRow.done_at).is_(None))
        .values(done_at=work.now, claimed_until=None, last_error="")
    )


def postpone(work: Work, *, row_id: int, lane: str | None, seconds: int, error: str) -> None:
    """It did not go through this time: again after `seconds`, and until then the relay need not look at its lane."""
    run_at = work.now + timedelta(seconds=seconds)
    work.change(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id, col(OutboxRow.done_at).is_(None))
        .values(run_at=run_at, queued_until=None, claimed_until=None, last_error=error[:300])
    )
    if lane is not None:
        work.change(
            update(OutboxRow)
            .where(
                col(OutboxRow.lane) == lane,
                col(OutboxRow.id) > row_id,
                col(OutboxRow.done_at).is_(None),
                col(OutboxRow.run_at) < run_at,
            )
            .values(run_at=run_at)
        )


def wake(work: Work, *, kind: str) -> None:
    """Rows of a kind that were put off are due now."""
    work.change(
        update(OutboxRow)
        .where(
            col(OutboxRow.kind) == kind,
            col(OutboxRow.done_at).is_(None),
            col(OutboxRow.failed_at).is_(None),
            col(OutboxRow.run_at) > work.now,
        )
        .values(run_at=work.now)
    )


def give_up(work: Work, *, row_id: int, error: str) -> None:
    """The other side refused for good: left for people, with the reason; the audit lists it."""
    work.change(
        update(OutboxRow)
        .where(col(OutboxRow.id) == row_id)
        .values(failed_at=work.now, claimed_until=None, last_error=error[:300])
    )
    work.record("outbox.failed", f"outbox:{row_id}")


def next_in_lane(work: Work, *, lane: str) -> int | None:
    """The oldest row still owed in a lane."""
    return work.session.scalar(
        select(func.min(col(OutboxRow.id))).where(
            col(OutboxRow.lane) == lane,
            col(OutboxRow.done_at).is_(None),
            col(OutboxRow.failed_at).is_(None),
            col(OutboxRow.run_at) <= work.now,
        )
    )
