"""The deadlines of many holds at once: their outbox rows, the holds, and what follows, in one transaction."""

import json

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.models.operation import OutboxRow
from hospital_app.services import releasing
from hospital_app.work import Work

KIND = "hold.expire"


def work_off(work: Work, *, limit: int) -> int:
    """Due rows that nobody carries, the oldest first, until they name `limit` holds; how many. The rows of paid holds
    end as well.
    """
    rows = work.session.execute(
        select(col(OutboxRow.id), col(OutboxRow.payload))
        .where(
            col(OutboxRow.done_at).is_(None),
            col(OutboxRow.run_at) <= work.now,
            col(OutboxRow.kind) == KIND,
            col(OutboxRow.failed_at).is_(None),
            col(OutboxRow.queued_until).is_(None),
        )
        .order_by(col(OutboxRow.run_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    nos: list[str] = []
    done: list[int | None] = []
    for row in rows:
        if len(nos) < limit:
            nos += json.loads(row.payload)["nos"]
            done.append(row.id)
    if done:
        releasing.expire_all(work, nos=nos)
        finished = update(OutboxRow).where(col(OutboxRow.id).in_(done))
        work.change(finished.values(done_at=work.now, attempts=1, last_error=""))
    return len(nos)
