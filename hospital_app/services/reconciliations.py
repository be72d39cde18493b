"""对账的查看与处理: days, and their differences with both sides; a person resolves one with a reason and a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.differences import Resolution
from hospital_app.domain.errors import Refusal, malformed, not_found
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.models.identity import Staff
from hospital_app.services import reconciling
from hospital_app.work import Work

DAYS_SHOWN = 31
NOTE_LONGEST = 200


@dataclass(frozen=True, slots=True)
class DayView:
    """One channel's day. `total` and `still_open` count its differences."""

    id: int
    channel: str
    on: date
    status: str
    fetched_at: datetime | None
    bill_lines: int
    matched: int
    bill_fen: int
    our_fen: int
    bill_refund_fen: int
    our_refund_fen: int
    fee_fen: int
    flow_lines: int | None
    flow_fen: int
    other_fen: int
    attempts: int
    last_error: str
    total: int
    still_open: int


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """One difference with both sides; `resolved_by` is empty for what the house did by itself."""

    id: int
    kind: str
    subject: str
    number: str
    channel_number: str
    appointment_no: str
    our_fen: int | None
    their_fen: int | None
    our_state: str
    their_state: str
    status: str
    created_at: datetime
    resolution: str
    note: str
    resolved_by: str
    resolved_at: datetime | None


def listing(work: Work, *, days: int = DAYS_SHOWN) -> list[DayView]:
    """The last days, newest first, and every older one that still has open differences."""
    authority.check(work.actor, Right.SEE_FINANCE)
    since = clinic_day(work.now) - timedelta(days=days)
    row = col(Reconciliation.status)
    query = _days().where((col(Reconciliation.on) >= since) | row.in_(["differences", "waiting"]))
    return _read(work, query)


def day(work: Work, *, channel: str, on: date) -> tuple[DayView, list[DifferenceView]]:
    """Raises Refusal not_found. Open differences first, then as they were found."""
    authority.check(work.actor, Right.SEE_FINANCE)
    found = _read(work, _days().where(col(Reconciliation.channel) == channel, col(Reconciliation.on) == on))
    if not found:
        raise not_found("这一天的对账")
    return found[0], _differences(work, found[0].id)


def open_differences(work: Work) -> int:
    """How many wait for a person, of all days."""
    authority.check(work.actor, Right.SEE_FINANCE)
    query = select(func.count()).select_from(Difference).where(col(Difference.status) == "open")
    return work.session.scalar(query) or 0


def resolve(work: Work, *, difference_id: int, resolution: str, note: str) -> DifferenceView:
    """Settled by a person. Raises Refusal not_found, note_needed, already_handled."""
    authority.check(work.actor, Right.MANAGE_FINANCE)
    if resolution not in set(Resolution):
        raise malformed("处理方式")
    note = note.strip()
    if not note or len(note) > NOTE_LONGEST:
        raise Refusal("note_needed", "请用 200 字以内写明核实的情况和处理依据。", 422)
    difference = reconciling.locked(work, difference_id)
    if difference is None:
        raise not_found("这条差异")
    if difference.status != "open":
        raise Refusal("already_handled", "这条差异已经处理过了，请刷新后再看。")
    difference.status, difference.resolution, difference.note = "resolved", resolution, note
    difference.resolved_by, difference.resolved_at = work.actor.staff_id, work.now
    row = work.session.get_one(Reconciliation, difference.reconciliation_id)
    reconciling.settle_day(work, row)
    work.record(
        "reconciliation.resolve", f"difference:{difference.id}", resolution=resolution, number=difference.number
    )
    return next(view for view in _differences(work, row.id or 0) if view.id == difference_id)


def run_again(work: Work, *, channel: str, on: date) -> None:
    """Compare this day once more, now; a worker does it. Raises Refusal not_found."""
    authority.check(work.actor, Right.MANAGE_FINANCE)
    row = work.session.scalar(
        select(Reconciliation)
        .where(col(Reconciliation.channel) == channel, col(Reconciliation.on) == on)
        .with_for_update()
    )
    if row is None:
        raise not_found("这一天的对账")
    reconciling.queue_again(work, row=row)
    work.record("reconciliation.again", f"reconciliation:{channel}:{on}")


def export(work: Work, *, channel: str, on: date) -> tuple[DayView, list[DifferenceView]]:
    """For a sheet; that somebody took it is on record."""
    found = day(work, channel=channel, on=on)
    work.record("reconciliation.export", f"reconciliation:{channel}:{on}", differences=len(found[1]))
    return found


def _days() -> Any:
    counted = (
        select(
            col(Difference.reconciliation_id).label("of"),
            func.count().label("total"),
            func.sum(case((col(Difference.status) == "open", 1), else_=0)).label("still_open"),
        )
        .group_by(col(Difference.reconciliation_id))
        .subquery()
    )
    return (
        select(Reconciliation, func.coalesce(counted.c.total, 0), func.coalesce(counted.c.still_open, 0))
        .outerjoin(counted, counted.c.of == col(Reconciliation.id))
        .order_by(col(Reconciliation.on).desc(), col(Reconciliation.channel))
        .execution_options(populate_existing=True)
    )


def _read(work: Work, query: Any) -> list[DayView]:
    return [
        DayView(
            **{name: getattr(row, name) for name in DayView.__dataclass_fields__ if hasattr(row, name)},
            total=int(total),
            still_open=int(still_open),
        )
        for row, total, still_open in work.session.execute(query)
    ]


def _differences(work: Work, reconciliation_id: int) -> list[DifferenceView]:
    rows: Sequence[Any] = work.session.execute(
        select(Difference, col(Appointment.no), col(Staff.name))
        .outerjoin(Appointment, col(Appointment.id) == col(Difference.appointment_id))
        .outerjoin(Staff, col(Staff.id) == col(Difference.resolved_by))
        .where(col(Difference.reconciliation_id) == reconciliation_id)
        .order_by(col(Difference.status) != "open", col(Difference.id))
        .execution_options(populate_existing=True)
    ).all()
    plain = set(DifferenceView.__dataclass_fields__) - {"appointment_no", "resolved_by"}
    return [
        DifferenceView(
            **{name: getattr(row, name) for name in plain}, appointment_no=no or "", resolved_by=name_of_staff or ""
        )
        for row, no, name_of_staff in rows
    ]
