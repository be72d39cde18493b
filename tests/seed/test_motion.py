"""The demonstration's people arrive and are called by themselves; the demo accounts' own numbers are left alone."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Account
from hospital_app.models.waiting import Ticket
from hospital_app.seed import motion
from hospital_app.seed.accounts import FAMOUS_DOCTOR, PATIENT_PHONE
from hospital_app.vault import vault
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_doctor, a_schedule, an_account, first_period
from tests.support.house import House


def statuses(house: House) -> list[str]:
    with house.sessions() as session:
        return sorted(session.scalars(select(col(Appointment.status))))


def test_a_morning_goes_by_without_anybody_at_the_keys(house: House) -> None:
    schedule_id = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions, name="陈静"), per_period=1)
    for seq in range(1, 9):
        a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq)
    house.at(first_period() - timedelta(minutes=30))
    for _ in range(50):
        motion.move()
        house.later(minutes=5)
    seen = statuses(house)
    assert seen.count("fulfilled") >= 6
    assert set(seen) <= {"fulfilled", "checked-in", "booked"}
    assert house.broken() == []


def test_two_runs_at_one_moment_call_nobody_twice(house: House) -> None:
    schedule_id = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions, name="陈静"), per_period=1)
    for seq in range(1, 5):
        a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq)
    house.at(first_period() + timedelta(minutes=40))
    motion.move()
    motion.move()
    with house.sessions() as session:
        called = [t for t in session.scalars(select(Ticket)) if t.status in {"called", "serving"}]
    assert len(called) == 1


def test_the_demo_patients_and_the_demo_doctors_are_left_to_visitors(house: House) -> None:
    account = an_account(house.sessions)
    with house.sessions.begin() as session:
        session.get_one(Account, account).phone_index = vault().blind_index("phone", PATIENT_PHONE)
    schedule = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions, name="陈静"), per_period=1)
    a_booked_appointment(house.sessions, schedule_id=schedule, account_id=account)
    famous = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions, name=FAMOUS_DOCTOR), per_period=1)
    a_booked_appointment(house.sessions, schedule_id=famous)
    house.at(first_period() + timedelta(minutes=25))
    for _ in range(3):
        motion.move()
    with house.sessions() as session:
        assert all(ticket.schedule_id == famous for ticket in session.scalars(select(Ticket)))
        assert all(ticket.status == "waiting" for ticket in session.scalars(select(Ticket)))
