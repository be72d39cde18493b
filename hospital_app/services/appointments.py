"""Reading appointments: own ones only, as screens and API see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import defer
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import MOVES, Action, CancelReason, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import local
from hospital_app.domain.change import DisplacementStatus, displacement_now
from hospital_app.domain.errors import not_found
from hospital_app.domain.holding import Written
from hospital_app.domain.identity import Role
from hospital_app.domain.machine import open_actions
from hospital_app.domain.payment import PaymentStatus
from hospital_app.domain.policy import Rules
from hospital_app.domain.refund_pace import StepOf, Way, is_stuck, steps, way_of
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import Displacement
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.models.identity import Patient
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.eligible import Masked
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class RefundView:
    """One refund of an appointment. `stuck`: refused, or slower than its way usually is; the finance office sees it."""

    no: str
    way: Way
    status: str
    amount_fen: int
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    stuck: bool

    @property
    def steps(self) -> tuple[StepOf, ...]:
        return steps(created_at=self.created_at, sent_at=self.sent_at, done_at=self.done_at)


@dataclass(frozen=True, slots=True)
class NewNumber:
    """The number that a dearer reschedule holds until the difference is paid."""

    seq: int
    starts_at: datetime
    ends_at: datetime
    room: str
    location: str


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """挂号单 as its owner sees it; names masked. `actions` are those open to this actor now."""

    no: str
    status: str
    cancel_reason: str
    patient_id: int
    patient_name: str
    document: str
    provider: str
    doctor_id: int | None
    doctor_name: str  # empty for a pooled clinic
    doctor_title: str
    department_code: str
    department_name: str
    schedule_id: int
    service_type: str
    session: str
    seq: int
    starts_at: datetime
    ends_at: datetime
    room: str
    area_code: str
    location: str
    fee_fen: int
    paid_fen: int
    due_fen: int  # 到院付：to be paid at the window before check-in
    held_until: datetime | None
    changes_left: int
    code: str
    created_at: datetime
    moving_to: NewNumber | None
    actions: tuple[str, ...]
    refunds: tuple[RefundView, ...]
    displaced: str  # 停诊: open (to be chosen until `decide_until`), moved, refunded; empty: not suspended
    decide_until: datetime | None

    @property
    def rescheduling(self) -> bool:
        return self.moving_to is not None

    @property
    def local_start(self) -> datetime:
        return local(self.starts_at)


@dataclass(frozen=True, slots=True)
class Place:
    """Where and with whom."""

    schedule: Schedule
    department: Department
    area: Area
    doctor: Doctor | None


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who looks, and when."""

    role: Role
    now: datetime
    rules: Rules


def own(work: Work, *, no: str) -> Appointment:
    """The caller's own appointment, read afresh; another's is `not_found`. Clerks and the system see all."""
    authority.check(work.actor, Right.SEE_APPOINTMENT)
    appointment = work.session.scalar(
        select(Appointment).where(col(Appointment.no) == no).execution_options(populate_existing=True)
    )
    return _allowed(work, appointment)


def _allowed(work: Work, appointment: Appointment | None) -> Appointment:
    if appointment is None or not authority.reaches_account(work.actor, Right.SEE_APPOINTMENT, appointment.account_id):
        raise not_found("这张挂号单")
    return appointment


def one(work: Work, *, no: str) -> AppointmentView:
    """One's own appointment; another's is `not_found`."""
    authority.check(work.actor, Right.SEE_APPOINTMENT)
    rows = work.session.execute(_base().where(col(Appointment.no) == no)).all()
    _allowed(work, rows[0][0] if rows else None)
    return _views(work, rows)[0]


def listing(work: Work, *, limit: int = 100) -> list[AppointmentView]:
    """The account's appointments, newest visit first."""
    account_id = authority.check_holder(work.actor, Right.SEE_APPOINTMENT)
    query = _base().where(col(Appointment.account_id) == account_id)
    newest_first = query.order_by(col(Appointment.starts_at).desc(), col(Appointment.id).desc()).limit(limit)
    return _views(work, work.session.execute(newest_first).all())


