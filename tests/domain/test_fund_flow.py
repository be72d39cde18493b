"""资金账单: every planted fault of the merchant's own account is found and named, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.exchange import Movement
from hospital_app.domain.fund_flow import judge, unnamed
from hospital_app.domain.reconciling import Comparison, Entry, Found, Kind
from hospital_app.sandbox.fees import fee_of, given_back

ON = date(2026, 11, 25)
BEGIN, END = day_bounds(ON)
NOON = BEGIN + timedelta(hours=12)
FEE = "扣除交易手续费"


def a_payment(at: datetime = NOON, number: str = "N1", fen: int = 5000) -> Entry:
    fee = fee_of(fen)
    return Entry("payment", number, fen, "captured", at, f"T{number}", number, appointment_id=7, fee_fen=fee)


def a_refund(at: datetime = NOON, fen: int = 5000, state: str = "done", number: str = "R1") -> Entry:
    return Entry("refund", number, fen, state, at, f"T{number}", "N1", fee_fen=-given_back(5000, 0, fen))


def moves(entry: Entry) -> list[Movement]:
    """As the channel moves it: a fee beside its payment, and taken off a refund."""
    about = (entry.at, entry.channel_number)
    if entry.subject == "refund":
        return [Movement(*about, "退款", entry.net_fen, entry.number)]
    whole = Movement(*about, "交易", entry.amount_fen, entry.number)
    return [whole, Movement(*about, FEE, -entry.fee_fen, entry.number)]


def judged(
    flow: list[Movement],
    bill: list[Entry],
    *,
    before: list[Movement] | None = None,
    ours: list[Entry] | None = None,
    on: date = ON,
) -> Comparison:
    done = Comparison()
    judge(done, on, flow=flow, before=before or [], bill=bill, ours=bill if ours is None else ours)
    return done


def found(flow: list[Movement], bill: list[Entry]) -> list[tuple[Kind, int | None, int | None]]:
    return [
        (each.kind, each.ours.amount_fen if each.ours else None, each.their_fen) for each in judged(flow, bill).found
    ]


def test_what_moved_is_what_the_bill_says_less_its_fees():
    bill = [a_payment(), a_refund(fen=2000)]
    done = judged([*moves(bill[0]), *moves(bill[1]), Movement(NOON, "W1", "提现", -900_000)], bill)
    assert (done.found, done.flow_lines, done.flow_fen, done.other_fen) == ([], 4, 4970 - 1988, -900_000)


@pytest.mark.parametrize(
    ("flow", "bill", "told"),
    [
        ([], [a_payment()], (Kind.MISSING_THERE, 4970, None)),
        (moves(a_payment()), [], (Kind.MISSING_HERE, None, 4970)),
        (moves(a_payment())[:1], [a_payment()], (Kind.AMOUNT, 4970, 5000)),
        ([*moves(a_payment()), *moves(a_payment())[1:]], [a_payment()], (Kind.AMOUNT, 4970, 4940)),
        ([*moves(a_payment()), *moves(a_payment())], [a_payment()], (Kind.TWICE, 4970, 9940)),
        ([*moves(a_refund()), *moves(a_refund())], [a_refund()], (Kind.TWICE, -4970, -9940)),
    ],
)
def test_each_kind_by_itself(flow: list[Movement], bill: list[Entry], told: tuple[Kind, int | None, int | None]):
    assert found(flow, bill) == [told]


def test_a_fee_that_moves_after_midnight_belongs_to_its_payment():
    late = a_payment(END - timedelta(seconds=1))
    came, fee = moves(late)
    assert judged([came], [late]).found == []
    after = replace(fee, at=END + timedelta(seconds=1))
    assert judged([after], [late], before=[came], on=ON + timedelta(days=1)).found == []
    (alone,) = judged([], [late], before=[came], on=ON + timedelta(days=1)).found
    assert (alone.kind, alone.their_fen) == (Kind.AMOUNT, 5000)


def test_a_refund_on_its_way_may_move_today_or_later():
    going = a_refund(state="processing")
    assert found([], [going]) == found(moves(going), [going]) == []


def test_what_no_bill_of_these_days_names_is_looked_for_in_our_books():
    """A refund that failed brings its money back days later."""
    failed = a_refund(NOON - timedelta(days=9), state="failed")
    flow = [Movement(NOON, "TR1", "退款", 4970, "R1")]
    assert ("refund", "R1") in unnamed(flow, [])
    assert judged(flow, [], ours=[failed]).found == []
    (more,) = judged([replace(flow[0], amount_fen=5001)], [], ours=[failed]).found
    assert more.kind is Kind.AMOUNT
    (nobodys,) = judged(flow, []).found
    assert (nobodys.kind, nobodys.number, nobodys.their_fen) == (Kind.MISSING_HERE, "R1", 4970)


def test_a_difference_says_whose_appointment_it_is():
    (missing,) = judged([], [a_payment()]).found
    assert (missing.subject, missing.number, missing.ours and missing.ours.appointment_id) == ("flow", "N1", 7)


def _no_line(flow: list[Movement]) -> Kind:
    flow.clear()
    return Kind.MISSING_THERE


def _other_fee(flow: list[Movement]) -> Kind:
    flow[-1] = replace(flow[-1], amount_fen=flow[-1].amount_fen - 1)
    return Kind.AMOUNT


def _whole_twice(flow: list[Movement]) -> Kind:
    flow.append(flow[0])
    return Kind.TWICE


def _fee_twice(flow: list[Movement]) -> Kind:
    flow.append(replace(flow[-1], kind=FEE, amount_fen=-30))
    return Kind.AMOUNT


def _nobodys(flow: list[Movement]) -> Kind:
    flow[:] = [*flow, replace(flow[0], channel_number=f"X{flow[0].channel_number}", voucher=f"X{flow[0].voucher}")]
    return Kind.MISSING_HERE


FAULTS: tuple[Callable[[list[Movement]], Kind], ...] = (_no_line, _other_fee, _whole_twice, _fee_twice, _nobodys)


@pytest.mark.parametrize("seed", [1, 20261126])
def test_a_thousand_planted_faults_are_found_and_the_rest_is_left_alone(seed: int):
    random = Random(seed)
    days = [ON + timedelta(days=n) for n in range(4)]
    bills: dict[date, list[Entry]] = {on: [] for on in days}
    flows: dict[date, list[Movement]] = {on: [] for on in days}
    expected: set[tuple[str, Kind]] = set()
    for serial in range(6000):
        on = random.choice(days[:-1])
        begin, end = day_bounds(on)
        at = random.choice([begin + timedelta(seconds=random.randrange(86_400)), end - timedelta(seconds=1)])
        fen = random.choice([1200, 2500, 5000, 30_000])
        refund = random.random() < 0.2
        entry = a_refund(at, 2500, number=f"R{serial}") if refund else a_payment(at, f"N{serial}", fen)
        bills[on].append(entry)
        moved = [replace(each, at=at + timedelta(seconds=random.randrange(4))) for each in moves(entry)]
        if serial % 6 == 0:
            kind = FAULTS[serial // 6 % len(FAULTS)](moved)
            expected.add((f"X{entry.number}" if kind is Kind.MISSING_HERE else entry.number, kind))
        for each in moved:
            flows[clinic_day(each.at)].append(each)
    for on in days:
        flows[on].append(Movement(day_bounds(on)[0], f"W{on}", "提现", -random.randrange(1, 9_000_000)))
    told: list[Found] = []
    for on in days:
        earlier = on - timedelta(days=1)
        bill = [*bills.get(earlier, []), *bills[on]]
        told += judged(flows[on], bill, before=flows.get(earlier, []), on=on).found
    assert {(each.number, each.kind) for each in told} == expected
    assert len(told) == len(expected) == 1000
