from dataclasses import fields
from datetime import time

import pytest

from hospital_app.catalogue import english
from hospital_app.domain import rulebook
from hospital_app.domain.errors import Refusal
from hospital_app.domain.policy import FeeTier, Rules
from hospital_app.domain.rulebook import RULEBOOK


def test_every_rule_can_be_found_and_no_other() -> None:
    assert {field.name for field in fields(Rules)} == set(RULEBOOK)


def test_every_rule_speaks_both_languages() -> None:
    said = {text for entry in RULEBOOK.values() for text in (entry.group, entry.label, entry.unit) if text}
    assert said - english().keys() == {"%"}


@pytest.mark.parametrize("name", RULEBOOK)
def test_every_default_is_within_its_bounds_and_is_read_as_it_is_written(name: str) -> None:
    default = getattr(Rules(), name)
    assert rulebook.read(name, rulebook.written(default)) == default


@pytest.mark.parametrize("name", [name for name, entry in RULEBOOK.items() if entry.highest])
def test_numbers_have_bounds(name: str) -> None:
    entry = RULEBOOK[name]
    assert rulebook.read(name, f" {entry.lowest} ") == entry.lowest
    assert rulebook.read(name, f"{entry.highest}") == entry.highest
    for wrong in (f"{entry.highest + 1}", f"{entry.lowest - 1}", "", "1.5", "³", "yes", "9" * 30):
        with pytest.raises(Refusal) as refused:
            rulebook.read(name, wrong)
        assert refused.value.status == 422


def test_the_other_kinds() -> None:
    assert rulebook.read("release", "06:30") == time(6, 30)
    assert rulebook.read("cancel_tiers", "24=0  2=50 0=100") == (FeeTier(24, 0), FeeTier(2, 50), FeeTier(0, 100))
    for name, wrong in [
        ("release", "25:00"),
        ("cancel_tiers", ""),
        ("cancel_tiers", "24=0"),  # and later?
        ("cancel_tiers", "24=50 0=10"),  # the later the cheaper
        ("cancel_tiers", "2=0 2=5 0=10"),
        ("cancel_tiers", "0=101"),
        ("admin_second_factor", "no"),
        ("admin_second_factor", ""),
        ("no_such_rule", "1"),
    ]:
        with pytest.raises(Refusal):
            rulebook.read(name, wrong)


def test_the_law_keeps_its_bounds() -> None:
    assert RULEBOOK["audit_retention_days"].lowest == 180
    assert RULEBOOK["keep_appointment_years"].lowest == 15


def test_an_overlay_leaves_the_rest_and_passes_over_what_cannot_be() -> None:
    changed = rulebook.overlay(Rules(few_percent=5), {"hold_minutes": "20", "horizon_days": "900", "gone": "1"})
    assert changed == Rules(few_percent=5, hold_minutes=20)
