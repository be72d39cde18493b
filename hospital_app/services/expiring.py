"""The deadlines of many holds at once: their outbox rows, the holds, and what follows, in one transaction."""

import json

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.models.operation import OutboxRow
from hospital_app.services import releasing
from hospital_app.work import Work

KIND = "hold.expire"


def work_off(work: Work, *, limit: int) -> int:
    """Up to `limit` due rows that nobody carries, the oldest first; how many. The rows of paid holds end as well."""
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
    if not rows:
        return 0
    releasing.expire_all(work, nos=[json.loads(row.payload)["no"] for row in rows])
    work.change(
        update(OutboxRow)
        .where(col(OutboxRow.id).in_([row.id for row in rows]))
        .values(done_at=work.now, attempts=1, last_error="")
    )
    return len(rows)
