"""Sealing everything with the current key, a batch at a time, so that nobody in the house has to wait for it."""

from collections.abc import Callable
from functools import partial

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import rotation
from hospital_app.services.rotation import Batch
from hospital_app.work import Work

BATCH = 200


def rotate(report: Callable[[str, int], None], *, batch: int = BATCH) -> dict[str, int]:
    """Through every table, then the outbox; `report(table, values changed)` after each. What is left, by key id."""
    for sealed in rotation.sealed_tables():
        report(sealed.name, _through(partial(rotation.rotate_rows, sealed=sealed), batch))
    report("outbox", _through(rotation.rotate_outbox, batch))
    return look(SYSTEM, rotation.remaining)


def _through(step: Callable[..., Batch], limit: int) -> int:
    changed, after = 0, None
    while True:
        done: Batch = perform(SYSTEM, step, after=after, limit=limit)
        changed += done.changed
        if done.last is None:
            return changed
        after = done.last


def record(left: dict[str, int]) -> None:
    """On the audit trail: that it was done, and what is left."""
    perform(SYSTEM, _record, left=left)


def _record(work: Work, *, left: dict[str, int]) -> None:
    work.record("keys.rotate", "vault", remaining=left)