# Only masked names are shown: what is sealed is not opened for it.
_SEALED: tuple[Any, ...] = (Patient.name, Patient.document_number, Patient.insurance_number)


def _base() -> Select[Appointment, Schedule, Department, Area, Patient, Doctor]:
    return (
        select(Appointment, Schedule, Department, Area, Patient, Doctor)
        .join(Schedule, col(Appointment.schedule_id) == col(Schedule.id))
        .join(Department, col(Appointment.department_code) == col(Department.code))
        .join(Area, col(Schedule.area_code) == col(Area.code))
        .join(Patient, col(Appointment.patient_id) == col(Patient.id))
        .outerjoin(Doctor, col(Appointment.doctor_id) == col(Doctor.id))
        .options(*(defer(column, raiseload=True) for column in _SEALED))
        .execution_options(populate_existing=True)
    )


def _views(
    work: Work, rows: Sequence[Row[Appointment, Schedule, Department, Area, Patient, Doctor]]
) -> list[AppointmentView]:
    ids = [row[0].id for row in rows]
    paid: dict[int, int] = {}
    for appointment_id, amount in work.session.execute(
        select(col(Payment.appointment_id), col(Payment.amount_fen)).where(
            col(Payment.appointment_id).in_(ids),
            col(Payment.status) == PaymentStatus.CAPTURED,
        )
    ):
        paid[appointment_id] = paid.get(appointment_id, 0) + amount
    due = _due(work, ids)
    backs: dict[int, list[RefundView]] = {}
    for refund, channel in work.session.execute(
        select(Refund, col(Payment.channel))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(col(Refund.appointment_id).in_(ids))
        .order_by(col(Refund.id))
    ):
        backs.setdefault(refund.appointment_id, []).append(_back(work, refund, channel))
    displaced = {
        row.appointment_id: row
        for row in work.session.scalars(select(Displacement).where(col(Displacement.appointment_id).in_(ids)))
    }
    return [
        _view(
            work,
            *row,
            paid_fen=paid.get(row[0].id or 0, 0),
            due_fen=due.get(row[0].id or 0, 0),
            refunds=tuple(backs.get(row[0].id or 0, ())),
            displaced=displaced.get(row[0].id or 0),
        )
        for row in rows
    ]


def _back(work: Work, refund: Refund, channel: str) -> RefundView:
    way = way_of(leg=refund.leg, channel=channel)
    return RefundView(
        no=refund.no,
        way=way,
        status=refund.status,
        amount_fen=refund.amount_fen,
        created_at=refund.created_at,
        sent_at=refund.sent_at,
        done_at=refund.done_at,
        stuck=is_stuck(way=way, status=refund.status, created_at=refund.created_at, now=work.now),
    )


def _due(work: Work, ids: Sequence[int | None]) -> dict[int, int]:
    """到院付：fen by appointment."""
    query = select(Payment).where(col(Payment.appointment_id).in_(ids), col(Payment.status) == PaymentStatus.DUE)
    return {payment.appointment_id: payment.amount_fen for payment in work.session.scalars(query)}


def _view(
    work: Work,
    appointment: Appointment,
    schedule: Schedule,
    department: Department,
    area: Area,
    patient: Patient,
    doctor: Doctor | None,
    *,
    paid_fen: int,
    due_fen: int,
    refunds: tuple[RefundView, ...],
    displaced: Displacement | None,
) -> AppointmentView:
    return shown(
        Onlooker(work.actor.role, work.now, work.rules),
        appointment,
        Place(schedule, department, area, doctor),
        Masked(patient.name_masked, patient.document_masked),
        paid_fen=paid_fen,
        due_fen=due_fen,
        refunds=refunds,
        displaced=displaced,
        moving_to=_new_number(work, appointment.next_slot_id) if appointment.next_slot_id is not None else None,
    )


