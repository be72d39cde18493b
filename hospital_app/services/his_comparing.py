"""与 HIS 核对: which of our rows are compared next, as what, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from hospital_app.domain import authority, fhir
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, instant
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.operation import HisComparison, OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.his_outbox import (
    lane_of,
    snapshot_of_appointment,
    snapshot_of_payment,
    snapshot_of_refund,
    snapshot_of_slot,
    snapshot_version,
)
from hospital_app.work import Work

FIRST_NIGHT = timedelta(hours=1)  # a house that was never compared begins at night, not whenever it is started
EXAMPLES = 20
SYNC = "his.sync"


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of ours as the HIS should hold it. `counted`: the report's column; `owner`: the row that brought it."""

    counted: str
    owner: int
    resource: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.resource['resourceType']}/{self.resource['id']}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows that nothing is owed of; `waiting`: how many owners still have something on its way."""

    rows: list[Compared]
    waiting: int


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a comparison is: our appointments with their money first, our numbers, then what the HIS has of each."""

    id: int
    since: datetime
    phase: str
    after: int


@dataclass(frozen=True, slots=True)
class Report:
    """How both sides stand. `examples`: (resource, elements that differ, whether it is equal now).

    `only_there`: under numbers that are not ours; `strangers`: (resource, its state and time or amount), the first.
    """

    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    waiting: int
    differences: int
    repaired: int
    only_there: int
    examples: tuple[tuple[str, str, bool], ...]
    strangers: tuple[tuple[str, str], ...]
    last_error: str

    @property
    def open(self) -> int:
        return self.differences - self.repaired + self.only_there


def is_due(work: Work) -> bool:
    """Whether one is under way, or tonight's is to begin."""
    newest = _newest(work)
    if newest is not None and newest.finished_at is None:
        return True
    at = instant(clinic_day(work.now), work.rules.his_compare_at)
    if newest is None:
        return at <= work.now <= at + FIRST_NIGHT
    return newest.started_at < at <= work.now


def begin(work: Work, *, days: int | None = None) -> Stand:
    """Of all visits from `days` ago on (None: as the rules say); goes on with one that is under way."""
    newest = _newest(work)
    if newest is not None and newest.finished_at is None:
        return _stand(newest)
    span = timedelta(days=work.rules.his_compare_days if days is None else days)
    fresh = HisComparison(started_at=work.now, since=work.now - span, examples="[]")
    work.session.add(fresh)
    work.session.flush()
    return _stand(fresh)


def next_appointments(work: Work, *, since: datetime, after: int, limit: int) -> list[int]:
    return _next(work, col(Appointment.id), after, limit, col(Appointment.starts_at) >= since)


def next_slots(work: Work, *, since: datetime, after: int, limit: int) -> list[int]:
    """Numbers that were ever taken."""
    return _next(work, col(Slot.id), after, limit, col(Slot.starts_at) >= since, col(Slot.version) > 1)


def appointments(work: Work, *, ids: Sequence[int]) -> Reading:
    """With their payments and refunds; without those in whose lane something is on its way."""
    rows = list(work.session.scalars(select(Appointment).where(col(Appointment.id).in_(ids))))
    lanes = {lane_of(row.no) for row in rows}
    query = select(col(OutboxRow.lane)).where(col(OutboxRow.lane).in_(lanes), *_on_its_way())
    busy = set(work.session.scalars(query))
    still = {row.id or 0: row for row in rows if lane_of(row.no) not in busy}
    compared = [
        Compared("appointments", owner, fhir.appointment(snapshot_of_appointment(row))) for owner, row in still.items()
    ]
    payments = {
        row.id or 0: row for row in work.session.scalars(select(Payment).where(col(Payment.appointment_id).in_(still)))
    }
    for payment in payments.values():
        if snapshot_version(payment):
            owner = payment.appointment_id
            told = snapshot_of_payment(payment, still[owner])
            compared.append(Compared("payments", owner, fhir.payment(told)))
    for refund in work.session.scalars(select(Refund).where(col(Refund.appointment_id).in_(still))):
        owner = refund.appointment_id
        told = snapshot_of_refund(refund, payments[refund.payment_id], still[owner])
        compared.append(Compared("refunds", owner, fhir.refund(told)))
    return Reading(compared, len(rows) - len(still))


