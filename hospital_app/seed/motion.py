"""`python -m hospital_app.seed.motion`: people of the demonstration arrive and are called, through the product's flows.

Runs beside the sandboxes, for the demonstration only: without it the waiting rooms would stand still a few minutes
after the seed. It decides by dice that depend on the appointment alone, so a restart changes nobody's fate. The demo
doctors' own clinics and the demo patients' numbers are left to whoever tries the product.
"""

import logging
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from sqlalchemy import select
from sqlmodel import col

from hospital_app.container import container
from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.domain.ticket import TicketStatus
from hospital_app.flows import waiting
from hospital_app.flows.unit import perform
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.models.hospital import Doctor
from hospital_app.models.identity import Account
from hospital_app.models.waiting import Ticket
from hospital_app.seed.accounts import ELDERLY_PHONE, NAMED_DOCTORS, PATIENT_PHONE, PAYER_PHONE
from hospital_app.vault import vault
from hospital_app.work import Work

log = logging.getLogger(__name__)

TICK_SECONDS = 5.0
MOVES_PER_TICK = 25  # so that a hospital that stood still over night does not move all at once
EARLIEST_MINUTES = 60
NOSHOW_PERCENT = 5
ARRIVAL_MINUTES = (-22.0, 18.0)  # mean and deviation around the period's start
CONSULT_MINUTES = 6.5  # median
CONSULT_SIGMA = 0.45

KIOSK = Actor(Role.KIOSK, terminal="kiosk")


@dataclass(frozen=True, slots=True)
class Room:
    """A clinic that is open now, and whom its desk has in the room."""

    schedule_id: int
    doctor_id: int
    current: int | None
    since: datetime | None


def arrivals(work: Work) -> list[str]:
    """Eight-digit codes of those who should have come by now, earliest first."""
    own = [vault().blind_index("phone", phone) for phone in (PATIENT_PHONE, ELDERLY_PHONE, PAYER_PHONE)]
    rows = work.session.execute(
        select(col(Appointment.id), col(Appointment.code), col(Appointment.starts_at))
        .join(Account, col(Account.id) == col(Appointment.account_id))
        .where(
            col(Appointment.on) == clinic_day(work.now),
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.starts_at) <= work.now + timedelta(minutes=EARLIEST_MINUTES),
            col(Appointment.ends_at) > work.now,
            col(Account.phone_index).not_in(own),
        )
        .order_by(col(Appointment.starts_at))
    ).all()
    return [row.code for row in rows if _has_come(row.id, row.starts_at, work.now)]


def rooms(work: Work) -> list[Room]:
    """Open clinics whose desk somebody of the house should sit at: all but the demo doctors'."""
    demo = select(col(Doctor.id)).where(col(Doctor.name).in_([named.name for named in NAMED_DOCTORS]))
    rows = work.session.execute(
        select(col(Schedule.id), col(Schedule.doctor_id), col(Schedule.department_code)).where(
            col(Schedule.on) == clinic_day(work.now),
            col(Schedule.starts_at) <= work.now,
            col(Schedule.ends_at) > work.now,
            col(Schedule.doctor_id).is_(None) | col(Schedule.doctor_id).not_in(demo),
        )
    ).all()
    doctors: dict[str, int | None] = {}
    for doctor in work.session.execute(
        select(col(Doctor.department_code), col(Doctor.id)).where(col(Doctor.id).not_in(demo))
    ):
        doctors[doctor.department_code] = doctor.id
    inside = {
        row.schedule_id: row
        for row in work.session.execute(
            select(col(Ticket.schedule_id), col(Ticket.id), col(Ticket.called_at)).where(
                col(Ticket.on) == clinic_day(work.now),
                col(Ticket.status).in_([TicketStatus.CALLED.value, TicketStatus.SERVING.value]),
            )
        )
    }
    found = []
    for row in rows:
        doctor_id = row.doctor_id or doctors.get(row.department_code)
        if doctor_id is not None:
            here = inside.get(row.id)
            found.append(Room(row.id, doctor_id, here.id if here else None, here.called_at if here else None))
    return found


def move() -> int:
    """One tick: whoever has come checks in, whoever is through goes and the next is called; how many moves."""
    now = container().clock()
    moves = 0
    for code in perform(SYSTEM, arrivals)[:MOVES_PER_TICK]:
        moves += _quietly(partial(waiting.check_in, KIOSK, code=code))
    for room in perform(SYSTEM, rooms):
        if moves >= MOVES_PER_TICK:
            break
        if room.current is not None and room.since is not None and now < room.since + consult(room.current):
            continue
        doctor = Actor(Role.DOCTOR, doctor_id=room.doctor_id, terminal="desk")
        moves += _quietly(partial(waiting.next_patient, doctor, after=room.current, schedule_id=room.schedule_id))
    return moves


def consult(ticket_id: int) -> timedelta:
    """How long this patient takes."""
    minutes = random.Random(f"consult{ticket_id}").lognormvariate(0, CONSULT_SIGMA) * CONSULT_MINUTES
    return timedelta(minutes=min(minutes, 25))


def _has_come(appointment_id: int, starts_at: datetime, now: datetime) -> bool:
    dice = random.Random(f"arrival{appointment_id}")
    if dice.randrange(100) < NOSHOW_PERCENT:
        return False
    offset = max(-float(EARLIEST_MINUTES), min(25.0, dice.gauss(*ARRIVAL_MINUTES)))
    return now >= starts_at + timedelta(minutes=offset)


def _quietly(act: Callable[[], object]) -> int:
    try:
        act()
    except Refusal as refusal:
        log.info("no move: %s", refusal.code)
        return 0
    return 1


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    while not stop.is_set():
        try:
            move()
        except Exception:
            log.exception("trying again")
        stop.wait(TICK_SECONDS)


if __name__ == "__main__":
    main()
