"""The order of a waiting line, what a missed call costs, and honest estimates."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospital_app.domain.identity import Role
from hospital_app.domain.machine import open_actions
from hospital_app.domain.masking import shows_names
from hospital_app.domain.ticket import (
    IN_ROOM,
    TICKET_MOVES,
    Place,
    TicketAction,
    TicketStatus,
    ahead_of,
    key_after_skip,
    line,
    order_key,
)
from hospital_app.domain.waiting_time import consult_minutes, estimate, median_minutes

EIGHT = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


def key(seq: int, *, period: int = 0, at: datetime = EIGHT) -> int:
    start = EIGHT + period * HALF
    return order_key(starts_at=start, seq=seq, checked_in_at=at, ends_at=start + HALF)


def place(seq: int, *, id_: int | None = None, status: TicketStatus = TicketStatus.WAITING, rank: int = 0) -> Place:
    return Place(id_ or seq, status, rank, key(seq))


def numbers(places: list[Place]) -> list[int]:
    return [p.id for p in line(places)]


def test_on_time_the_booked_number_decides_not_the_scan() -> None:
    early, late = EIGHT - HALF, EIGHT + timedelta(minutes=20)
    assert key(1, at=late) < key(2, at=early)
    assert key(9, at=early) < key(1, period=1, at=early)


def test_late_comers_stand_behind_all_whose_period_had_begun() -> None:
    at = EIGHT + timedelta(minutes=40)  # the second period has begun, the third has not
    late = key(1, at=at)
    assert key(999 - 1, period=1, at=at) < late < key(1, period=2, at=at)


def test_rank_goes_before_number_and_only_waiting_ones_stand_in_line() -> None:
    places = [place(1), place(2, rank=-1), place(3, status=TicketStatus.DONE), place(4, status=TicketStatus.MISSED)]
    assert numbers(places) == [2, 1, 4]
    assert ahead_of(places, place=places[3]) == 2


@pytest.mark.parametrize("skipped_id", [1, 99])
def test_a_missed_call_goes_back_exactly_three_places(skipped_id: int) -> None:
    others = [place(n) for n in range(2, 8)]
    skipped = place(1, id_=skipped_id, status=TicketStatus.CALLED)
    moved = key_after_skip([skipped, *others], skipped=skipped, misses=1, back=3, last_at=3)
    after = [*others, Place(skipped_id, TicketStatus.MISSED, 0, moved)]
    assert numbers(after) == [2, 3, 4, skipped_id, 5, 6, 7]


def test_two_missed_ones_behind_the_same_patient_keep_their_own_places() -> None:
    places = [place(n) for n in range(2, 8)]
    first = place(1, status=TicketStatus.CALLED)
    moved = key_after_skip([first, *places], skipped=first, misses=1, back=3, last_at=3)
    places.append(Place(1, TicketStatus.MISSED, 0, moved))
    second = places.pop(0)
    moved = key_after_skip(places, skipped=second, misses=1, back=3, last_at=3)
    assert numbers([*places, Place(2, TicketStatus.MISSED, 0, moved)]) == [3, 4, 1, 2, 5, 6, 7]


def test_the_third_missed_call_goes_to_the_end() -> None:
    others = [place(n) for n in range(2, 8)]
    skipped = place(1, status=TicketStatus.CALLED)
    moved = key_after_skip(others, skipped=skipped, misses=3, back=3, last_at=3)
    assert numbers([*others, Place(1, TicketStatus.MISSED, 0, moved)])[-1] == 1


def test_alone_in_the_line_a_missed_call_changes_no_place() -> None:
    skipped = place(1, status=TicketStatus.CALLED)
    assert key_after_skip([skipped], skipped=skipped, misses=1, back=3, last_at=3) == skipped.order_key


@given(
    seqs=st.lists(st.integers(2, 400), min_size=1, max_size=12, unique=True),
    misses=st.lists(st.integers(1, 4), min_size=1, max_size=12),
)
def test_skipping_again_and_again_always_steps_back_as_far_as_the_rule_says(seqs: list[int], misses: list[int]) -> None:
    places = {n: place(n) for n in [1, *sorted(seqs)]}
    for missed in misses:
        order = numbers(list(places.values()))
        head, rest = order[0], order[1:]
        moved = key_after_skip(list(places.values()), skipped=places[head], misses=missed, back=3, last_at=3)
        places[head] = Place(head, TicketStatus.MISSED, 0, moved)
        steps = len(rest) if missed >= 3 else min(3, len(rest))
        assert numbers(list(places.values())) == [*rest[:steps], head, *rest[steps:]]


def test_only_doctors_and_the_house_move_tickets() -> None:
    for role in set(Role) - {Role.DOCTOR, Role.SYSTEM}:
        assert all(not open_actions(TICKET_MOVES, status, role) for status in TicketStatus)
    assert open_actions(TICKET_MOVES, TicketStatus.CALLED, Role.DOCTOR) == {
        TicketAction.RECALL,
        TicketAction.START,
        TicketAction.SKIP,
        TicketAction.FINISH,
    }
    assert {TICKET_MOVES[a].to for a in (TicketAction.CALL, TicketAction.START)} == IN_ROOM


# --- waiting time ---------------------------------------------------------------------------------


def test_the_pace_of_today_is_a_median_of_plausible_consultations() -> None:
    forgotten = 3 * 3600
    assert consult_minutes([240, 300, 600, forgotten, 5], service_type="chief") == 5
    assert consult_minutes([240, 300], service_type="chief") == 8
    assert consult_minutes([], service_type="ordinary") == 6


def test_an_estimate_counts_the_rest_of_who_is_in_the_room() -> None:
    now = EIGHT + HALF
    eta = estimate(ahead=4, minutes_each=6, in_room_since=now - timedelta(minutes=2), now=now, starts_at=EIGHT)
    assert (eta.low, eta.middle, eta.high) == (15, 28, 40)


def test_nobody_is_called_before_the_clinic_begins() -> None:
    eta = estimate(ahead=0, minutes_each=6, in_room_since=None, now=EIGHT - HALF, starts_at=EIGHT)
    assert (eta.low, eta.middle, eta.high) == (30, 30, 30)


@given(ahead=st.integers(0, 80), each=st.floats(1, 60), elapsed=st.integers(0, 7200), early=st.integers(0, 3600))
def test_estimates_are_ordered_and_never_negative(ahead: int, each: float, elapsed: int, early: int) -> None:
    now = EIGHT - timedelta(seconds=early)
    eta = estimate(
        ahead=ahead, minutes_each=each, in_room_since=now - timedelta(seconds=elapsed), now=now, starts_at=EIGHT
    )
    assert 0 <= eta.low <= eta.middle <= eta.high
    assert eta.low % 5 == 0 and eta.high % 5 == 0


def test_the_median_wait_of_nobody_is_nought() -> None:
    assert median_minutes([]) == 0
    assert median_minutes([60, 120, 3600]) == 2


@pytest.mark.parametrize(
    ("code", "shown"),
    [("03.01", True), ("13.01", True), ("13.02", False), ("15", False), ("15.06", False), ("150", True)],
)
def test_some_departments_are_called_by_number_only(code: str, shown: bool) -> None:
    assert shows_names(code) is shown
