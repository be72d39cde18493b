"""Geometry of the small charts, and what a loudspeaker says."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospital_app.domain.errors import Refusal
from hospital_app.services.screens import Call
from hospital_app.services.trends import TrendDay
from state import charts, figures
from state.area_screen import spoken
from state.given import a_text, an_id


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (4, 4), (5, 8), (13, 16), (41, 60), (690, 800), (4900, 6000), (443730, 600000)]
)
def test_an_axis_ends_at_a_round_step(highest: int, top: int) -> None:
    assert charts.top_of([highest]) == top


@given(st.lists(st.integers(0, 10**7), max_size=30))
def test_every_value_fits_under_its_axis(values: list[int]) -> None:
    top = charts.top_of(values)
    assert top >= max(values, default=0) and top % charts.TICKS == 0
    assert [tick.label for tick in charts.ticks(top)][-1] == f"{top:,}"


def test_a_line_goes_through_the_middle_of_its_columns() -> None:
    assert charts.line([0, 5, 10], 10, width=60) == "M10.00 100.00 L30.00 50.00 L50.00 0.00"
    assert charts.area([0, 10], 10) == "M25.00 100.00 L75.00 0.00 L75.00 100 L25.00 100 Z"
    assert charts.line([], 10) == charts.area([], 10) == ""


def test_no_shows_count_the_seven_days_before_today() -> None:
    days = [TrendDay(date(2026, 11, n), 10, 9, 1, 0, 0) for n in range(10, 24)]
    today = TrendDay(date(2026, 11, 24), 10, 0, 10, 0, 0)
    assert figures.noshow_rate([*days, today]) == "10.0%"
    assert figures.noshow_rate([today]) == "—"


@pytest.mark.parametrize(
    ("name", "said"),
    [("李*", "请9号李某，到2诊室就诊"), ("欧**兰", "请9号欧某兰，到2诊室就诊"), ("", "请9号，到2诊室就诊")],
)
def test_the_loudspeaker_reads_no_stars(name: str, said: str) -> None:
    assert spoken(Call("1-1", "9", name, "2诊室", datetime(2026, 11, 24, tzinfo=UTC))) == said


@pytest.mark.parametrize("value", ["x", None, -1, 2**31, [], {}, float("inf"), float("nan")])
def test_ids_of_any_other_shape_are_refused(value: object) -> None:
    with pytest.raises(Refusal) as refusal:
        an_id(value)
    assert refusal.value.code == "malformed"


def test_texts_are_short() -> None:
    assert a_text("12345678") == "12345678"
    for value in ("x" * 201, None, 5, ["a"]):
        with pytest.raises(Refusal):
            a_text(value)
