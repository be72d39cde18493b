"""受停诊影响的患者: each chooses by one tap an equal doctor or the whole money, else the money goes back by itself.

Until then the appointment stands as it was, number and all, so that nothing is lost while somebody thinks.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import MOVES, Action, CancelReason, SlotStatus, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.change import (
    DISPLACEMENT_MOVES,
    DisplacementAction,
    DisplacementStatus,
    displacement_now,
)
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.machine import move
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.taking import slot_taken
from hospital_app.models.booking import Appointment
from hospital_app.models.changing import Displacement
from hospital_app.services import (
    confirming,
    equal_clinics,
    his_outbox,
    messages,
    on_behalf,
    onsite,
    pairs,
    refunds,
    releasing,
    slots,
)
from hospital_app.services.appointments import own
from hospital_app.services.equal_clinics import Offer
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class DisplacementView:
    """`offers` while it is open. `has_priority`: first on the waitlist until `priority_until`."""

    no: str
    status: str
    decide_until: datetime
    priority_until: datetime
    has_priority: bool
    provider: str
    department_code: str
    offers: tuple[Offer, ...]


def view(work: Work, *, no: str) -> DisplacementView:
    """What became of an own appointment whose clinic was suspended; raises `not_found` if it was not."""
    appointment = own(work, no=no)
    found = _of(work, appointment)
    status = displacement_now(found.status, until=found.decide_until, now=work.now)
    return DisplacementView(
        no=no,
        status=status,
        decide_until=found.decide_until,
        priority_until=found.priority_until,
        has_priority=found.priority_used_at is None
        and found.priority_until > work.now
        and status is DisplacementStatus.REFUNDED,
        provider=found.provider,
        department_code=found.department_code,
        offers=tuple(equal_clinics.offers(work, appointment)) if status is DisplacementStatus.OPEN else (),
    )


def is_open(work: Work, *, appointment_id: int | None) -> bool:
    """Whether this appointment waits for its patient's choice."""
    found = work.session.scalar(
        select(col(Displacement.id)).where(
            col(Displacement.appointment_id) == appointment_id, col(Displacement.status) == DisplacementStatus.OPEN
        )
    )
    return found is not None


def move_to(work: Work, *, no: str, schedule_id: int, starts_at: datetime, reason: Reason | None = None) -> None:
    """One tap: the same appointment with another number, its price kept, no change and no limit counted.

    Raises Refusal slot_taken, duplicate_booking, not_equal, too_late_to_choose, ... and then nothing has changed.
    """
    authority.check(work.actor, Right.BOOK)
    appointment = own(work, no=no)
    displacement = _of(work, appointment)
    move(DISPLACEMENT_MOVES, DisplacementStatus(displacement.status), DisplacementAction.MOVE, work.actor.role)
    if displacement.decide_until <= work.now:
        raise Refusal("too_late_to_choose", "选择的时间已过，费用将全额退回；请重新预约或候补。")
    on_behalf.note(work, right=Right.BOOK, act="displaced.moved", subject=f"appointment:{no}", reason=reason)
    schedule = equal_clinics.target(work, appointment, schedule_id=schedule_id, starts_at=starts_at)
    slot = pairs.lock(work, appointment, schedule_id=schedule_id, starts_at=starts_at)
    if slot.id is None or not slots.take(work, slot=slot, held_until=work.now):
        raise slot_taken()
    _settle(work, displacement, DisplacementStatus.MOVED)
    settled = slots.settle(work, slot_id=slot.id)
    if not settled or not confirming.stand_on(work, appointment=appointment, slot=slot, schedule=schedule):
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    messages.tell(work, account_id=appointment.account_id, kind="moved", appointment_no=no)
    work.record("displaced.moved", f"appointment:{no}", schedule_id=schedule_id, seq=slot.seq)


def refund(work: Work, *, no: str, reason: Reason | None = None) -> None:
    """全额退款 whatever the tiers say; asking again changes nothing. Frozen accounts may, too."""
    authority.check(work.actor, Right.CANCEL)
    appointment = own(work, no=no)
    displacement = _of(work, appointment)
    if displacement.status == DisplacementStatus.REFUNDED:
        return
    move(DISPLACEMENT_MOVES, DisplacementStatus(displacement.status), DisplacementAction.REFUND, work.actor.role)
    on_behalf.note(work, right=Right.CANCEL, act="suspended", subject=f"appointment:{no}", reason=reason)
    give_back(work, appointment=appointment, displacement=displacement)


def due(work: Work, *, limit: int) -> list[str]:
    """Numbers of appointments whose patients did not choose in time."""
    overdue = and_(col(Displacement.status) == DisplacementStatus.OPEN, col(Displacement.decide_until) <= work.now)
    query = (
        select(col(Appointment.no))
        .join(Displacement, col(Displacement.appointment_id) == col(Appointment.id))
        .where(overdue)
        .order_by(col(Displacement.decide_until))
        .limit(limit)
    )
    return list(work.session.scalars(query))


def expire(work: Work, *, no: str) -> bool:
    """The money goes back by itself; quietly False if that is not due."""
    appointment = own(work, no=no)
    displacement = _of(work, appointment)
    if displacement.status != DisplacementStatus.OPEN or displacement.decide_until > work.now:
        return False
    give_back(work, appointment=appointment, displacement=displacement)
    return True


def give_back(work: Work, *, appointment: Appointment, displacement: Displacement) -> None:
    """End an appointment because of its suspended clinic: its number closes, all that is kept goes back."""
    if appointment.id is None:
        raise ValueError("unsaved appointment")
    slots.lock(work, [appointment.slot_id])
    _settle(work, displacement, DisplacementStatus.REFUNDED)
    cancel_in_full(work, appointment=appointment)
    messages.tell(work, account_id=appointment.account_id, kind="suspended", appointment_no=appointment.no)


def cancel_in_full(work: Work, *, appointment: Appointment) -> None:
    """Booked or checked in → cancelled (suspended); the caller holds the number's lock."""
    target = move(MOVES, Status(appointment.status), Action.SUSPEND, Role.SYSTEM)
    done = work.change(
        update(Appointment)
        .where(
            col(Appointment.id) == appointment.id,
            col(Appointment.status) == appointment.status,
            col(Appointment.slot_id) == appointment.slot_id,
        )
        .values(
            status=target,
            cancel_reason=CancelReason.SUSPENDED,
            cancelled_at=work.now,
            version=col(Appointment.version) + 1,
        )
    )
    if done != 1 or appointment.id is None:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    slots.free(work, slot_id=appointment.slot_id, source=SlotStatus.BUSY)
    for payment in refunds.captured(work, appointment_id=appointment.id):
        refunds.owe_whole(work, payment=payment, reason="suspended")
    onsite.drop(work, appointment_id=appointment.id)
    releasing.close_open_payments(work, appointment_id=appointment.id)
    his_outbox.queue_appointment(work, appointment_id=appointment.id)
    work.record("suspended", f"appointment:{appointment.no}")
    work.hint(f"schedule:{appointment.schedule_id}", f"appointment:{appointment.no}", "today")


def _of(work: Work, appointment: Appointment) -> Displacement:
    found = work.session.scalar(
        select(Displacement)
        .where(col(Displacement.appointment_id) == appointment.id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise not_found("这次停诊")
    return found


def _settle(work: Work, displacement: Displacement, status: DisplacementStatus) -> None:
    """Only one choice counts."""
    done = work.change(
        update(Displacement)
        .where(col(Displacement.id) == displacement.id, col(Displacement.status) == DisplacementStatus.OPEN)
        .values(status=status, decided_at=work.now)
    )
    if done != 1:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
