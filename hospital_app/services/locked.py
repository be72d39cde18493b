"""An appointment with its numbers, locked in the house's order: numbers first, then itself."""

from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.booking import Appointment
from hospital_app.services import slots
from hospital_app.work import Work

Numbers = tuple[int, int | None]


def appointment(work: Work, *, appointment_id: int, numbers: Numbers | None = None) -> Appointment:
    """Its numbers as they were seen, then itself; again if they have changed meanwhile.

    `numbers`: its slot_id and next_slot_id, if the caller has seen them.
    """
    numbers = numbers or _seen(work, appointment_id)
    while True:
        slots.lock(work, numbers)
        locked = work.session.scalars(
            select(Appointment)
            .where(col(Appointment.id) == appointment_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if (locked.slot_id, locked.next_slot_id) == numbers:
            return locked
        numbers = (locked.slot_id, locked.next_slot_id)


def _seen(work: Work, appointment_id: int) -> Numbers:
    slot_id, next_slot_id = work.session.execute(
        select(col(Appointment.slot_id), col(Appointment.next_slot_id)).where(col(Appointment.id) == appointment_id)
    ).one()
    return slot_id, next_slot_id
