"""同科室与七天限约, judged by the appointments there are.

Whoever books or moves has the person's counter locked by then (limits.count_bookings, limits.lock_person), so that two
wishes of one person at one moment see each other. A number that a dearer reschedule holds counts beside the old one.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import TypeVar

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import visits
from hospital_app.domain.appointment import LIVE
from hospital_app.domain.errors import Refusal
from hospital_app.domain.visits import WEEK, Visit
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.work import Work

K = TypeVar("K", bound=Hashable)


def refused(work: Work, wanted: Mapping[K, tuple[int, Visit]], *, but_id: int | None = None) -> dict[K, Refusal]:
    """Of visits that persons want, those that are one too many. `but_id`: an appointment that would move there."""
    if not (wanted and visits.are_limited(work.rules)):
        return {}
    days = [visit.on for _, visit in wanted.values()]
    theirs = (
        col(Appointment.patient_id).in_({patient_id for patient_id, _ in wanted.values()}),
        col(Appointment.status).in_([status.value for status in LIVE]),
        col(Appointment.id) != (but_id or 0),
    )
    near = (col(Schedule.on) > min(days) - WEEK, col(Schedule.on) < max(days) + WEEK)
    what = (
        col(Appointment.id),
        col(Appointment.patient_id),
        col(Schedule.department_code),
        col(Schedule.on),
        col(Schedule.session),
    )
    standing = select(*what).join(Schedule, col(Schedule.id) == col(Appointment.schedule_id)).where(*theirs, *near)
    moving = (
        select(*what)
        .join(Slot, col(Slot.id) == col(Appointment.next_slot_id))
        .join(Schedule, col(Schedule.id) == col(Slot.schedule_id))
        .where(*theirs, *near, col(Slot.held_until) > work.now)
    )
    places = {
        (appointment_id, patient_id, Visit(department_code, on, session))
        for query in (standing, moving)
        for appointment_id, patient_id, department_code, on, session in work.session.execute(query)
    }
    others: dict[int, list[Visit]] = defaultdict(list)
    for _, patient_id, visit in places:
        others[patient_id].append(visit)
    found = {place: visits.refusal(work.rules, visit, others[whose]) for place, (whose, visit) in wanted.items()}
    return {place: refusal for place, refusal in found.items() if refusal is not None}
