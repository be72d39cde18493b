"""对账入账: days are opened, put off, written down; differences are repaired once. What people resolved stays."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import case, func, select, update
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day, instant
from hospital_app.domain.differences import AGREES_NOW, Answer, answer_to
from hospital_app.domain.reconciling import AGREEING, Comparison, Found, Subject
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.services import ledger_fees, our_movements
from hospital_app.work import Work

log = logging.getLogger(__name__)

JOB = "reconcile.day"
TOPIC = "reconciliation"
#: Before the second, third, … try while there is no bill; the last one repeats.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60, 120))
#: After a standstill of the house so many days are caught up.
CAUGHT_UP_DAYS = 14


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """A difference that the house may repair by itself. `payment_no`: the payment that it is of."""

    id: int
    answer: Answer
    number: str
    payment_no: str


def open_days(work: Work, *, channels: Iterable[str]) -> int:
    """A waiting row and its job for each day whose bill should be there by now; how many are new."""
    last = clinic_day(work.now) - timedelta(days=1)
    if work.now < instant(clinic_day(work.now), work.rules.reconcile_at):
        last -= timedelta(days=1)
    query = select(col(Reconciliation.channel), func.max(col(Reconciliation.on)).label("newest")).group_by(
        col(Reconciliation.channel)
    )
    newest = {row.channel: row.newest for row in work.session.execute(query)}
    count = 0
    for channel in channels:
        on = max(newest.get(channel, last - timedelta(days=1)), last - timedelta(days=CAUGHT_UP_DAYS))
        while on < last:
            on += timedelta(days=1)
            work.session.add(Reconciliation(channel=channel, on=on, created_at=work.now))
            work.later(JOB, channel=channel, on=on.isoformat(), attempt=0)
            count += 1
    if count:
        work.hint(TOPIC)
    return count


def is_due(work: Work, *, channel: str, on: date, attempt: int) -> bool:
    """Whether this try is still the newest one of its day."""
    row = _row(work, channel, on)
    return row is not None and row.attempts == attempt


def put_off(work: Work, *, channel: str, on: date, attempt: int, error: str) -> None:
    """No bill yet, or somebody did not answer: again later, and later each time."""
    done = work.change(
        update(Reconciliation)
        .where(col(Reconciliation.channel) == channel, col(Reconciliation.on) == on)
        .where(col(Reconciliation.attempts) == attempt)
        .values(attempts=attempt + 1, last_error=error[:200])
    )
    if done == 1:
        run_at = work.now + PAUSES[min(attempt, len(PAUSES) - 1)]
        work.later(JOB, run_at=run_at, channel=channel, on=on.isoformat(), attempt=attempt + 1)
        work.hint(TOPIC)


def queue_again(work: Work, *, row: Reconciliation) -> None:
    """At once, whatever has happened before."""
    row.attempts += 1
    work.later(JOB, channel=row.channel, on=row.on.isoformat(), attempt=row.attempts)
    work.hint(TOPIC)


def write(
    work: Work, *, channel: str, on: date, compared: Comparison, appointments: Mapping[str, int]
) -> list[ToAnswer]:
    """The outcome of a day, in place of the one before; what is open and can be answered without a person.

    What people resolved stays as it is. One that is open and not found any more agrees now; one that came back is open.
    """
    row = work.session.scalars(
        select(Reconciliation)
        .where(col(Reconciliation.channel) == channel, col(Reconciliation.on) == on)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    known = {
        (each.subject, each.number, each.kind): each
        for each in work.session.scalars(
            select(Difference)
            .where(col(Difference.reconciliation_id) == row.id)
            .execution_options(populate_existing=True)
        )
    }
    found = {(each.subject, each.number[:64], each.kind.value): each for each in compared.found}
    for key, each in found.items():
        written = known.get(key)
        if written is None:
            written = known[key] = Difference(
                reconciliation_id=row.id or 0,
                kind=each.kind.value,
                subject=each.subject,
                number=each.number[:64],
                created_at=work.now,
            )
            work.session.add(written)
        if written.status == "repaired" and written.resolution != Answer.REFUND_AGAIN:
            written.status, written.resolution, written.resolved_at = "open", "", None
        if written.status == "open":
            _fill(written, each, appointments)
    for key, written in known.items():
        if written.status == "open" and key not in found:
            _repaired(work, written, AGREES_NOW)
    for name in _SUMS:
        setattr(row, name, getattr(compared, name))
    row.bill_lines = compared.lines
    row.fetched_at = row.finished_at = work.now
    row.last_error = ""
    ledger_fees.enter(work, channel=channel, on=on, fee_fen=row.fee_fen)
    work.session.flush()
    settle_day(work, row)
    work.record("reconciliation.compare", f"reconciliation:{channel}:{on}", lines=row.bill_lines, found=len(found))
    return [
        ToAnswer(known[key].id or 0, answer, each.number, each.ours.payment_no if each.ours else "")
        for key, each in found.items()
        if known[key].status == "open" and (answer := answer_to(each)) is not None
    ]


def answered(work: Work, *, difference_id: int, answer: Answer) -> bool:
    """After the other side was asked and its word recorded: whether both sides agree now."""
    difference = locked(work, difference_id)
    if difference is None or difference.status != "open":
        return False
    row = work.session.get_one(Reconciliation, difference.reconciliation_id)
    ours = our_movements.named(work, channel=row.channel, keys=[(difference.subject, difference.number)])
    if not ours or (ours[0].state, difference.their_state) not in _AFTER_ASKING:
        return False
    difference.our_state = ours[0].state
    _repaired(work, difference, answer)
    settle_day(work, row)
    return True


def refund_again(work: Work, *, difference_id: int) -> bool:
    """Order a refund, or a reversal, once more under its own number; the outbox sees to its end."""
    difference = locked(work, difference_id)
    if difference is None or difference.status != "open":
        return False
    number: str | None = difference.number
    if difference.subject == Subject.REVERSAL:
        number = our_movements.refund_of_settlement(work, number=difference.number)
    if number is None:
        return False
    work.later("refund.execute", refund_no=number)
    _repaired(work, difference, Answer.REFUND_AGAIN)
    settle_day(work, work.session.get_one(Reconciliation, difference.reconciliation_id))
    return True


def locked(work: Work, difference_id: int) -> Difference | None:
    """Its day is locked first, as `write` does."""
    day = work.session.scalar(select(col(Difference.reconciliation_id)).where(col(Difference.id) == difference_id))
    work.session.execute(select(col(Reconciliation.id)).where(col(Reconciliation.id) == day).with_for_update())
    return work.session.scalars(
        select(Difference).where(col(Difference.id) == difference_id).execution_options(populate_existing=True)
    ).one_or_none()


def settle_day(work: Work, row: Reconciliation) -> None:
    """The status of a day after one of its differences was dealt with; whatever is open is an alert."""
    work.session.flush()
    query = select(func.count(), func.sum(case((col(Difference.status) == "open", 1), else_=0)))
    total, still_open = work.session.execute(query.where(col(Difference.reconciliation_id) == row.id)).one()
    row.status = "differences" if still_open else "resolved" if total else "clean"
    if still_open:
        log.error("reconciliation of %s on %s: %d differences are open", row.channel, row.on, still_open)
    work.hint(TOPIC, "today")


_SUMS = (
    "matched",
    "bill_fen",
    "our_fen",
    "bill_refund_fen",
    "our_refund_fen",
    "fee_fen",
    "flow_lines",
    "flow_fen",
    "other_fen",
)
#: (ours, theirs in the bill) after asking. A refund that the bill still had as processing may be done by now.
_AFTER_ASKING = AGREEING | {("done", "processing"), ("failed", "processing"), ("captured", "closed")}


def _row(work: Work, channel: str, on: date) -> Reconciliation | None:
    return work.session.scalar(
        select(Reconciliation).where(col(Reconciliation.channel) == channel, col(Reconciliation.on) == on)
    )


def _fill(written: Difference, found: Found, appointments: Mapping[str, int]) -> None:
    ours, theirs = found.ours, found.theirs
    channel_number = (theirs.channel_number if theirs else "") or (ours.channel_number if ours else "")
    written.channel_number = channel_number[:64]
    written.our_fen = ours.amount_fen if ours else None
    written.their_fen = found.their_fen
    written.our_state = found.our_state
    written.their_state = found.their_state
    written.appointment_id = ours.appointment_id if ours else appointments.get(theirs.payment_no if theirs else "")


def _repaired(work: Work, difference: Difference, how: str) -> None:
    difference.status = "repaired"
    difference.resolution = str(how)
    difference.resolved_at = work.now
    work.record(
        "reconciliation.repair",
        f"difference:{difference.id}",
        how=str(how),
        kind=difference.kind,
        number=difference.number,
    )
