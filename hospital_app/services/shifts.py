"""收费员班次: whose drawer the cash of the window is in, from a clerk's first fee to the count and the handover."""

from sqlalchemy import select, true, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right, Scope
from hospital_app.domain.errors import Refusal, forbidden, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.shift import explained
from hospital_app.models.finance import CashierShift
from hospital_app.models.identity import Staff
from hospital_app.services.shift_views import ShiftView, colleagues, one, totals
from hospital_app.work import Work


def current(work: Work) -> int:
    """The id of this clerk's open shift, locked; opened if there is none, since cash is always in somebody's drawer.

    The clerk's own row is the lock that lets two first fees at the same moment open one shift.
    """
    authority.check(work.actor, Right.REGISTER)
    clerk = select(col(Staff.id)).where(col(Staff.id) == work.actor.staff_id).with_for_update()
    staff_id = work.session.scalar(clerk)
    if staff_id is None:
        raise forbidden()
    found = _open(work, staff_id)
    if found is None:
        found = CashierShift(staff_id=staff_id, opened_at=work.now)
        work.session.add(found)
        work.session.flush()
        work.record("shift.opened", f"shift:{found.id}")
    return found.id or 0


def begin(work: Work) -> ShiftView:
    """接班. The open one if there is one."""
    return one(work, shift_id=current(work))


def close(work: Work, *, shift_id: int, counted_fen: int, handed_to: int | None, note: str) -> ShiftView:
    """交班: the drawer is counted, and goes to a colleague, or to the finance office (`handed_to` None).

    Raises Refusal `note_needed` (422), `shift_closed`, `not_found`.
    """
    authority.check(work.actor, Right.REGISTER)
    shift = work.session.scalars(
        select(CashierShift)
        .where(col(CashierShift.id) == min(shift_id, ID_MAX), col(CashierShift.staff_id) == work.actor.staff_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if shift is None:
        raise not_found("您的这个班次")
    if shift.closed_at is not None:
        raise Refusal("shift_closed", "这个班次已经交班，不能再改；要收费请直接收，会自动开新的班次。")
    if handed_to is not None and handed_to not in {each.staff_id for each in colleagues(work)}:
        raise not_found("这位接班的同事")
    sums = totals(work, shift_id=shift_id)
    words = explained(sums, counted_fen=counted_fen, note=note)
    shift.collected_fen, shift.collected_count = sums.collected_fen, sums.collected_count
    shift.refunded_fen, shift.refunded_count = sums.refunded_fen, sums.refunded_count
    shift.counted_fen, shift.handed_to, shift.note = counted_fen, handed_to, words
    shift.closed_at = work.now
    work.session.flush()
    work.record(
        "shift.closed",
        f"shift:{shift_id}",
        expected_fen=sums.expected_fen,
        counted_fen=counted_fen,
        handed_to=handed_to,
    )
    return one(work, shift_id=shift_id)


def receive(work: Work, *, shift_id: int) -> ShiftView:
    """接收: the one it was handed to has the cash now. The finance office may take any, so that none is left lying.

    Raises Refusal `not_for_you` (403), `shift_open`. Repeating it changes nothing.
    """
    seen = one(work, shift_id=shift_id)
    if seen.received_at is not None:
        return seen
    if seen.closed_at is None:
        raise Refusal("shift_open", "这个班次还没有交班，请当班的同事先清点现金。")
    to_me = col(CashierShift.handed_to) == work.actor.staff_id
    anybodys = authority.check(work.actor, Right.HAND_OVER) is Scope.ALL
    done = work.change(
        update(CashierShift)
        .where(col(CashierShift.id) == seen.id, col(CashierShift.received_at).is_(None), true() if anybodys else to_me)
        .values(received_at=work.now, handed_to=work.actor.staff_id)
    )
    latest = one(work, shift_id=seen.id)
    if done == 1:
        work.record("shift.received", f"shift:{seen.id}")
    elif latest.received_at is None:
        raise Refusal("not_for_you", "这个班次不是交给您的，请由接班人本人确认。", 403)
    return latest


def _open(work: Work, staff_id: int) -> CashierShift | None:
    query = select(CashierShift).where(col(CashierShift.open_of) == staff_id).with_for_update()
    return work.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