def places(work: Work, *, schedule_ids: Collection[int]) -> dict[int, Place]:
    """Where and with whom clinics are, for appointments that were just written."""
    rows = work.session.execute(
        select(Schedule, Department, Area, Doctor)
        .join(Department, col(Schedule.department_code) == col(Department.code))
        .join(Area, col(Schedule.area_code) == col(Area.code))
        .outerjoin(Doctor, col(Schedule.doctor_id) == col(Doctor.id))
        .where(col(Schedule.id).in_(schedule_ids))
    ).all()
    work.session.expunge_all()
    return {row[0].id or 0: Place(*row) for row in rows}


def just_held(onlooker: Onlooker, written: Written, where: Place) -> AppointmentView:
    """A new hold as its owner sees it, without reading it back."""
    return shown(onlooker, written, where, Masked(written.patient_name, written.document))


def shown(
    onlooker: Onlooker,
    appointment: Appointment | Written,
    where: Place,
    patient: Masked,
    *,
    paid_fen: int = 0,
    due_fen: int = 0,
    refunds: tuple[RefundView, ...] = (),
    displaced: Displacement | None = None,
    moving_to: NewNumber | None = None,
) -> AppointmentView:
    schedule, department, area, doctor = where.schedule, where.department, where.area, where.doctor
    status, reason = status_now(appointment, onlooker.now)
    if due_fen and status is Status.BOOKED and appointment.ends_at <= onlooker.now:
        status = Status.NOSHOW  # 到院付 and never paid, whether or not a round has come by yet
    choice = displaced and displacement_now(displaced.status, until=displaced.decide_until, now=onlooker.now)
    if choice is DisplacementStatus.REFUNDED:
        status, reason = Status.CANCELLED, CancelReason.SUSPENDED
    actions = set(open_actions(MOVES, status, onlooker.role))
    left = max(0, onlooker.rules.changes_per_appointment - appointment.changes)
    if left == 0 or appointment.starts_at <= onlooker.now or appointment.next_slot_id is not None:
        actions.discard(Action.RESCHEDULE)
    if choice is DisplacementStatus.OPEN:
        actions -= {Action.RESCHEDULE, Action.CHECK_IN}
    return AppointmentView(
        no=appointment.no,
        status=status,
        cancel_reason=reason,
        patient_id=appointment.patient_id,
        patient_name=patient.name,
        document=patient.document,
        provider=schedule.provider,
        doctor_id=appointment.doctor_id,
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        department_code=department.code,
        department_name=department.name,
        schedule_id=appointment.schedule_id,
        service_type=schedule.service_type,
        session=schedule.session,
        seq=appointment.seq,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        room=schedule.room,
        area_code=area.code,
        location=area.location,
        fee_fen=appointment.fee_fen,
        paid_fen=paid_fen,
        due_fen=due_fen if status is Status.BOOKED else 0,
        held_until=appointment.held_until if status is Status.PENDING else None,
        changes_left=left,
        code=appointment.code,
        created_at=appointment.created_at,
        moving_to=moving_to,
        actions=tuple(sorted(action.value for action in actions)),
        refunds=refunds,
        displaced=choice or "",
        decide_until=displaced.decide_until if displaced and choice is DisplacementStatus.OPEN else None,
    )


def _new_number(work: Work, slot_id: int) -> NewNumber:
    slot = work.session.get_one(Slot, slot_id)
    schedule = work.session.get_one(Schedule, slot.schedule_id)
    area = work.session.get_one(Area, schedule.area_code)
    return NewNumber(slot.seq, slot.starts_at, slot.ends_at, schedule.room, area.location)


def status_now(appointment: Appointment | Written, now: datetime) -> tuple[Status, str]:
    """A hold whose time is up is cancelled, whether or not a worker has come by yet."""
    overdue = appointment.held_until is not None and appointment.held_until <= now
    if appointment.status == Status.PENDING and overdue:
        return Status.CANCELLED, CancelReason.EXPIRED
    return Status(appointment.status), appointment.cancel_reason
