"""The end of a clinic: no-shows, those who waited in vain, and who was still in the room."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hospital_app.domain.appointment import Status
from hospital_app.flows import waiting
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Patient
from hospital_app.models.waiting import Ticket
from tests.support.booked import KIOSK, a_booked_appointment, doctor_actor
from tests.support.builders import TOMORROW, a_doctor, a_patient, a_schedule, an_account, first_period
from tests.support.house import House


@pytest.fixture
def doctor_id(house: House) -> int:
    return a_doctor(house.sessions)


def status_of(house: House, appointment: Appointment) -> str:
    with house.sessions() as session:
        return session.get_one(Appointment, appointment.id).status


def test_everybody_is_seen_off_once(house: House, doctor_id: int) -> None:
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    house.at(first_period())
    seen, in_room, waits, absent = (
        a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=n) for n in (1, 2, 3, 4)
    )
    for each in (seen, in_room, waits):
        waiting.check_in(KIOSK, code=each.code)
    doctor = doctor_actor(doctor_id)
    first = waiting.next_patient(doctor, after=None).current
    assert first is not None
    second = waiting.next_patient(doctor, after=first.ticket_id).current
    assert second is not None
    waiting.start(doctor, ticket_id=second.ticket_id or 0)

    house.at(first_period() + timedelta(hours=4, seconds=-1))
    assert waiting.close_ended() == 0
    house.later(seconds=1)  # the end: who never came is a no-show, who waits may still be called
    assert waiting.close_ended() == 1
    assert [status_of(house, a) for a in (seen, in_room, waits, absent)] == [
        Status.FULFILLED,
        Status.CHECKED_IN,
        Status.CHECKED_IN,
        Status.NOSHOW,
    ]
    house.later(minutes=30)
    assert waiting.close_ended() == 3
    assert [status_of(house, a) for a in (in_room, waits)] == [Status.FULFILLED, Status.NOSHOW]
    with house.sessions() as session:
        tickets = sorted(ticket.status for ticket in session.scalars(select(Ticket)))
    assert tickets == ["done", "done", "left"]
    assert waiting.close_ended() == 0
    assert house.broken() == []


def test_three_no_shows_bar_a_person_and_waiting_in_vain_does_not(house: House, doctor_id: int) -> None:
    account_id = an_account(house.sessions)
    patients = [a_patient(house.sessions, account_id=account_id, name=name) for name in ("王秀芳", "李强")]
    for day in range(3):
        on = TOMORROW + timedelta(days=day)
        schedule_id = a_schedule(house.sessions, doctor_id=doctor_id, on=on)
        house.at(first_period(on))
        never_came, in_vain = (
            a_booked_appointment(
                house.sessions, schedule_id=schedule_id, seq=n, account_id=account_id, patient_id=patient_id
            )
            for n, patient_id in enumerate(patients, start=1)
        )
        waiting.check_in(KIOSK, code=in_vain.code)
        house.later(hours=4, minutes=30)
        waiting.close_ended()
        assert [status_of(house, a) for a in (never_came, in_vain)] == [Status.NOSHOW, Status.NOSHOW]
        with house.sessions() as session:
            barred, spared = (session.get_one(Patient, p).noshow_banned_until for p in patients)
        assert spared is None
        assert barred == (house.now + timedelta(days=90) if day == 2 else None)
