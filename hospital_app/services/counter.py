"""窗口挂号: a clerk gives a number of the on-site quota, or one beyond the planned ones, and takes the fee."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, inspect, or_, select, update
from sqlmodel import SQLModel, col

from hospital_app.domain import authority
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.on_behalf import Reason
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.hospital import Department, Doctor
from hospital_app.services import cash, on_behalf, overbooking, pending, releasing, slots
from hospital_app.work import Work

ONSITE = "onsite"
TERMINAL = "counter"


@dataclass(frozen=True, slots=True)
class CounterPeriod:
    """A half hour of a clinic of today: how many numbers the window may give, and how many may be added."""

    schedule_id: int
    department_name: str
    doctor_name: str  # empty: 普通门诊
    doctor_title: str
    service_type: str
    session: str
    room: str
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    left: int
    extra: int


def periods(work: Work, *, department_code: str) -> list[CounterPeriod]:
    """Of today's clinics in a department that are not over."""
    authority.check(work.actor, Right.REGISTER)
    left = func.coalesce(func.sum(_one_if(_for_the_window(work.now))), 0)
    period = (col(Slot.starts_at), col(Slot.ends_at))
    query = (
        select(Schedule, Department, Doctor, *period, left)
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .join(Department, col(Department.code) == col(Schedule.department_code))
        .outerjoin(Doctor, col(Doctor.id) == col(Schedule.doctor_id))
        .where(
            col(Schedule.department_code) == department_code,
            col(Schedule.on) == clinic_day(work.now),
            ~col(Schedule.suspended),
            col(Slot.ends_at) > work.now,
        )
        .group_by(*_columns(Schedule), *_columns(Department), *_columns(Doctor), *period)
        .order_by(col(Slot.starts_at), col(Schedule.id))
    )
    return [_period(work, *row) for row in work.session.execute(query)]


def register(
    work: Work, *, patient_id: int, schedule_id: int, starts_at: datetime, extra: bool, reason: Reason | None = None
) -> cash.Receipt:
    """A number for somebody who stands here and pays now in cash. Raises as `hold`."""
    no = hold(work, patient_id=patient_id, schedule_id=schedule_id, starts_at=starts_at, extra=extra, reason=reason)
    return cash.collect(work, no=no)


def hold(
    work: Work, *, patient_id: int, schedule_id: int, starts_at: datetime, extra: bool, reason: Reason | None = None
) -> str:
    """A number for somebody who stands here, kept until it is paid; its no. `extra`: one beyond the planned ones
    (加号): capped, and for a reason.

    Raises Refusal slot_taken, overbook_cap, reason_needed, duplicate_booking, suspended, period_over, not_found.
    """
    authority.check(work.actor, Right.REGISTER)
    schedule = work.session.get(Schedule, min(schedule_id, ID_MAX))
    if schedule is None or schedule.on != clinic_day(work.now):
        raise not_found("今天的这个门诊")
    if schedule.suspended:
        raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    if extra:
        held_until = work.now + timedelta(minutes=work.rules.hold_minutes)
        appointment = overbooking.overbook(
            work, schedule_id=schedule_id, patient_id=patient_id, starts_at=starts_at, held_until=held_until
        )
        subject = f"appointment:{appointment.no}"
        on_behalf.note(work, right=Right.REGISTER, act="overbook", subject=subject, reason=reason)
    else:
        appointment = _take(work, schedule, patient_id=patient_id, starts_at=starts_at)
    return appointment.no


def _take(work: Work, schedule: Schedule, *, patient_id: int, starts_at: datetime) -> Appointment:
    account_id = overbooking.account_of(work, patient_id=patient_id)
    if pending.live_with(work, patient_id=patient_id, provider=schedule.provider, on=schedule.on) is not None:
        raise Refusal("duplicate_booking", "这位就诊人当天已经约了这位医生，请选择其他日期。")
    held_until = work.now + timedelta(minutes=work.rules.hold_minutes)
    slot = _pick(work, schedule_id=schedule.id or 0, starts_at=starts_at, held_until=held_until)
    appointment = pending.write(
        work,
        schedule=schedule,
        slot=slot,
        account_id=account_id,
        patient_id=patient_id,
        held_until=held_until,
        terminal=TERMINAL,
        channel=ONSITE,
    )
    work.record("counter.registered", f"appointment:{appointment.no}", schedule_id=schedule.id, seq=slot.seq)
    work.hint(f"schedule:{schedule.id}", "today")
    return appointment


def _pick(work: Work, *, schedule_id: int, starts_at: datetime, held_until: datetime) -> Slot:
    """The window's own numbers first, then those that are open to everybody; locked and held."""
    query = (
        select(col(Slot.id))
        .where(
            col(Slot.schedule_id) == schedule_id,
            col(Slot.starts_at) == starts_at,
            col(Slot.ends_at) > work.now,
            _for_the_window(work.now),
        )
        .order_by(col(Slot.channel) != ONSITE, col(Slot.seq))
    )
    for slot_id in work.session.scalars(query).all():
        slot = slots.lock(work, [slot_id])[slot_id or 0]
        releasing.vacate(work, slot=slot)
        done = work.change(
            update(Slot)
            .where(col(Slot.id) == slot_id, _for_the_window(work.now))
            .values(status=SlotStatus.HELD, held_until=held_until, version=col(Slot.version) + 1)
        )
        if done == 1:
            return slots.lock(work, [slot_id])[slot_id or 0]
    raise Refusal("slot_taken", "这个时段的号刚刚被约完，请选择其他时段。")


def _for_the_window(now: datetime) -> ColumnElement[bool]:
    """Kept for the window, or open to everybody; never somebody's own (加号)."""
    return and_(~col(Slot.overbooked), or_(slots.takeable(now), and_(slots.vacant(now), col(Slot.channel) == ONSITE)))


def _columns(table: type[SQLModel]) -> list[Any]:
    return list(inspect(table).columns)


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _period(
    work: Work,
    schedule: Schedule,
    department: Department,
    doctor: Doctor | None,
    starts_at: datetime,
    ends_at: datetime,
    left: int,
) -> CounterPeriod:
    cap = overbooking.cap_left(work, schedule)
    return CounterPeriod(
        schedule_id=schedule.id or 0,
        department_name=department.name,
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        service_type=schedule.service_type,
        session=schedule.session,
        room=schedule.room,
        starts_at=starts_at,
        ends_at=ends_at,
        fee_fen=schedule.fee_fen,
        left=int(left),
        extra=cap,
    )
