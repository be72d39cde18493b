from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import schedules as flow
from hospital_app.models.booking import Schedule, ScheduleTemplate, Slot
from hospital_app.services import holidays, schedules
from hospital_app.services.schedules import TemplateEntry
from tests.support.hospital import a_hospital
from tests.support.house import House

TUESDAY = date(2026, 11, 24)


def counts(house: House) -> tuple[int, int]:
    with house.sessions() as session:
        return (
            session.scalar(select(func.count()).select_from(Schedule)) or 0,
            session.scalar(select(func.count()).select_from(Slot)) or 0,
        )


def test_templates_become_schedules_with_numbered_slots(house: House) -> None:
    hospital = a_hospital(house)
    made = house.do(schedules.generate, start=TUESDAY, days=7)
    assert counts(house) == (30, made.slots) == (6 * 5, 5 * 8 * (2 + 2 + 3 + 2 + 4 + 4))
    with house.sessions() as session:
        schedule = session.scalars(
            select(Schedule).where(Schedule.provider == f"doctor:{hospital.shan}", Schedule.on == TUESDAY)
        ).one()
        slots = session.scalars(select(Slot).where(Slot.schedule_id == schedule.id).order_by(col(Slot.seq))).all()
        pool = session.scalars(select(Schedule).where(Schedule.provider == hospital.pool, Schedule.on == TUESDAY)).one()
    assert schedule.capacity == len(slots) == 16
    assert [slot.seq for slot in slots] == list(range(1, 17))
    assert slots[0].starts_at == slots[1].starts_at == schedule.starts_at == datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert slots[2].starts_at == datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    assert slots[-1].ends_at == schedule.ends_at == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert schedule.released_at == datetime(2026, 11, 17, 23, tzinfo=UTC)  # 07:00 of the 18th
    assert (pool.doctor_id, pool.service_type, pool.fee_fen, pool.area_code) == (None, "ordinary", 5000, "A3")
    assert house.broken() == []


def test_again_adds_nothing_and_changes_nothing(house: House) -> None:
    a_hospital(house)
    house.do(schedules.generate, start=TUESDAY, days=7)
    before = counts(house)
    with house.sessions.begin() as session:
        for template in session.scalars(select(ScheduleTemplate)):
            template.per_period += 1
    assert house.do(schedules.generate, start=TUESDAY, days=7) == schedules.Generated((), 0)
    assert counts(house) == before
    added = house.do(schedules.generate, start=TUESDAY, days=8)  # the next Tuesday
    assert len(added.schedule_ids) == 6


def test_two_at_once_add_nothing_twice(house: House) -> None:
    a_hospital(house)

    def run(_: int) -> schedules.Generated:
        return house.do(schedules.generate, start=TUESDAY, days=7)

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(run, range(4)))
    assert sum(len(one.schedule_ids) for one in made) == counts(house)[0] == 30
    assert sum(one.slots for one in made) == counts(house)[1]
    assert house.broken() == []


def test_no_clinic_on_a_closed_holiday_and_a_make_up_day_works(house: House) -> None:
    a_hospital(house)
    house.do(holidays.set_override, on=date(2026, 11, 25), workday=False, name="院庆")
    house.do(holidays.set_override, on=date(2026, 11, 28), workday=True, name="调休上班")
    house.do(schedules.generate, start=TUESDAY, days=6)
    with house.sessions() as session:
        days = session.scalars(select(col(Schedule.on)).distinct().order_by(col(Schedule.on))).all()
    assert days == [TUESDAY, date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28)]


def test_the_worker_generates_a_fortnight_from_today(house: House) -> None:
    a_hospital(house)
    assert len(flow.generate_ahead().schedule_ids) == 6 * 10
    assert flow.generate_ahead().schedule_ids == ()


def a_template(**changes: object) -> TemplateEntry:
    fields: dict[str, object] = {
        "doctor_id": None,
        "department_code": "03.01",
        "weekday": 5,
        "session": "evening",
        "service_type": "ordinary",
        "room": "301",
        "starts": time(17, 30),
        "ends": time(0),
        "per_period": 2,
        "fee_fen": 5000,
    }
    return TemplateEntry(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_clinic_may_last_until_midnight(house: House) -> None:
    a_hospital(house)
    house.do(schedules.add_template, entry=a_template(weekday=1))
    house.do(schedules.generate, start=TUESDAY, days=1)
    with house.sessions() as session:
        schedule = session.scalars(select(Schedule).where(Schedule.session == "evening")).one()
    assert schedule.capacity == 26
    assert schedule.ends_at == datetime(2026, 11, 24, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"weekday": 7},
        {"session": "night"},
        {"service_type": "vip"},
        {"per_period": 0},
        {"fee_fen": -1},
        {"room": ""},
        {"ends": time(17, 30)},
        {"ends": time(17, 45)},
        {"department_code": "20"},
        {"doctor_id": 999_999},
    ],
)
def test_an_unsound_template_is_refused(house: House, changes: dict[str, object]) -> None:
    a_hospital(house)
    with pytest.raises(Refusal):
        house.do(schedules.add_template, entry=a_template(**changes))


def test_admins_of_a_department_keep_to_their_own(house: House) -> None:
    a_hospital(house)
    admin = Actor(Role.DEPARTMENT_ADMIN, staff_id=1, department_code="07")
    with pytest.raises(Refusal) as refused:
        house.do(schedules.add_template, actor=admin, entry=a_template())
    assert refused.value.status == 403
    house.do(schedules.add_template, actor=admin, entry=a_template(department_code="07", room="201"))
    with pytest.raises(Refusal):
        house.do(schedules.generate, actor=admin, start=TUESDAY, days=1)
