"""The bounds of what a doctor may ask for, and how long whom it displaced may choose."""

from datetime import UTC, datetime, timedelta

import pytest

from hospital_app.domain import change
from hospital_app.domain.errors import Refusal
from hospital_app.domain.policy import Rules

RULES = Rules()
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "short"), [(48, False), (24, False), (23, True), (-1, True)])
def test_suspension_is_asked_for_a_day_ahead(hours: int, short: bool) -> None:
    starts_at = NOW + timedelta(hours=hours)
    assert change.is_short_notice(RULES, requested_at=NOW, starts_at=starts_at) is short


@pytest.mark.parametrize(("capacity", "cap"), [(100, 5), (24, 4), (16, 3), (4, 1), (0, 1)])
def test_overbooking_is_capped_by_number_and_by_share(capacity: int, cap: int) -> None:
    assert change.overbook_cap(RULES, capacity=capacity) == cap
    change.check_overbook(RULES, capacity=capacity, overbooked=cap - 1)
    with pytest.raises(Refusal) as refused:
        change.check_overbook(RULES, capacity=capacity, overbooked=cap)
    assert refused.value.code == "overbook_cap"


@pytest.mark.parametrize("per_period", [0, -3, 7])
def test_quota_keeps_within_bounds(per_period: int) -> None:
    change.check_quota(RULES, per_period=6)
    with pytest.raises(Refusal):
        change.check_quota(RULES, per_period=per_period)


@pytest.mark.parametrize("days", [0, 29])
def test_an_extra_clinic_is_neither_today_nor_far_away(days: int) -> None:
    change.check_extra_day(RULES, days_ahead=28)
    with pytest.raises(Refusal):
        change.check_extra_day(RULES, days_ahead=days)


def test_what_is_over_stays_as_it_was() -> None:
    change.check_ahead(now=NOW, ends_at=NOW + timedelta(seconds=1))
    with pytest.raises(Refusal):
        change.check_ahead(now=NOW, ends_at=NOW)


@pytest.mark.parametrize(
    ("hours", "until"),
    [(72, timedelta(hours=24)), (26, timedelta(hours=24)), (10, timedelta(hours=8)), (1, timedelta(minutes=15))],
)
def test_patients_choose_within_a_day_and_two_hours_before_the_clinic(hours: int, until: timedelta) -> None:
    assert change.decide_until(RULES, now=NOW, starts_at=NOW + timedelta(hours=hours)) == NOW + until


def test_nobody_is_moved_to_a_lesser_doctor() -> None:
    assert change.equal_or_better("chief") == ("chief", "special")
    assert change.equal_or_better("ordinary") == change.SENIORITY
    assert change.equal_or_better("night") == ("night",)
