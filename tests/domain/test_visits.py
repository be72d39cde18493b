"""限约: what counts as one visit too many."""

from datetime import date, timedelta

import pytest

from hospital_app.domain.policy import Rules
from hospital_app.domain.visits import Visit, are_limited, refusal

DAY = date(2026, 11, 25)


def visit(after: int = 0, *, session: str = "morning", department: str = "03.01") -> Visit:
    return Visit(department, DAY + timedelta(days=after), session)


def code(rules: Rules, others: list[Visit]) -> str:
    found = refusal(rules, visit(), others)
    return found.code if found else ""


def test_nothing_is_limited_unless_a_hospital_says_so() -> None:
    assert not are_limited(Rules())
    assert code(Rules(), [visit()] * 50) == ""


def test_one_department_and_half_day() -> None:
    once, twice = Rules(bookings_per_department=1), Rules(bookings_per_department=2)
    assert code(once, [visit()]) == "department_limit"
    assert code(twice, [visit()]) == ""
    assert code(twice, [visit(), visit()]) == "department_limit"
    assert code(once, [visit(session="afternoon"), visit(1), visit(department="04.01")]) == ""


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ([-6, -3], "week_limit"),  # the seven days that end with the visit
        ([6, 3], "week_limit"),  # that begin with it
        ([-3, 3], "week_limit"),  # around it
        ([-6, 6], ""),  # no seven days in a row hold all three
        ([-7, 7, -8, 8], ""),
        ([-4, 4], ""),
    ],
)
def test_seven_days_in_a_row(others: list[int], wanted: str) -> None:
    assert code(Rules(bookings_per_week=2), [visit(after, department="05") for after in others]) == wanted
