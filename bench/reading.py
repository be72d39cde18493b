"""Calendar reads over REST: a busy doctor, and wrk."""

from datetime import timedelta

from bench.server import CONNECTIONS, Load, reads
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


def address(url: str, doctor_id: int) -> str:
    return f"{url}/api/v1/doctors/{doctor_id}/calendar?days={DAYS}"


def calendar(url: str, doctor_id: int, *, seconds: int, connections: int = CONNECTIONS) -> Load:
    return reads(address(url, doctor_id), seconds=seconds, connections=connections)
