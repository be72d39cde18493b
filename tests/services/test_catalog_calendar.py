from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.flows import catalog
from hospital_app.models.booking import Schedule, Slot
from hospital_app.services import calendars, schedules
from hospital_app.services.grid import Cell
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House

TUESDAY = date(2026, 11, 24)
EIGHT = datetime(2026, 11, 24, 0, tzinfo=UTC)


@pytest.fixture
def hospital(house: House) -> Hospital:
    """Tuesday 09:00, two weeks of clinics on weekday mornings."""
    made = a_hospital(house)
    house.do(schedules.generate, start=TUESDAY, days=14)
    return made


def cells(hospital: Hospital) -> list[Cell]:
    return list(catalog.calendar(doctor_id=hospital.shan).cells)


def change(house: House, cell: Cell, count: int, **values: object) -> None:
    """The first `count` numbers of a period."""
    with house.sessions.begin() as session:
        ids = [
            slot.id
            for slot in session.query(Slot)
            .filter_by(schedule_id=cell.schedule_id, starts_at=cell.starts_at)
            .order_by(col(Slot.seq))
        ]
        session.execute(update(Slot).where(col(Slot.id).in_(ids[:count])).values(**values))
    house.container.calendars.changed([cell.schedule_id])


def test_the_grid_has_a_cell_for_each_half_hour(house: House, hospital: Hospital) -> None:
    calendar = catalog.calendar(doctor_id=hospital.shan)
    assert calendar.days == tuple(TUESDAY + timedelta(days=d) for d in range(7))
    assert [s.on for s in calendar.sessions] == [TUESDAY + timedelta(days=d) for d in (0, 1, 2, 3, 6)]
    assert len(calendar.cells) == 40
    assert [c.state for c in calendar.cells[:8]] == ["over", "over"] + ["free"] * 6
    assert [c.left for c in calendar.cells[:3]] == [0, 0, 2]
    today = calendar.sessions[0]
    assert (today.state, today.left, today.fee_fen, today.session) == ("free", 12, 8000, "morning")
    assert today.ends_at == EIGHT + timedelta(hours=4)
    assert calendar.schedule_ids == tuple(s.schedule_id for s in calendar.sessions)


def test_a_day_that_is_sold_out_can_be_waited_for_until_its_line_closes(house: House, hospital: Hospital) -> None:
    wednesday = [cell for cell in cells(hospital) if cell.on == TUESDAY + timedelta(days=1)]
    for cell in wednesday[1:]:
        change(house, cell, cell.capacity, status="busy")
    half = [cell.state for cell in cells(hospital) if cell.on == TUESDAY + timedelta(days=1)]
    assert half[0] in {"free", "few"} and set(half[1:]) == {"full"}
    change(house, wednesday[0], wednesday[0].capacity, status="busy")
    calendar = catalog.calendar(doctor_id=hospital.shan)
    assert {cell.state for cell in calendar.cells if cell.on == wednesday[0].on} == {"waitlist"}
    assert [each.state for each in calendar.sessions if each.on == wednesday[0].on] == ["waitlist"]
    house.at(datetime(2026, 11, 24, 14, 59, tzinfo=UTC))
    built = house.do(calendars.calendar, provider=f"doctor:{hospital.shan}")
    assert built.changes_at == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    house.later(minutes=1)
    closed = catalog.calendar(doctor_id=hospital.shan)
    assert {cell.state for cell in closed.cells if cell.on == wednesday[0].on} == {"full"}


def test_the_calendar_is_one_grouped_statement(house: House, hospital: Hospital) -> None:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(house.engine, "before_cursor_execute", note)
    try:
        catalog.calendar(doctor_id=hospital.shan)
    finally:
        event.remove(house.engine, "before_cursor_execute", note)
    assert sum("slot.starts_at, slot.ends_at" in s and "GROUP BY" in s for s in seen) == 1


def test_few_and_full(house: House, hospital: Hospital) -> None:
    change(house, cells(hospital)[2], 1, status="busy")
    change(house, cells(hospital)[3], 2, status="busy")
    change(house, cells(hospital)[4], 2, status="busy-unavailable")
    assert [(c.state, c.left) for c in cells(hospital)[2:6]] == [("few", 1), ("full", 0), ("full", 0), ("free", 2)]
    for cell in cells(hospital)[2:8]:
        change(house, cell, 2, status="busy")
    assert catalog.calendar(doctor_id=hospital.shan).sessions[0].state == "full"
    change(house, cells(hospital)[7], 2, status="free")
    assert catalog.calendar(doctor_id=hospital.shan).sessions[0].state == "few"


