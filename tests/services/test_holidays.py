from datetime import date

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.services import holidays
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
    house.do(holidays.set_override, on=date(2027, 1, 1), workday=True, name="")
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
