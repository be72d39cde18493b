"""Every change of an appointment and its numbers, owed to the hospital information system."""

from hospital_app.models.booking import Appointment, Slot
from hospital_app.work import Work


def lane_of(appointment_id: int) -> str:
    """HIS rows of one appointment are worked off in order."""
    return f"his:{appointment_id}"


def queue_appointment(work: Work, *, appointment_id: int, more_slot_ids: tuple[int, ...] = ()) -> None:
    """Owe the HIS the state as of this transaction: an appointment, its number, others that it took or gave back."""
    work.session.flush()
    appointment = work.session.get_one(Appointment, appointment_id, populate_existing=True)
    ids = {appointment.slot_id, *more_slot_ids}
    slots = [work.session.get_one(Slot, slot_id, populate_existing=True) for slot_id in sorted(ids)]
    queue(work, appointment=appointment, slots=slots)


def queue(work: Work, *, appointment: Appointment, slots: list[Slot]) -> None:
    """The same for rows in hand that are known to be fresh.

    A snapshot, not a reference: what is sent later is what was true at this version. No personal data.
    """
    if appointment.id is None:
        raise ValueError("unsaved appointment")
    work.later(
        "his.sync",
        lane=lane_of(appointment.id),
        appointment=snapshot_of_appointment(appointment),
        slots=[snapshot_of_slot(slot) for slot in slots],
    )


def snapshot_of_appointment(appointment: Appointment) -> dict[str, object]:
    """What domain/fhir.py makes a resource of."""
    return {
        "no": appointment.no,
        "version": appointment.version,
        "status": appointment.status,
        "cancel_reason": appointment.cancel_reason,
        "patient_id": appointment.patient_id,
        "schedule_id": appointment.schedule_id,
        "slot_id": appointment.slot_id,
        "department_code": appointment.department_code,
        "doctor_id": appointment.doctor_id,
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "created_at": appointment.created_at.isoformat(),
    }


def snapshot_of_slot(slot: Slot) -> dict[str, object]:
    return {
        "id": slot.id,
        "version": slot.version,
        "schedule_id": slot.schedule_id,
        "status": slot.status,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "overbooked": slot.overbooked,
    }
