"""Calendar reads over REST, against an endpoint of the same server that reads nothing."""

from datetime import timedelta

from bench.server import Load, reads
from hospital_app import clock
from hospital_app import container as containers
from hospital_app.domain.calendar import Session, clinic_day
from tests.support.builders import a_doctor, a_schedule

DAYS = 7
PER_PERIOD = 5


def a_busy_doctor() -> int:
    """Mornings and afternoons of a whole week; the doctor's id."""
    sessions = containers.container().sessions
    doctor_id = a_doctor(sessions)
    for day in range(1, DAYS + 1):
        for session in (Session.MORNING, Session.AFTERNOON):
            on = clinic_day(clock.now()) + timedelta(days=day)
            a_schedule(sessions, doctor_id=doctor_id, on=on, session=session, per_period=PER_PERIOD)
    return doctor_id


def calendar(url: str, doctor_id: int, *, seconds: int) -> Load:
    return reads(f"{url}/api/v1/doctors/{doctor_id}/calendar?days={DAYS}", seconds=seconds)


def constant(url: str, *, seconds: int) -> Load:
    return reads(f"{url}/healthz", seconds=seconds)
