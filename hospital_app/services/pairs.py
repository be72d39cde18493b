"""旧号与新号: the number that an appointment has and the one that it will have, locked together."""

from datetime import datetime

from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.taking import slot_taken
from hospital_app.models.booking import Appointment, Slot
from hospital_app.services import releasing, slots
from hospital_app.work import Work

TRIES = 3


def lock(work: Work, appointment: Appointment, *, schedule_id: int, starts_at: datetime) -> Slot:
    """A takeable number of this half hour. Both are locked in ascending order, whichever is which: no deadlock A→B,
    B→A. Raises Refusal `slot_taken`.
    """
    passed: set[int] = set()
    for _ in range(TRIES):
        ids = slots.candidates(work, schedule_id=schedule_id, starts_at=starts_at, count=TRIES)
        fresh = [i for i in ids if i not in passed]
        if not fresh:
            break
        slot = slots.lock(work, [appointment.slot_id, fresh[0]])[fresh[0]]
        if slot.status == SlotStatus.FREE or (slot.held_until is not None and slot.held_until <= work.now):
            releasing.vacate(work, slot=slot)
            return slots.lock(work, [fresh[0]])[fresh[0]]
        passed.add(fresh[0])
    raise slot_taken()