def slots(work: Work, *, ids: Sequence[int]) -> Reading:
    """Without those that something on its way speaks of."""
    rows = work.session.scalars(select(Slot).where(col(Slot.id).in_(ids))).all()
    told = work.session.scalars(select(col(OutboxRow.payload)).where(col(OutboxRow.kind) == SYNC, *_on_its_way()))
    busy = {slot["id"] for payload in told for slot in json.loads(payload).get("slots", [])} if rows else set()
    still = [row for row in rows if row.id not in busy]
    compared = [Compared("slots", row.id or 0, fhir.slot(snapshot_of_slot(row))) for row in still]
    return Reading(compared, len(rows) - len(still))


def owners(work: Work, *, kind: str, ids: Sequence[str]) -> dict[str, int]:
    """Whose each of these numbers is: an appointment's row, or a number's own; those that are not ours are left out."""
    if kind == "Slot":
        numbers = [int(each) for each in ids if each.isascii() and each.isdecimal() and len(each) < 19]
        known = work.session.scalars(select(col(Slot.id)).where(col(Slot.id).in_(numbers)))
        return {str(number): number or 0 for number in known}
    if kind == "Appointment":
        booked = select(col(Appointment.no), col(Appointment.id)).where(col(Appointment.no).in_(ids))
        return {row.no: row.id or 0 for row in work.session.execute(booked)}
    found: dict[str, int] = {}
    for model in (Payment, Refund):
        query = select(col(model.no), col(model.appointment_id)).where(col(model.no).in_(ids))
        found |= {row.no: row.appointment_id for row in work.session.execute(query)}
    return found


def note(
    work: Work,
    *,
    stand: Stand,
    counts: Mapping[str, int],
    waiting: int,
    examples: Sequence[tuple[str, str, bool]],
    strangers: Sequence[tuple[str, str]] = (),
) -> None:
    """One page was compared: where it goes on, what was found, and what is equal again (`examples`: all of it)."""
    row = work.session.get_one(HisComparison, stand.id, with_for_update=True, populate_existing=True)
    if (row.phase, row.after) >= (stand.phase, stand.after):
        return  # another process was quicker
    for name, number in counts.items():
        setattr(row, name, getattr(row, name) + number)
    row.phase, row.after, row.last_error = stand.phase, stand.after, ""
    row.waiting += waiting
    row.differences += len(examples)
    row.repaired += sum(equal for _, _, equal in examples)
    row.examples = json.dumps((json.loads(row.examples) + [list(each) for each in examples])[:EXAMPLES])
    row.only_there += len(strangers)
    row.strangers = json.dumps((json.loads(row.strangers or "[]") + [list(each) for each in strangers])[:EXAMPLES])


def finish(work: Work, *, comparison_id: int) -> None:
    row = work.session.get_one(HisComparison, comparison_id, with_for_update=True, populate_existing=True)
    if row.finished_at is None:
        row.finished_at = work.now
        found = {name: getattr(row, name) for name in ("differences", "repaired", "only_there")}
        work.record("his.compared", f"his-comparison:{row.id}", **found)
        work.hint("today")


def fail(work: Work, *, comparison_id: int, error: str) -> None:
    work.change(update(HisComparison).where(col(HisComparison.id) == comparison_id).values(last_error=error[:200]))


def report(work: Work) -> Report | None:
    """The newest; for the hospital's admin."""
    authority.check(work.actor, Right.SEE_BACKLOG)
    row = _newest(work)
    if row is None:
        return None
    counts = {name: getattr(row, name) for name in ("appointments", "slots", "payments", "refunds")}
    examples = tuple((name, elements, equal) for name, elements, equal in json.loads(row.examples))
    return Report(
        row.started_at,
        row.finished_at,
        counts,
        row.waiting,
        row.differences,
        row.repaired,
        row.only_there,
        examples,
        tuple((name, told) for name, told in json.loads(row.strangers or "[]")),
        row.last_error,
    )


def _newest(work: Work) -> HisComparison | None:
    query = select(HisComparison).order_by(col(HisComparison.id).desc()).limit(1)
    return work.session.scalar(query.execution_options(populate_existing=True))


def _stand(row: HisComparison) -> Stand:
    return Stand(row.id or 0, row.since, row.phase, row.after)


def _next(work: Work, identity: Any, after: int, limit: int, *wanted: ColumnElement[bool]) -> list[int]:
    query = select(identity).where(identity > after, *wanted).order_by(identity).limit(limit)
    return list(work.session.scalars(query))


def _on_its_way() -> tuple[ColumnElement[bool], ...]:
    return col(OutboxRow.done_at).is_(None), col(OutboxRow.failed_at).is_(None)
