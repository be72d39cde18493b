from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import board
from hospital_app.flows import schedules as flow
from hospital_app.models.booking import Schedule, Slot
from hospital_app.services import grid
from hospital_app.services.board import Tally, Wanted
from tests.support.booked import a_booked_appointment
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House

WEDNESDAY = date(2026, 11, 25)
ADMIN = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
OWN = Actor(Role.DEPARTMENT_ADMIN, staff_id=2, department_code="03.01")
OTHER = Actor(Role.DEPARTMENT_ADMIN, staff_id=3, department_code="07")


@pytest.fixture
def hospital(house: House) -> Hospital:
    built = a_hospital(house)
    flow.generate_ahead()
    return built


def shan(house: House, hospital: Hospital) -> int:
    with house.sessions() as session:
        return (
            session.scalars(
                select(Schedule).where(Schedule.provider == f"doctor:{hospital.shan}", Schedule.on == WEDNESDAY)
            )
            .one()
            .id
            or 0
        )


def wednesday(house: House, actor: Actor = ADMIN) -> Tally:
    return next(row for row in board.rows(actor, days=3) if row.code == "03.01").days[WEDNESDAY]


def in_all(tally: Tally) -> int:
    return tally.free + tally.held + tally.booked + tally.closed + tally.suspended


def test_every_number_is_somewhere(house: House, hospital: Hospital) -> None:
    clinic = shan(house, hospital)
    a_booked_appointment(house.sessions, schedule_id=clinic)
    with house.sessions.begin() as session:
        second, third, fourth = session.scalars(
            select(Slot).where(col(Slot.schedule_id) == clinic, col(Slot.seq).in_([2, 3, 4]))
        )
        second.status, second.held_until = "busy-tentative", house.now + timedelta(minutes=15)
        third.status, third.held_until = "busy-tentative", house.now  # its time is up
        fourth.opens_at = house.now + timedelta(days=1)
    assert wednesday(house) == Tally(free=62, open=61, held=1, booked=1, closed=0, suspended=0, overbooked=0)
    with house.sessions.begin() as session:
        session.get_one(Schedule, clinic).suspended = True
    tally = wednesday(house)
    assert (tally.free, tally.held, tally.booked, tally.suspended) == (48, 1, 1, 14)
    assert in_all(tally) == 64
    rows = board.clinics(ADMIN, department_code="03.01", on=WEDNESDAY)
    assert [(row.doctor, row.room, in_all(row.tally)) for row in rows] == [
        ("单国立", "302", 16),
        ("曾小敏", "303", 16),
        ("", "301", 32),
    ]
    assert [n.status for n in board.numbers(ADMIN, schedule_id=clinic)][:4] == [
        "busy",
        "busy-tentative",
        "free",
        "free",
    ]


def test_closing_touches_free_numbers_only_and_opening_brings_them_back(house: House, hospital: Hospital) -> None:
    clinic = shan(house, hospital)
    a_booked_appointment(house.sessions, schedule_id=clinic)
    wanted = Wanted(WEDNESDAY, WEDNESDAY, "03.01", doctor_id=hospital.shan, session="morning")
    foreseen = board.preview(OWN, wanted=wanted, closing=True)
    done = board.close(OWN, wanted=wanted)
    assert foreseen == done
    assert (done.clinics, done.numbers, done.booked) == (1, 15, 1)
    assert (wednesday(house).closed, wednesday(house).booked, wednesday(house).free) == (15, 1, 48)
    cells = house.do(grid.cells, provider=f"doctor:{hospital.shan}", start=WEDNESDAY, days=1)
    assert {cell.state for cell in cells} == {"waitlist"}
    assert house.broken() == []
    assert board.reopen(OWN, wanted=wanted).numbers == 15
    assert wednesday(house).free == 63
    assert board.close(ADMIN, wanted=Wanted(WEDNESDAY, WEDNESDAY, schedule_id=clinic)).numbers == 15


def test_one_closes_the_whole_hospital_or_the_own_department(house: House, hospital: Hospital) -> None:
    until = WEDNESDAY + timedelta(days=1)
    assert board.close(OWN, wanted=Wanted(WEDNESDAY, until)).clinics == 6
    assert board.close(ADMIN, wanted=Wanted(WEDNESDAY, until)).clinics == 12
    assert board.preview(ADMIN, wanted=Wanted(WEDNESDAY, until), closing=True).numbers == 0


def test_others_departments_are_out_of_reach(house: House, hospital: Hospital) -> None:
    clinic = shan(house, hospital)
    assert [row.code for row in board.rows(OTHER, days=3)] == ["07"]
    one, all_of_it = Wanted(WEDNESDAY, WEDNESDAY, schedule_id=clinic), Wanted(WEDNESDAY, WEDNESDAY, "03.01")
    for tried in (
        lambda: board.clinics(OTHER, department_code="03.01", on=WEDNESDAY),
        lambda: board.numbers(OTHER, schedule_id=clinic),
        *(
            lambda does=does, wanted=wanted: does(OTHER, wanted=wanted)
            for does in (board.close, board.reopen)
            for wanted in (one, all_of_it)
        ),
    ):
        with pytest.raises(Refusal) as refused:
            tried()
        assert refused.value.code in {"forbidden", "not_found"}
    mine = Wanted(WEDNESDAY, WEDNESDAY, doctor_id=hospital.shan)
    assert board.close(OTHER, wanted=mine).clinics == 0


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CLERK, Role.PATIENT, Role.ANONYMOUS])
def test_only_administrators(house: House, hospital: Hospital, role: Role) -> None:
    somebody = Actor(role, staff_id=1, account_id=1, doctor_id=hospital.shan, department_code="03.01")
    with pytest.raises(Refusal):
        board.rows(somebody, days=3)
    with pytest.raises(Refusal):
        board.close(somebody, wanted=Wanted(WEDNESDAY, WEDNESDAY))


def test_days_must_follow_each_other(house: House, hospital: Hospital) -> None:
    for since, until in ((WEDNESDAY, WEDNESDAY - timedelta(days=1)), (WEDNESDAY, WEDNESDAY + timedelta(days=99))):
        with pytest.raises(Refusal) as refused:
            board.close(ADMIN, wanted=Wanted(since, until))
        assert refused.value.code == "bad_days"
