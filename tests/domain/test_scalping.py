"""What weighs how much: machines are recognized, families and Wi-Fis are not."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospital_app.domain.policy import Rules
from hospital_app.domain.scalping import Counts, Step, needs_proof, score, signs, step

RULES = Rules()
NAMES = [field.name for field in fields(Counts)]
COUNTS = st.builds(Counts, **dict.fromkeys(NAMES, st.integers(0, 10_000)))


def of(**counts: int) -> Step:
    return step(RULES, score(RULES, Counts(**counts)))


@given(COUNTS, st.sampled_from(NAMES), st.integers(1, 100))
def test_more_of_anything_never_weighs_less(counts: Counts, name: str, more: int) -> None:
    assert score(RULES, replace(counts, **{name: getattr(counts, name) + more})) >= score(RULES, counts)


@given(st.sampled_from(NAMES), st.integers(0, 1_000_000))
def test_no_sign_freezes_alone(name: str, count: int) -> None:
    assert of(**{name: count}) < Step.FREEZE


@given(
    refused=st.integers(0, 200),
    devices=st.integers(0, 3),
    accounts=st.integers(0, 4),
    patients=st.integers(0, 8),
    crowd=st.integers(0, 100_000),
    handed=st.integers(0, 1),
    unseen=st.integers(0, 50),
)
def test_honest_people_are_not_asked_for_anything(
    refused: int, devices: int, accounts: int, patients: int, crowd: int, handed: int, unseen: int
) -> None:
    """A family of four with a tablet, the hospital's Wi-Fi, who is always too late, a terminal without a screen."""
    counts = Counts(
        unseen=unseen, refused=refused, devices=devices, device_accounts=accounts, device_patients=patients,
        address_accounts=crowd, handed=handed,
    )  # fmt: skip
    assert not needs_proof(RULES, score(RULES, counts), proved=False)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"unseen": 5, "early": 5}, Step.PROOF),
        ({"unseen": 1, "sudden": 1}, Step.PROOF),
        ({"unseen": 5, "sudden": 5, "devices": 5}, Step.ALERT),
        ({"bursts": 6}, Step.ALERT),  # however long it had looked before
        ({"unseen": 40, "early": 12, "bursts": 3, "devices": 5}, Step.FREEZE),
        ({"device_accounts": 7}, Step.PROOF),
        ({"device_accounts": 12, "device_patients": 20}, Step.FREEZE),
        ({"linked": 2}, Step.ALERT),
        ({"linked": 2, "handed": 3, "unseen": 3}, Step.FREEZE),
    ],
)
def test_machines_and_middlemen(counts: dict[str, int], expected: Step) -> None:
    assert of(**counts) is expected


@given(COUNTS)
def test_a_proof_buys_patience_and_no_pardon(counts: Counts) -> None:
    points = score(RULES, counts)
    assert needs_proof(RULES, points, proved=True) <= needs_proof(RULES, points, proved=False)
    if points >= 2 * RULES.scalping_proof_at:
        assert needs_proof(RULES, points, proved=True)


@given(COUNTS)
def test_what_is_shown_adds_up(counts: Counts) -> None:
    found = signs(RULES, counts)
    assert sum(sign.points for sign in found) == score(RULES, counts)
    assert [sign.points for sign in found] == sorted((sign.points for sign in found), reverse=True)


def test_a_rule_of_nothing_switches_a_sign_off() -> None:
    quiet = replace(RULES, scalping_points_unseen=0)
    assert score(quiet, Counts(unseen=9)) == 0
