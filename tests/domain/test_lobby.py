"""An estimate follows how the line really moves."""

from hospital_app.domain.lobby import Line, Movement, Pace, seconds_left

PACE = Pace(per_second=40, burst=200, inside=4000, pass_seconds=1800)


def test_nobody_is_ahead_of_who_is_next() -> None:
    line = Line(next_turn=7, waiting=3)
    assert [line.ahead_of(turn) for turn in (6, 7, 9)] == [-1, 0, 2]
    assert Line(next_turn=10, waiting=0).ahead_of(9) < 0


def test_the_estimate_is_what_the_lobby_may_let_in_until_the_line_has_been_seen_moving() -> None:
    movement = Movement(span_seconds=30)
    movement.note(0, 100)
    assert seconds_left(399, moving=movement.per_second(), pace=PACE) == 10
    for second in range(1, 11):
        movement.note(second, 100 + 20 * second)  # half as fast: the house is full
    assert seconds_left(399, moving=movement.per_second(), pace=PACE) == 20


def test_only_the_last_half_minute_counts() -> None:
    movement = Movement(span_seconds=30)
    for second in range(100):
        movement.note(second, 50 * second)
    for second in range(100, 140):
        movement.note(second, 5000 + 10 * (second - 100))
    assert round(movement.per_second()) == 10


def test_a_line_that_began_anew_is_measured_anew() -> None:
    movement = Movement()
    movement.note(0, 5000)
    movement.note(1, 1)
    assert movement.per_second() == 0
    movement.note(2, 41)
    assert movement.per_second() == 40
