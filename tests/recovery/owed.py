"""What a town still owes to the outside world."""

from datetime import timedelta

from sqlalchemy import case, select
from sqlmodel import col

from hospital_app import clock
from hospital_app.models.operation import OutboxRow
from tests.support.town import Town


def still_owed(town: Town) -> list[OutboxRow]:
    """Effects not carried out yet, those put off for a retry included; deadlines of holds count once they have come."""
    now = clock.now()
    retried_by = now + timedelta(minutes=5)
    with town.house.sessions() as session:
        return list(
            session.scalars(
                select(OutboxRow).where(
                    col(OutboxRow.done_at).is_(None),
                    col(OutboxRow.failed_at).is_(None),
                    col(OutboxRow.run_at) <= case((col(OutboxRow.kind) == "hold.expire", now), else_=retried_by),
                )
            )
        )