def test_a_hold_past_its_deadline_counts_as_free(house: House, hospital: Hospital) -> None:
    cell = cells(hospital)[3]
    change(house, cell, 2, status="busy-tentative", held_until=house.now + timedelta(seconds=1))
    assert (cells(hospital)[3].state, cells(hospital)[3].left) == ("full", 0)
    house.later(seconds=1)
    assert (cells(hospital)[3].state, cells(hospital)[3].left) == ("free", 2)


def test_the_last_column_opens_at_seven(house: House, hospital: Hospital) -> None:
    house.at(EIGHT - timedelta(hours=1, seconds=1))  # 06:59:59, the last column is Monday
    last = catalog.calendar(doctor_id=hospital.shan).sessions[-1]
    assert (last.on, last.state, last.left) == (date(2026, 11, 30), "unreleased", 0)
    assert catalog.doctor(hospital.shan).next_free_at == EIGHT
    house.later(seconds=1)
    assert catalog.calendar(doctor_id=hospital.shan).sessions[-1].state == "free"
    assert {c.state for c in catalog.calendar(doctor_id=hospital.shan, days=14).sessions[5:]} == {"unreleased"}


def test_a_suspended_clinic_says_so(house: House, hospital: Hospital) -> None:
    clinic = catalog.calendar(doctor_id=hospital.shan).sessions[1]
    with house.sessions.begin() as session:
        session.execute(update(Schedule).where(col(Schedule.id) == clinic.schedule_id).values(suspended=True))
    house.container.calendars.changed([clinic.schedule_id])
    calendar = catalog.calendar(doctor_id=hospital.shan)
    assert (calendar.sessions[1].state, calendar.sessions[1].left) == ("suspended", 0)
    assert {c.state for c in calendar.cells[8:16]} == {"suspended"}


def test_overbooked_numbers_are_not_capacity(house: House, hospital: Hospital) -> None:
    cell = cells(hospital)[3]
    with house.sessions.begin() as session:
        session.add(
            Slot(
                schedule_id=cell.schedule_id,
                seq=99,
                starts_at=cell.starts_at,
                ends_at=cell.ends_at,
                status="busy",
                overbooked=True,
            )
        )
    house.container.calendars.changed([cell.schedule_id])
    assert (cells(hospital)[3].capacity, cells(hospital)[3].left) == (2, 2)


def test_the_nearest_free_periods(house: House, hospital: Hospital) -> None:
    wanted = cells(hospital)[4]
    change(house, wanted, 2, status="busy")
    near = catalog.nearest_free(provider=f"doctor:{hospital.shan}", starts_at=wanted.starts_at)
    assert [(p.starts_at - wanted.starts_at) / timedelta(minutes=30) for p in near] == [-1, 1, -2]
    assert [p.left for p in near] == [2, 2, 2]


def test_equals_help_when_the_doctor_has_nothing_left(house: House, hospital: Hospital) -> None:
    wanted = cells(hospital)[4]
    with house.sessions.begin() as session:
        mine = [s.id for s in session.query(Schedule).filter_by(doctor_id=hospital.shan)]
        session.execute(update(Slot).where(col(Slot.schedule_id).in_(mine)).values(status="busy"))
    near = catalog.nearest_free(provider=f"doctor:{hospital.shan}", starts_at=wanted.starts_at, limit=2)
    assert [p.provider for p in near] == [f"doctor:{hospital.zeng}"] * 2  # a chief of the same department
    assert near[0].starts_at == wanted.starts_at
    assert catalog.nearest_free(provider="doctor:999999", starts_at=wanted.starts_at) == []


@pytest.mark.parametrize("days", [0, -1, 29])
def test_days_have_limits(house: House, hospital: Hospital, days: int) -> None:
    with pytest.raises(Refusal):
        catalog.calendar(doctor_id=hospital.shan, days=days)


def test_half_hours_of_other_providers_stay_out(house: House, hospital: Hospital) -> None:
    assert {c.service_type for c in cells(hospital)} == {"chief"}
    assert {c.room for c in cells(hospital)} == {"302"}
