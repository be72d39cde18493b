"""对账: every planted fault is found and named, and nothing else is; midnight and late hours are no faults."""

from datetime import date, datetime, timedelta

import pytest

from hospital_app.domain.calendar import day_bounds
from hospital_app.domain.differences import ANSWERS, Answer, answer_to
from hospital_app.domain.exchange import BillLine
from hospital_app.domain.reconciling import (
    Entry,
    Found,
    Kind,
    Subject,
    compare,
    earlier_days,
    judged,
    of_bill,
    of_statement,
)
from hospital_app.domain.settlement import StatementLine
from tests.support.books import FAULTS, Books

ON = date(2026, 11, 25)
BEGIN, END = day_bounds(ON)
NOON = BEGIN + timedelta(hours=12)


def ours(at: datetime = NOON, state: str = "captured", subject: str = "payment", fen: int = 5000) -> Entry:
    return Entry(subject, "N1", fen, state, at, since=at - timedelta(minutes=1))


def theirs(at: datetime = NOON, state: str = "captured", subject: str = "payment", fen: int = 5000) -> Entry:
    return Entry(subject, "N1", fen, state, at, channel_number="T1")


def found(on: date, their: list[Entry], mine: list[Entry], earlier: list[Entry] | None = None) -> list[Kind]:
    return [each.kind for each in compare(on, theirs=their, ours=mine, earlier=earlier or []).found]


def test_both_sides_alike_are_no_difference():
    compared = compare(ON, theirs=[theirs()], ours=[ours()])
    assert (compared.found, compared.lines, compared.matched) == ([], 1, 1)
    assert (compared.bill_fen, compared.our_fen) == (5000, 5000)


@pytest.mark.parametrize(
    ("their", "mine", "kind"),
    [
        ([theirs()], [], Kind.MISSING_HERE),
        ([], [ours()], Kind.MISSING_THERE),
        ([theirs(fen=5001)], [ours()], Kind.AMOUNT),
        ([theirs()], [ours(state="pending")], Kind.STATE),
        ([theirs(), theirs()], [ours()], Kind.TWICE),
        ([theirs(subject="refund", state="done")], [], Kind.MISSING_HERE),
        ([], [ours(subject="refund", state="processing")], Kind.MISSING_THERE),
        ([theirs(subject="refund", state="failed")], [ours(subject="refund", state="done")], Kind.STATE),
    ],
)
def test_each_kind_by_itself(their: list[Entry], mine: list[Entry], kind: Kind):
    assert found(ON, their, mine) == [kind]


@pytest.mark.parametrize("seconds", [-4, -1, 0, 3, 3600])
def test_what_each_side_wrote_on_its_own_side_of_midnight_agrees(seconds: int):
    here, there = END + timedelta(seconds=seconds), END - timedelta(seconds=1)
    assert found(ON, [theirs(there)], [ours(here)]) == []
    assert found(ON + timedelta(days=1), [], [ours(here)], [theirs(there)]) == []


def test_a_minute_before_midnight_here_and_after_it_there_is_left_to_the_next_day():
    here, there = END - timedelta(seconds=1), END + timedelta(seconds=3)
    assert found(ON, [], [ours(here)]) == []
    assert found(ON + timedelta(days=1), [theirs(there)], [ours(here)]) == []


def test_what_is_missing_a_minute_before_midnight_is_found_the_next_day():
    here = END - timedelta(seconds=1)
    assert found(ON, [], [ours(here)]) == []
    assert found(ON + timedelta(days=1), [], [ours(here)]) == [Kind.MISSING_THERE]


def test_every_moment_is_judged_with_exactly_one_day():
    days = [ON + timedelta(days=day) for day in range(-3, 4)]
    for minute in range(0, 24 * 60, 7):
        at = BEGIN + timedelta(minutes=minute)
        assert sum(begin <= at < end for begin, end in map(judged, days)) == 1


def test_bills_are_looked_through_back_to_the_beginning():
    """A house that stood still for three days wrote down late what the channel had long told."""
    late = Entry("payment", "N1", 5000, "captured", NOON, since=NOON - timedelta(days=3))
    assert earlier_days(ON, [late]) == [ON - timedelta(days=back) for back in (1, 2, 3)]
    assert earlier_days(ON, []) == []
    assert found(ON, [], [late], [theirs(NOON - timedelta(days=3))]) == []


