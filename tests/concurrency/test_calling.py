"""Two fingers, two windows, one patient: races at a doctor's desk on MariaDB, with negative controls."""

from collections.abc import Callable
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.ticket import IN_ROOM
from hospital_app.flows import waiting
from hospital_app.models.waiting import Ticket
from hospital_app.services import calling
from hospital_app.services.waiting_line import Line, lock_line, read_line
from hospital_app.work import Work
from tests.support.booked import KIOSK, a_booked_appointment, doctor_actor
from tests.support.builders import a_doctor, a_schedule, first_period
from tests.support.house import House
from tests.support.race import codes, granted, race

PATIENTS = 9


@pytest.fixture
def doctor_id(mariadb_house: House) -> int:
    house = mariadb_house
    doctor_id = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    house.at(first_period())
    for seq in range(1, PATIENTS + 1):
        waiting.check_in(KIOSK, code=a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq).code)
    return doctor_id


def statuses(house: House) -> dict[str, int]:
    with house.sessions() as session:
        rows = session.execute(select(col(Ticket.status), func.count()).group_by(col(Ticket.status)))
        return {row[0]: row[1] for row in rows}


def in_rooms(house: House) -> int:
    return sum(statuses(house).get(status, 0) for status in IN_ROOM)


def test_eight_presses_call_one_patient(mariadb_house: House, doctor_id: int) -> None:
    doctor = doctor_actor(doctor_id)
    answers = race(range(8), lambda _: waiting.next_patient(doctor, after=None))
    assert {desk.current.label for desk in granted(answers) if desk.current} == {"1"}
    assert len(granted(answers)) == 8
    assert statuses(mariadb_house) == {"called": 1, "waiting": PATIENTS - 1}
    seen = waiting.desk(doctor).current
    assert seen is not None
    answers = race(range(8), lambda _: waiting.next_patient(doctor, after=seen.ticket_id))
    assert {desk.current.label for desk in granted(answers) if desk.current} == {"2"}
    assert statuses(mariadb_house) == {"called": 1, "done": 1, "waiting": PATIENTS - 2}
    assert mariadb_house.broken() == []


def test_without_saying_whom_one_saw_eight_presses_run_through_the_line(mariadb_house: House, doctor_id: int) -> None:
    """Negative control: finish whoever is there and call the next, as a naive button does."""
    doctor = doctor_actor(doctor_id)

    def press(_: int) -> None:
        current = waiting.desk(doctor).current
        waiting.next_patient(doctor, after=current.ticket_id if current else None)

    for turn in range(8):
        press(turn)
    assert statuses(mariadb_house) == {"called": 1, "done": 7, "waiting": PATIENTS - 8}


def two_windows(house: House, doctor_id: int) -> tuple[int, set[str]]:
    """One window presses next while another calls number 5; how many are in the room then, and what was refused."""
    doctor = doctor_actor(doctor_id)
    fifth = next(row for row in waiting.desk(doctor).rows if row.label == "5")
    presses: list[Callable[[], object]] = [
        lambda: waiting.next_patient(doctor, after=None),
        lambda: waiting.call(doctor, ticket_id=fifth.ticket_id or 0),
    ]
    answers = race(presses, lambda press: press())
    return in_rooms(house), codes(answers)


@pytest.mark.parametrize("repetition", range(5))
def test_two_windows_put_one_patient_in_the_room(mariadb_house: House, doctor_id: int, repetition: int) -> None:
    patients, refused = two_windows(mariadb_house, doctor_id)
    assert patients == 1
    assert refused <= {"room_busy"}


def test_without_the_lock_two_windows_put_two_in_the_room(
    mariadb_house: House, doctor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: both look at the line before either writes."""
    both_have_looked = Barrier(2)

    def look_without_lock(work: Work, *, schedule_id: int) -> Line:
        found = read_line(work, schedule_id=schedule_id)
        both_have_looked.wait(timeout=30)
        return found

    assert calling.lock_line is lock_line
    monkeypatch.setattr(calling, "lock_line", look_without_lock)
    assert two_windows(mariadb_house, doctor_id) == (2, set())


def test_one_slip_at_eight_kiosks_checks_in_once(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions)
    house.at(first_period())
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    answers = race(range(8), lambda _: waiting.check_in(KIOSK, code=booked.code))
    assert len(granted(answers)) == 1
    assert codes(answers) == {"already_used"}
    assert statuses(house) == {"waiting": 1}
