"""Every change of an appointment, its numbers and its money, owed to the hospital information system."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from hospital_app.domain.his import payment_version, refund_version
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Owed, Work


class AppointmentState(Protocol):
    """What the HIS is told of an appointment, whatever it was read into."""

    @property
    def no(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def cancel_reason(self) -> str: ...
    @property
    def changes(self) -> int: ...
    @property
    def patient_id(self) -> int: ...
    @property
    def schedule_id(self) -> int: ...
    @property
    def slot_id(self) -> int: ...
    @property
    def department_code(self) -> str: ...
    @property
    def doctor_id(self) -> int | None: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def created_at(self) -> datetime: ...


class SlotState(Protocol):
    """And of a number."""

    @property
    def id(self) -> int | None: ...
    @property
    def version(self) -> int: ...
    @property
    def schedule_id(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def overbooked(self) -> bool: ...


def lane_of(no: str) -> str:
    """HIS rows of one appointment are worked off in order."""
    return f"his:{no}"


def queue_appointment(work: Work, *, appointment_id: int, more_slot_ids: tuple[int, ...] = ()) -> None:
    """Owe the HIS the state as of this transaction: an appointment, its number, others that it took or gave back."""
    work.session.flush()
    found = work.session.execute(
        select(Appointment, Slot)
        .join(Slot, or_(col(Slot.id) == col(Appointment.slot_id), col(Slot.id).in_(more_slot_ids)))
        .where(col(Appointment.id) == appointment_id)
        .order_by(col(Slot.id))
        .execution_options(populate_existing=True)
    ).all()
    queue(work, appointment=found[0][0], slots=[slot for _, slot in found])


def queue_appointments(work: Work, *, appointment_ids: Sequence[int | None]) -> None:
    """The same for many appointments and the number of each."""
    work.session.flush()
    found: dict[int, Any] = {
        row.slot_id: row
        for row in work.session.execute(
            select(*_columns(Appointment, AppointmentState))
            .where(col(Appointment.id).in_(appointment_ids))
            .order_by(col(Appointment.id))
        )
    }
    numbers = work.session.execute(select(*_columns(Slot, SlotState)).where(col(Slot.id).in_(found)))
    slots: dict[int | None, Any] = {row.id: row for row in numbers}
    work.later_all([owed_for(row, [slots[slot_id]]) for slot_id, row in found.items()])


def _columns(model: type[Appointment] | type[Slot], state: type) -> list[Mapped[Any]]:
    return [col(getattr(model, name)) for name in state.__dict__ if not name.startswith("_")]


def queue(work: Work, *, appointment: Appointment, slots: list[Slot]) -> None:
    """The same for rows in hand that are known to be fresh."""
    owed = owed_for(appointment, slots)
    work.later(owed.kind, lane=owed.lane, **owed.payload)


def queue_payment(work: Work, *, payment_id: int | None) -> None:
    """Owe the HIS what became of a payment; nothing while no money has come."""
    work.session.flush()
    payment = work.session.get_one(Payment, payment_id, populate_existing=True)
    if snapshot_version(payment):
        appointment = work.session.get_one(Appointment, payment.appointment_id)
        told = snapshot_of_payment(payment, appointment)
        work.later("his.sync", lane=lane_of(appointment.no), payments=[told])


def queue_refund(work: Work, *, refund_no: str) -> None:
    """Owe the HIS what became of a refund."""
    work.session.flush()
    refund, payment, appointment = work.session.execute(
        select(Refund, Payment, Appointment)
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .join(Appointment, col(Appointment.id) == col(Refund.appointment_id))
        .where(col(Refund.no) == refund_no)
        .execution_options(populate_existing=True)
    ).one()
    told = snapshot_of_refund(refund, payment, appointment)
    work.later("his.sync", lane=lane_of(appointment.no), refunds=[told])


def owed_for(appointment: AppointmentState, slots: Sequence[SlotState]) -> Owed:
    """A snapshot, not a reference: what is sent later is what was true at this version. No personal data."""
    payload = {
        "appointment": snapshot_of_appointment(appointment),
        "slots": [snapshot_of_slot(slot) for slot in slots],
    }
    return Owed("his.sync", payload, lane=lane_of(appointment.no))


def snapshot_of_appointment(appointment: AppointmentState) -> dict[str, object]:
    """What domain/fhir.py and domain/hl7v2.py make their own of."""
    return {
        "no": appointment.no,
        "version": appointment.version,
        "status": appointment.status,
        "cancel_reason": appointment.cancel_reason,
        "changes": appointment.changes,
        "patient_id": appointment.patient_id,
        "schedule_id": appointment.schedule_id,
        "slot_id": appointment.slot_id,
        "department_code": appointment.department_code,
        "doctor_id": appointment.doctor_id,
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "created_at": appointment.created_at.isoformat(),
    }


def snapshot_of_slot(slot: SlotState) -> dict[str, object]:
    return {
        "id": slot.id,
        "version": slot.version,
        "schedule_id": slot.schedule_id,
        "status": slot.status,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "overbooked": slot.overbooked,
    }


def snapshot_version(payment: Payment) -> int:
    return payment_version(status=payment.status, cash_captured_at=payment.cash_captured_at)


def snapshot_of_payment(payment: Payment, appointment: Appointment) -> dict[str, object]:
    """`channel_number`: the channel's own, once nothing about it changes any more."""
    version = snapshot_version(payment)
    at = payment.captured_at if version == 2 and payment.captured_at else payment.created_at
    return {
        **_money_of(appointment, payment),
        "no": payment.no,
        "version": version,
        "amount_fen": payment.amount_fen,
        "cash_fen": payment.cash_fen,
        "fund_fen": payment.fund_fen,
        "account_fen": payment.insurance_account_fen,
        "channel_number": payment.transaction_id if version == 2 else "",
        "created_at": payment.created_at.isoformat(),
        "at": at.isoformat(),
    }


def snapshot_of_refund(refund: Refund, payment: Payment, appointment: Appointment) -> dict[str, object]:
    version = refund_version(status=refund.status)
    at = refund.done_at if version == 2 and refund.done_at else refund.created_at
    return {
        **_money_of(appointment, payment),
        "no": refund.no,
        "version": version,
        "payment_no": payment.no,
        "leg": refund.leg,
        "amount_fen": refund.amount_fen,
        "channel_number": refund.channel_refund_id if version == 2 else "",
        "created_at": refund.created_at.isoformat(),
        "at": at.isoformat(),
    }


def _money_of(appointment: Appointment, payment: Payment) -> dict[str, object]:
    return {
        "appointment_no": appointment.no,
        "patient_id": appointment.patient_id,
        "department_code": appointment.department_code,
        "channel": payment.channel,
    }
