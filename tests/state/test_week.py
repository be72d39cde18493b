"""The grid of seven days: words and colours of every state, and addresses that lead back."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospital_app.domain.policy import FeeTier, Rules
from hospital_app.services.calendars import Calendar
from hospital_app.services.cards import Card
from hospital_app.services.grid import Cell, SessionCell
from state import week, wording
from state.terms import refund_note, terms

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine in the morning at the hospital
NINE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CARD = Card(
    provider="doctor:7", kind="doctor", id=7, name="张国立", title="主任医师", gender="male", department="呼吸内科",
    department_code="03.01", specialty="慢阻肺", introduction="", photo="", rating=4.8, rating_count=10, fee_fen=6000,
    next_free_at=NINE, next_left=8, location="门诊楼3层", opening="", area_code="A3", area_name="A区", room="",
)  # fmt: skip


def a_calendar(state: str = "free", left: int = 8, session: str = "morning") -> Calendar:
    clinic = SessionCell(5, date(2026, 11, 24), session, NINE, NINE + timedelta(hours=4), state, left, 6000, "chief",
                         "302诊室", datetime(2026, 11, 17, 23, 0, tzinfo=UTC))  # fmt: skip
    period = Cell(5, date(2026, 11, 24), session, NINE, NINE + timedelta(minutes=30), state, left, 3, 6000, "chief",
                  "302诊室", clinic.released_at)  # fmt: skip
    days = tuple(MONDAY + timedelta(days=n) for n in range(7))
    return Calendar(CARD, days, (clinic,), (period,), (5,), NOW, NOW)


@pytest.mark.parametrize(
    ("state", "word", "sub"),
    [
        ("free", "余8", "可约"),
        ("few", "余8", "紧张"),
        ("full", "约满", ""),
        ("waitlist", "约满", "可候补"),
        ("suspended", "停诊", ""),
        ("over", "已结束", ""),
        ("unreleased", "07:00", "放号"),
    ],
)
def test_every_state_has_its_word(state: str, word: str, sub: str) -> None:
    cell = week.days(a_calendar(state), "zh")[1].cells[0]
    assert (cell.word, cell.sub, cell.state) == (word, sub, state)
    assert bool(cell.key) == (state in {"free", "few"})


def test_a_day_to_wait_for_is_chosen_only_where_one_can_wait() -> None:
    calendar = a_calendar("waitlist", 0)
    assert week.days(calendar, "zh")[1].cells[0].key == ""
    assert week.first_bookable(calendar) == "" and week.first_of_use(calendar) == "5"
    cell = week.days(calendar, "zh", choosable=week.OF_USE)[1].cells[0]
    assert (cell.key, cell.label) == ("5", "11月24日 明天 上午，已约满，可以候补")
    assert week.waitlist_href(calendar, NINE.date()) == "/waitlist?p=doctor%3A7&d=2026-11-24"
    assert week.waitlist_href(a_calendar("full", 0), NINE.date()) == ""


def test_a_cell_read_aloud_says_day_session_and_what_is_left() -> None:
    assert week.days(a_calendar(), "zh")[1].cells[0].label == "11月24日 明天 上午，余8，可约，查看时段"
    assert "24 Nov Tomorrow Morning" in week.days(a_calendar(), "en")[1].cells[0].label


def test_the_evening_has_a_column_only_if_somebody_works_then() -> None:
    assert {len(day.cells) for day in week.days(a_calendar(), "zh")} == {2}
    assert {len(day.cells) for day in week.days(a_calendar(session="evening"), "zh")} == {3}


def test_only_a_bookable_half_hour_leads_on() -> None:
    (free,) = week.periods(a_calendar(), 5, "zh")
    (full,) = week.periods(a_calendar("full", 0), 5, "zh")
    assert free.href == f"/confirm?p=doctor%3A7&t=5-{int(NINE.timestamp())}"
    assert (full.href, full.key, full.word) == ("", "", "约满")
    assert week.periods(a_calendar("over", 0), 5, "zh") == []


@given(st.integers(0, 10**12 - 1), st.integers(0, 10**10 - 1))
def test_a_period_finds_its_way_back_from_its_key(schedule_id: int, seconds: int) -> None:
    starts_at = datetime.fromtimestamp(seconds, UTC)
    assert week.read_period(week.period_key(schedule_id, starts_at)) == (schedule_id, starts_at)


@given(st.text(max_size=40) | st.just("²-²"))
def test_nonsense_is_a_period_that_does_not_exist(text: str) -> None:
    schedule_id, starts_at = week.read_period(text)
    assert starts_at.tzinfo is not None
    assert schedule_id >= 0


@pytest.mark.parametrize("provider", ["doctor:12", "pool:03.01:301诊室"])
def test_a_provider_finds_its_way_back_from_its_address(provider: str) -> None:
    segment = unquote(week.doctor_href(provider).removeprefix("/doctor/"))
    assert week.provider_of(segment) == provider


def test_the_terms_are_the_policy_in_words() -> None:
    assert terms(Rules(), "zh") == [
        "就诊前 12 小时以上退号：全额退款",
        "就诊前 2–12 小时退号：扣自付部分的 10%",
        "就诊前 2 小时内退号：扣自付部分的 30%；开诊后不退",
        "每张挂号单可改签 2 次",
    ]
    assert refund_note(Rules(), "zh") == "就诊前 12 小时以上退号，全额退款"
    assert refund_note(Rules(cancel_tiers=(FeeTier(0, 20),)), "zh") == ""


def test_a_room_is_said_in_the_reader_s_way() -> None:
    assert wording.place("门诊楼3层", "302诊室", "zh") == "门诊楼3层 302诊室"
    assert wording.place("门诊楼3层", "302诊室", "en").endswith("Room 302")
    assert wording.room("介入中心", "en") == "介入中心"
