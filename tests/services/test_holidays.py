from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import holidays as flow
from hospital_app.flows import schedules
from hospital_app.models.booking import Schedule
from hospital_app.services import holidays
from tests.support.hospital import a_hospital
from tests.support.house import House


def weekday_of(house: House, on: date) -> int | None:
    return house.do(holidays.clinic_weekdays, days=[on])[on]


def test_ordinary_days_keep_their_weekday(house: House) -> None:
    assert weekday_of(house, date(2026, 11, 24)) == 1
    assert weekday_of(house, date(2026, 11, 28)) == 5  # Saturday clinics exist
    assert not house.do(holidays.workday, on=date(2026, 11, 28))


def test_a_public_holiday_is_closed_also_on_its_weekend(house: House) -> None:
    assert weekday_of(house, date(2026, 10, 1)) is None
    assert weekday_of(house, date(2026, 10, 3)) is None


def test_a_make_up_workday_works_like_the_weekday_next_to_it(house: House) -> None:
    assert weekday_of(house, date(2026, 10, 10)) == 4  # a Saturday
    assert weekday_of(house, date(2026, 9, 20)) == 0  # a Sunday
    assert house.do(holidays.workday, on=date(2026, 10, 10))


def test_a_year_that_the_library_does_not_know_goes_by_the_weekday(house: House) -> None:
    assert weekday_of(house, date(2027, 1, 1)) == 4
    assert house.do(holidays.workday, on=date(2027, 1, 1))
    assert not house.do(holidays.workday, on=date(2027, 1, 2))


def test_an_override_comes_first(house: House) -> None:
    house.do(holidays.set_override, on=date(2027, 1, 1), workday=False, name="元旦")
    house.do(holidays.set_override, on=date(2026, 10, 10), workday=False, name="国庆节")
    house.do(holidays.set_override, on=date(2026, 11, 29), workday=True, name="调休上班")
    assert weekday_of(house, date(2027, 1, 1)) is None
    assert weekday_of(house, date(2026, 10, 10)) is None
    assert weekday_of(house, date(2026, 11, 29)) == 0
    house.do(holidays.set_override, on=date(2027, 1, 1), workday=True, name="照常")
    assert weekday_of(house, date(2027, 1, 1)) == 4


def test_only_the_hospital_admin_overrides(house: House) -> None:
    with pytest.raises(Refusal) as refused:
        house.do(
            holidays.set_override,
            actor=Actor(Role.DEPARTMENT_ADMIN, staff_id=1),
            on=date(2027, 1, 1),
            workday=False,
            name="",
        )
    assert refused.value.code == "forbidden"


def test_the_page_tells_what_is_listed_corrected_and_generated_already(house: House) -> None:
    a_hospital(house)
    schedules.generate_ahead()
    admin = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
    flow.correct(admin, on=date(2026, 11, 30), workday=False, name="院庆")
    flow.correct(admin, on=date(2026, 12, 5), workday=True, name="调休上班")  # a Saturday: Friday's clinics, at once
    seen = flow.coming(admin)
    assert [(day.on, day.name, day.workday, day.clinics) for day in seen[:2]] == [
        (date(2026, 11, 30), "院庆", False, 6),
        (date(2026, 12, 5), "调休上班", True, 6),
    ]
    flow.drop(admin, on=date(2026, 11, 30))
    assert date(2026, 11, 30) not in {day.on for day in flow.coming(admin)}
    with pytest.raises(Refusal) as refused:
        flow.drop(admin, on=date(2026, 11, 30))
    assert refused.value.code == "not_found"


def test_a_hospital_that_entered_nothing_is_carried_over_new_year_and_told(house: House) -> None:
    """At 07:00 on 26 December the numbers of 1 January open: of a year that the library does not know."""
    a_hospital(house)
    admin = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
    house.at(datetime(2026, 10, 20, tzinfo=UTC))
    assert flow.unlisted(admin) is None
    house.at(datetime(2026, 11, 10, tzinfo=UTC))
    told = flow.unlisted(admin)
    assert told is not None and (told.year, len(told.missing), told.urgent) == (2027, 7, False)
    house.at(datetime(2026, 12, 25, 23, 0, tzinfo=UTC))
    schedules.generate_ahead()
    with house.sessions() as session:
        held = set(session.scalars(select(col(Schedule.on)).where(col(Schedule.on) >= date(2027, 1, 1))))
        released = set(session.scalars(select(col(Schedule.released_at)).where(col(Schedule.on) == date(2027, 1, 1))))
    assert {date(2027, 1, 1), date(2027, 1, 4), date(2027, 1, 8)} <= held
    assert released == {house.now}
    told = flow.unlisted(admin)
    assert told is not None and told.urgent
    flow.correct(admin, on=date(2027, 1, 9), last=date(2027, 1, 10), workday=False, name="元旦补休")
    flow.correct(admin, on=date(2027, 2, 5), last=date(2027, 2, 11), workday=False, name="春节")
    told = flow.unlisted(admin)
    assert told is not None and told.missing == ("清明", "劳动节", "端午", "中秋", "国庆")
    assert weekday_of(house, date(2027, 2, 8)) is None
    for month, name in ((4, "清明节"), (5, "劳动节"), (6, "端午节"), (9, "中秋节"), (10, "国庆节")):
        flow.correct(admin, on=date(2027, month, 1), workday=False, name=name)
    assert flow.unlisted(admin) is None
    house.at(datetime(2026, 12, 27, 23, 0, tzinfo=UTC))
    schedules.generate_ahead()
    with house.sessions() as session:
        later = set(session.scalars(select(col(Schedule.on)).where(col(Schedule.on) > date(2027, 1, 8))))
    assert later == set(), "the 9th and 10th are closed: they were entered before they were generated"


@pytest.mark.parametrize("last", [date(2027, 2, 1), date(2026, 12, 31)])
def test_a_range_goes_forwards_and_is_a_month_at_most(house: House, last: date) -> None:
    with pytest.raises(Refusal) as refused:
        flow.correct(Actor(Role.HOSPITAL_ADMIN, staff_id=1), on=date(2027, 1, 1), last=last, workday=False, name="春节")
    assert refused.value.code == "bad_range"


def test_public_holidays_of_the_library_have_chinese_names(house: House) -> None:
    house.at(datetime(2026, 9, 1, tzinfo=UTC))
    seen = {day.on: day for day in house.do(holidays.coming)}
    assert (seen[date(2026, 10, 1)].name, seen[date(2026, 10, 1)].workday) == ("国庆节", False)
    assert seen[date(2026, 10, 10)].workday


@pytest.mark.parametrize("role", [Role.DEPARTMENT_ADMIN, Role.CLERK, Role.DOCTOR])
def test_only_the_hospitals_admin_sees_and_drops_corrections(house: House, role: Role) -> None:
    somebody = Actor(role, staff_id=1, department_code="03.01")
    for tried in (
        lambda: flow.coming(somebody),
        lambda: flow.unlisted(somebody),
        lambda: flow.drop(somebody, on=date(2026, 11, 30)),
    ):
        with pytest.raises(Refusal) as refused:
            tried()
        assert refused.value.code == "forbidden"
