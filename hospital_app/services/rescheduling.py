"""改签: the new number is locked, then the old one released, all or nothing; the difference is settled."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import taking, visits
from hospital_app.domain.appointment import MOVES, Action, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.machine import move
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import PaymentPurpose
from hospital_app.domain.policy import check_bookable
from hospital_app.domain.visits import Visit
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.services import (
    confirming,
    displaced,
    his_outbox,
    limits,
    on_behalf,
    onsite,
    pairs,
    payment_views,
    payments,
    pending,
    refunds,
    releasing,
    slots,
    visit_limits,
)
from hospital_app.services.appointments import own
from hospital_app.services.payment_views import PaymentView
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """`payment` is set when the new number is dearer: it is held until that is paid, and swapped then."""

    no: str
    payment: PaymentView | None
    refund_no: str | None


def reschedule(
    work: Work, *, no: str, schedule_id: int, starts_at: datetime, channel: str, reason: Reason | None = None
) -> Rescheduling:
    """Move an own booked appointment to another period of the same doctor or pool.

    `reason`: why a clerk does it for the patient; raises Refusal `reason_needed` without.
    Raises Refusal slot_taken, changes_used_up, duplicate_booking, ... and then nothing has changed.
    """
    appointment = own(work, no=no)
    move(MOVES, Status(appointment.status), Action.RESCHEDULE, work.actor.role)
    on_behalf.note(work, right=Right.BOOK, act="reschedule", subject=f"appointment:{no}", reason=reason)
    schedule = _target(work, appointment, schedule_id=schedule_id, starts_at=starts_at)
    slot = pairs.lock(work, appointment, schedule_id=schedule_id, starts_at=starts_at)
    held_until = work.now + timedelta(minutes=work.rules.hold_minutes)
    if slot.id is None or not slots.take(work, slot=slot, held_until=held_until):
        raise taking.slot_taken()
    _claim(work, appointment, slot_id=slot.id)
    locked = work.session.get_one(Appointment, appointment.id, populate_existing=True)
    difference = schedule.fee_fen - locked.fee_fen
    unpaid = onsite.due(work, appointment_id=locked.id)
    if unpaid is not None:
        onsite.reprice(work, payment=unpaid, amount_fen=schedule.fee_fen)
    elif difference > 0:
        payment = payments.create(
            work,
            appointment=locked,
            channel=channel,
            amount_fen=difference,
            purpose=PaymentPurpose.RESCHEDULE,
            expires_at=held_until,
        )
        his_outbox.queue_appointment(work, appointment_id=locked.id or 0, more_slot_ids=(slot.id,))
        work.hint(f"schedule:{schedule_id}", f"appointment:{no}")
        return Rescheduling(no, payment_views.view(payment, no), None)
    if not confirming.swap(work, appointment=locked):
        raise taking.slot_taken()
    return Rescheduling(no, None, _give_back(work, locked, -difference) if unpaid is None else None)


def abandon(work: Work, *, no: str, reason: Reason | None = None) -> None:
    """The patient lets go of the new number of a dearer reschedule; the appointment stays as it was."""
    appointment = own(work, no=no)
    if appointment.id is not None and appointment.next_slot_id is not None:
        on_behalf.note(work, right=Right.BOOK, act="reschedule.dropped", subject=f"appointment:{no}", reason=reason)
        releasing.drop_next_slot(work, appointment_id=appointment.id)


def _target(work: Work, appointment: Appointment, *, schedule_id: int, starts_at: datetime) -> Schedule:
    if appointment.starts_at <= work.now:
        raise Refusal("too_late", "就诊时段已经开始，不能再改签，请到服务台咨询。")
    if displaced.is_open(work, appointment_id=appointment.id):
        raise Refusal("displaced", "这次门诊已停诊，请在挂号单里改到其他门诊，或全额退款。")
    if appointment.changes >= work.rules.changes_per_appointment:
        raise Refusal(
            "changes_used_up",
            "每张挂号单最多改签 {limit} 次，您可以退号后重新预约。",
            params={"limit": work.rules.changes_per_appointment},
        )
    if appointment.next_slot_id is not None:
        raise Refusal("rescheduling", "这张挂号单正在改签，请先完成补差价支付或等它自动取消。")
    schedule = work.session.get(Schedule, schedule_id)
    current = work.session.get_one(Schedule, appointment.schedule_id)
    if schedule is None or schedule.provider != current.provider:
        raise not_found("这位医生的这个时段")
    if schedule.suspended:
        raise taking.suspended()
    ends_at = work.session.scalar(
        select(col(Slot.ends_at)).where(col(Slot.schedule_id) == schedule_id, col(Slot.starts_at) == starts_at).limit(1)
    )
    if ends_at is None:
        raise not_found("这个时段")
    check_bookable(work.rules, now=work.now, released_at=schedule.released_at, starts_at=starts_at, ends_at=ends_at)
    if schedule_id == appointment.schedule_id and starts_at == appointment.starts_at:
        raise Refusal("same_period", "您已经约在这个时段，请选择其他时段。")
    other = pending.live_with(
        work,
        patient_id=appointment.patient_id,
        provider=schedule.provider,
        on=schedule.on,
        but_id=appointment.id,
    )
    if other is not None:
        raise Refusal("duplicate_booking", "这位就诊人当天已经约了这位医生，请选择其他日期。", extra={"no": other})
    _check_limits(work, appointment, Visit(schedule.department_code, schedule.on, schedule.session))
    return schedule


def _check_limits(work: Work, appointment: Appointment, visit: Visit) -> None:
    """Raises Refusal department_limit, week_limit."""
    if not visits.are_limited(work.rules):
        return
    limits.lock_person(work, patient_id=appointment.patient_id, on=clinic_day(work.now))
    wanted = {appointment.no: (appointment.patient_id, visit)}
    for refusal in visit_limits.refused(work, wanted, but_id=appointment.id).values():
        raise refusal


def _claim(work: Work, appointment: Appointment, *, slot_id: int) -> None:
    """Write the new number beside the old one, only if the appointment is still as it was read."""
    done = work.change(
        update(Appointment)
        .where(
            col(Appointment.id) == appointment.id,
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.version) == appointment.version,
            col(Appointment.next_slot_id).is_(None),
        )
        .values(next_slot_id=slot_id)
    )
    if done != 1:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")


def _give_back(work: Work, appointment: Appointment, amount_fen: int) -> str | None:
    """Owe the difference of a cheaper number, out of the newest payments' cash first; the first refund's number.

    An insurance leg goes back whole or not at all: raises Refusal `insurance_difference` if the cash is not enough.
    """
    first: str | None = None
    payments = refunds.captured(work, appointment_id=appointment.id or 0)
    by_leg = refunds.kept(work, payments)
    if sum(leg.cash_fen for leg in by_leg.values()) < amount_fen:
        raise Refusal("insurance_difference", "这张挂号单由医保支付，差价不能单独退回；请退号后重新预约。")
    for payment in payments:
        part = min(amount_fen, by_leg[payment.id or 0].cash_fen)
        if part > 0:
            number = refunds.owe(work, payment=payment, amount_fen=part, reason="reschedule")
            first = first or number
            amount_fen -= part
    return first
