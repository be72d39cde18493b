"""What hangs on the wall of a waiting area."""

import pytest
from sqlalchemy import update

from hospital_app.domain.errors import Refusal
from hospital_app.flows import waiting
from hospital_app.models.booking import Schedule
from tests.support.booked import KIOSK, a_booked_appointment, doctor_actor
from tests.support.builders import a_department, a_doctor, a_schedule, first_period
from tests.support.house import House


@pytest.fixture
def doctor_id(house: House) -> int:
    return a_doctor(house.sessions)


@pytest.fixture
def schedule_id(house: House, doctor_id: int) -> int:
    found = a_schedule(house.sessions, doctor_id=doctor_id)
    house.at(first_period())
    return found


def arrive(house: House, schedule_id: int, numbers: int) -> None:
    for seq in range(1, numbers + 1):
        booked = a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq)
        waiting.check_in(KIOSK, code=booked.code)


def test_rooms_show_masked_names_and_who_is_next(house: House, doctor_id: int, schedule_id: int) -> None:
    arrive(house, schedule_id, 4)
    doctor = doctor_actor(doctor_id)
    waiting.next_patient(doctor, after=None)
    screen = waiting.area_screen(area_code="A1")
    (room,) = screen.rooms
    assert (room.room, room.doctor, room.department) == ("2诊室", "张国立 主任医师", "呼吸内科")
    assert room.current is not None and (room.current.label, room.current.name) == ("1", "王*芳")
    assert [(n.label, n.name) for n in room.next] == [("2", "王*芳"), ("3", "王*芳")]
    assert room.waiting == 3
    assert "王秀芳" not in repr(screen)
    assert [(call.label, call.room) for call in screen.calls] == [("1", "2诊室")]


def test_every_recall_is_a_call_of_its_own(house: House, doctor_id: int, schedule_id: int) -> None:
    arrive(house, schedule_id, 1)
    doctor = doctor_actor(doctor_id)
    current = waiting.next_patient(doctor, after=None).current
    assert current is not None
    first = waiting.area_screen(area_code="A1").calls[0].key
    house.later(seconds=60)
    waiting.recall(doctor, ticket_id=current.ticket_id or 0)
    assert waiting.area_screen(area_code="A1").calls[0].key != first
    waiting.start(doctor, ticket_id=current.ticket_id or 0)
    screen = waiting.area_screen(area_code="A1")
    assert screen.calls == ()
    assert screen.rooms[0].current is not None and screen.rooms[0].current.status == "serving"


def test_some_departments_show_numbers_only(house: House, doctor_id: int, schedule_id: int) -> None:
    a_department(house.sessions, code="15", name="精神科")
    arrive(house, schedule_id, 2)
    with house.sessions.begin() as session:
        session.execute(update(Schedule).values(department_code="15"))
    waiting.next_patient(doctor_actor(doctor_id), after=None)
    screen = waiting.area_screen(area_code="A1")
    assert "王" not in repr(screen)
    assert screen.rooms[0].current is not None and screen.rooms[0].current.label == "1"


def test_the_check_in_code_is_for_the_hospitals_own_displays(house: House, schedule_id: int) -> None:
    assert waiting.area_screen(area_code="A1").check_in_code == ""
    assert waiting.area_screen(KIOSK, area_code="A1").check_in_code == "A1-2468"


def test_clinics_appear_with_check_in_and_go_after_the_grace(house: House, schedule_id: int) -> None:
    def rooms() -> int:
        return len(waiting.area_screen(area_code="A1").rooms)

    assert rooms() == 1
    house.later(minutes=-61)
    assert rooms() == 0
    house.at(first_period())
    house.later(hours=4, minutes=29)
    assert rooms() == 1
    house.later(minutes=1)
    assert rooms() == 0


def test_unknown_areas_are_not_found(house: House, schedule_id: int) -> None:
    with pytest.raises(Refusal) as refusal:
        waiting.area_screen(area_code="Z9")
    assert refusal.value.status == 404
    assert [area.code for area in waiting.areas()] == ["A1"]