def test_a_refund_that_was_under_way_at_midnight_and_is_done_since_agrees():
    line = theirs(subject="refund", state="processing")
    assert found(ON, [line], [ours(END + timedelta(hours=5), "done", "refund")]) == []
    assert found(ON, [line], [ours(NOON, "done", "refund")]) == [Kind.STATE]
    assert found(ON, [theirs(subject="refund", state="done")], [ours(state="done", subject="refund")], [line]) == []


def test_the_same_payment_in_two_bills_is_told():
    compared = compare(ON, theirs=[theirs()], ours=[ours()], earlier=[theirs(NOON - timedelta(days=1))])
    assert [(each.kind, each.their_fen) for each in compared.found] == [(Kind.TWICE, 10_000)]


def test_insurance_parts_are_compared_one_by_one():
    line = StatementLine("N1", "S1", False, 3000, 1000, 0, NOON)
    mine = Entry("settlement", "N1", 4000, "settled", NOON, fund_fen=2000, account_fen=2000)
    assert found(ON, of_statement([line]), [mine]) == [Kind.AMOUNT]


def test_a_settlement_and_its_reversal_of_one_day_are_two_things():
    lines = [StatementLine("N1", "S1", reversed_, 3000, 1000, 0, NOON) for reversed_ in (False, True)]
    compared = compare(ON, theirs=of_statement(lines), ours=[])
    assert [(each.subject, each.kind) for each in compared.found] == [
        (Subject.SETTLEMENT, Kind.MISSING_HERE),
        (Subject.REVERSAL, Kind.MISSING_HERE),
    ]


def test_sums_are_equal_exactly_when_all_money_agrees():
    lines = [BillLine("payment", "N1", "N1", "T1", 5000, "captured", NOON)]
    assert compare(ON, theirs=of_bill(lines), ours=[ours(state="pending")]).our_fen == 0
    assert compare(ON, theirs=of_bill(lines), ours=[ours(fen=4000)]).our_fen == 4000


def test_nothing_is_answered_by_itself_that_believes_a_bill_more_than_our_books():
    """Money that is here and not there, money that left without us, other sums, and twice: a person decides."""
    assert not {kind for _, kind, _, _ in ANSWERS} & {Kind.MISSING_HERE, Kind.AMOUNT, Kind.TWICE}
    assert {ours for _, kind, ours, _ in ANSWERS if kind == Kind.MISSING_THERE} == {"processing"}
    assert not [key for key in ANSWERS if key[0] == Subject.PAYMENT and key[2] == "captured"]


def test_the_automatic_answers():
    def answer(kind: Kind, mine: Entry | None, their: Entry | None) -> Answer | None:
        subject = (mine or their or ours()).subject
        return answer_to(Found(kind, subject, "N1", mine, their, None))

    late = ours(state="closed")
    assert answer(Kind.STATE, late, theirs()) is Answer.ASK_PAYMENT
    going = ours(state="processing", subject="refund")
    assert answer(Kind.STATE, going, theirs(state="done", subject="refund")) is Answer.ASK_REFUND
    assert answer(Kind.MISSING_THERE, going, None) is Answer.REFUND_AGAIN
    assert answer(Kind.MISSING_HERE, None, theirs(state="done", subject="refund")) is None
    assert answer(Kind.MISSING_THERE, ours(), None) is None


@pytest.mark.parametrize("seed", [1, 20261126])
def test_a_thousand_planted_faults_are_found_and_the_rest_is_left_alone(seed: int):
    books = Books(seed, days=5, payments_a_day=3000)
    books.plant(1000)
    assert {fault.name for fault in books.planted} == set(FAULTS)
    told = books.reconcile()
    assert told == books.expected, (
        f"missed {sorted(books.expected - told)[:5]}, false alarms {sorted(told - books.expected)[:5]}"
    )
    assert len(told) == 1000


def test_without_the_margin_at_midnight_there_would_be_false_alarms(monkeypatch: pytest.MonkeyPatch):
    books = Books(1, days=3, payments_a_day=500)
    assert books.reconcile() == set()
    monkeypatch.setattr("hospital_app.domain.reconciling.EDGE", timedelta(0))
    assert len(books.reconcile()) > 10
