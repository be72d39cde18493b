"""同科室与七天限约, judged by the appointments there are.

Whoever books has the person's counters locked by then (limits.count_bookings), so that two wishes of one person at one
moment see each other.
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
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.work import Work

K = TypeVar("K", bound=Hashable)


def refused(work: Work, wanted: Mapping[K, tuple[int, Visit]], *, but_id: int | None = None) -> dict[K, Refusal]:
    """Of visits that persons want, those that are one too many. `but_id`: an appointment that would move there."""
    if not (wanted and visits.are_limited(work.rules)):
        return {}
    days = [visit.on for _, visit in wanted.values()]
    query = (
        select(
            col(Appointment.patient_id), col(Appointment.department_code), col(Appointment.on), col(Schedule.session)
        )
        .join(Schedule, col(Schedule.id) == col(Appointment.schedule_id))
        .where(
            col(Appointment.patient_id).in_({patient_id for patient_id, _ in wanted.values()}),
            col(Appointment.status).in_([status.value for status in LIVE]),
            col(Appointment.on) > min(days) - WEEK,
            col(Appointment.on) < max(days) + WEEK,
            col(Appointment.id) != (but_id or 0),
        )
    )
    others: dict[int, list[Visit]] = defaultdict(list)
    for patient_id, department_code, on, session in work.session.execute(query):
        others[patient_id].append(Visit(department_code, on, session))
    found = {place: visits.refusal(work.rules, visit, others[whose]) for place, (whose, visit) in wanted.items()}
    return {place: refusal for place, refusal in found.items() if refusal is not None}
