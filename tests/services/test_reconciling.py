"""对账入账: rerun as often as one likes, what people resolved stays, what the house repairs it repairs once."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.differences import Answer
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.domain.reconciling import Entry, compare
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.models.identity import Staff
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import (
    capturing,
    money_history,
    our_movements,
    reconciliations,
    reconciling,
    refunds,
)
from hospital_app.services.reconciling import ToAnswer
from tests.support.booked import HOSPITAL_ADMIN as ADMIN
from tests.support.booked import a_booked_appointment
from tests.support.builders import NOON_BEFORE, TOMORROW, a_schedule
from tests.support.house import House

ON = clinic_day(NOON_BEFORE)
BEGIN, END = day_bounds(ON)
CHANNEL = "wechat"
CLERK = Actor(Role.CLERK, staff_id=901)


@pytest.fixture
def books(house: House) -> House:
    """Six payments of ON, waiting to be compared the next day at ten."""
    schedule_id = a_schedule(house.sessions, per_period=6, period_count=1)
    for seq in range(1, 7):
        a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq)
    with house.sessions.begin() as session:
        session.add(
            Staff(id=ADMIN.staff_id, staff_no="A902", name="钱会计", role="x", password_hash="x", created_at=BEGIN)
        )
        session.execute(update(Payment).values(captured_at=BEGIN + timedelta(hours=12), transaction_id=col(Payment.no)))
    house.at(END + timedelta(hours=11))
    assert house.do(reconciling.open_days, channels=[CHANNEL]) == 1
    return house


def numbers(house: House) -> list[str]:
    with house.sessions() as session:
        return list(session.scalars(select(col(Payment.no)).order_by(col(Payment.id))))


def bill(house: House) -> list[Entry]:
    """What a channel would tell that agrees with us in everything."""
    ours = house.do(our_movements.of_day, channel=CHANNEL, on=ON)
    return [replace(entry, appointment_id=None, since=None) for entry in ours]


def reconcile(house: House, lines: Iterable[Entry]) -> list[ToAnswer]:
    lines = list(lines)
    ours = house.do(our_movements.against, channel=CHANNEL, on=ON, keys=[line.key for line in lines])
    compared = compare(ON, theirs=lines, ours=ours)
    about = house.do(our_movements.appointments, payment_nos=[line.payment_no for line in lines])
    return house.do(reconciling.write, channel=CHANNEL, on=ON, compared=compared, appointments=about)


def day(house: House) -> Reconciliation:
    with house.sessions() as session:
        return session.scalars(select(Reconciliation)).one()


def differences(house: House) -> list[Difference]:
    with house.sessions() as session:
        return list(session.scalars(select(Difference).order_by(col(Difference.id))))


def set_payment(house: House, no: str, **values: object) -> None:
    with house.sessions.begin() as session:
        session.execute(update(Payment).where(col(Payment.no) == no).values(**values))


def owed(house: House, kind: str) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count()).where(col(OutboxRow.kind) == kind)) or 0


def test_a_day_that_agrees_is_clean(books: House):
    assert reconcile(books, bill(books)) == []
    found = day(books)
    assert (found.status, found.bill_lines, found.matched) == ("clean", 6, 6)
    assert found.bill_fen == found.our_fen == 30_000
    assert differences(books) == []


def test_days_are_opened_from_ten_on_and_once(house: House):
    house.at(END + timedelta(hours=9))
    assert house.do(reconciling.open_days, channels=["wechat", "insurance"]) == 2
    assert {row.on for row in _rows(house)} == {ON - timedelta(days=1)}
    house.at(END + timedelta(hours=10))
    assert house.do(reconciling.open_days, channels=["wechat", "insurance"]) == 2
    assert house.do(reconciling.open_days, channels=["wechat", "insurance"]) == 0
    house.later(days=3)
    assert house.do(reconciling.open_days, channels=["wechat"]) == 3
    assert owed(house, reconciling.JOB) == 7


def _rows(house: House) -> list[Reconciliation]:
    with house.sessions() as session:
        return list(session.scalars(select(Reconciliation)))


def test_a_bill_that_is_not_ready_is_asked_for_again_and_later_each_time(books: House):
    pauses = []
    for attempt in range(4):
        assert books.do(reconciling.is_due, channel=CHANNEL, on=ON, attempt=attempt)
        books.do(reconciling.put_off, channel=CHANNEL, on=ON, attempt=attempt, error="NO_STATEMENT_EXIST")
        books.do(reconciling.put_off, channel=CHANNEL, on=ON, attempt=attempt, error="a job that ran twice")
        with books.sessions() as session:
            latest = session.scalars(select(OutboxRow).order_by(col(OutboxRow.id).desc()).limit(1)).one()
        pauses.append((latest.run_at - books.now).total_seconds() / 60)
    assert pauses == [5, 10, 20, 40]
    assert owed(books, reconciling.JOB) == 5
    found = day(books)
    assert (found.status, found.attempts, found.last_error) == ("waiting", 4, "NO_STATEMENT_EXIST")


def test_running_again_changes_nothing_and_adds_nothing(books: House):
    lines = bill(books)
    lines[0] = replace(lines[0], amount_fen=4999)
    faulty = [*lines[:-1], replace(lines[1], number="X1", payment_no=lines[2].number)]
    for _ in range(3):
        assert reconcile(books, faulty) == []
    told = [(each.kind, each.status, each.our_fen, each.their_fen) for each in differences(books)]
    assert sorted(told, key=str) == sorted(
        [("amount", "open", 5000, 4999), ("missing-here", "open", None, 5000), ("missing-there", "open", 5000, None)],
        key=str,
    )
    assert all(each.appointment_id for each in differences(books))
    assert day(books).status == "differences"


def test_what_finance_resolved_stays_and_settles_the_day(books: House):
    lines = bill(books)
    reconcile(books, [replace(lines[0], amount_fen=4999), *lines[1:]])
    (wrong,) = differences(books)
    done = books.do(
        reconciliations.resolve,
        actor=ADMIN,
        difference_id=wrong.id,
        resolution="corrected-there",
        note="与微信客服核实，账单次日更正",
    )
    assert (done.status, done.note) == ("resolved", "与微信客服核实，账单次日更正")
    assert done.resolved_by == "钱会计"
    assert day(books).status == "resolved"
    reconcile(books, [replace(lines[0], amount_fen=4998), *lines[1:]])
    (still,) = differences(books)
    assert (still.status, still.their_fen, still.resolution) == ("resolved", 4999, "corrected-there")
    with pytest.raises(Refusal, match="已经处理过"):
        books.do(
            reconciliations.resolve,
            actor=ADMIN,
            difference_id=wrong.id,
            resolution="explained",
            note="再来一次",
        )


def test_a_difference_that_is_gone_agrees_now_and_one_that_comes_back_is_open_again(books: House):
    lines = bill(books)
    for theirs, status in ((lines[1:], "open"), (lines, "repaired"), (lines[1:], "open")):
        reconcile(books, theirs)
        assert [each.status for each in differences(books)] == [status]


def test_money_that_was_there_and_pending_here_is_recorded_once(books: House):
    lines, (no, *_) = bill(books), numbers(books)
    set_payment(books, no, status="pending", captured_at=None, kept_fen=0)
    (question,) = reconcile(books, lines)
    assert (question.answer, question.number) == (Answer.ASK_PAYMENT, no)
    assert not books.do(reconciling.answered, difference_id=question.id, answer=question.answer)
    notice = PaymentNotice(no, "captured", 5000, "T1")
    assert books.do(capturing.record_notice, notice=notice)
    assert books.do(reconciling.answered, difference_id=question.id, answer=question.answer)
    assert not books.do(reconciling.answered, difference_id=question.id, answer=question.answer)
    (done,) = differences(books)
    assert (done.status, done.resolution, done.our_state) == ("repaired", "ask-payment", "captured")
    assert day(books).status == "resolved"
    assert reconcile(books, lines) == []
    assert day(books).bill_fen == day(books).our_fen


def test_a_refund_that_never_arrived_is_ordered_again_once(books: House):
    lines, (no, *_) = bill(books), numbers(books)
    with books.sessions() as session:
        payment = session.scalars(select(Payment).where(col(Payment.no) == no)).one()
    books.at(BEGIN + timedelta(hours=15))
    refund_no = books.do(refunds.owe, payment=payment, amount_fen=1000, reason="cancel")
    books.at(END + timedelta(hours=11))
    already = owed(books, "refund.execute")
    (question,) = reconcile(books, lines)
    assert (question.answer, question.number) == (Answer.REFUND_AGAIN, refund_no)
    assert [books.do(reconciling.refund_again, difference_id=question.id) for _ in range(3)] == [True, False, False]
    assert reconcile(books, lines) == []
    assert owed(books, "refund.execute") == already + 1
    assert [each.status for each in differences(books)] == ["repaired"]


def test_a_refund_that_only_they_have_is_a_persons(books: House):
    lines, (no, *_) = bill(books), numbers(books)
    foreign = Entry("refund", "R-OF-THE-CONSOLE", 5000, "done", BEGIN + timedelta(hours=16), "T9", no)
    assert reconcile(books, [*lines, foreign]) == []
    (listed,) = differences(books)
    history = books.do(money_history.of_difference, actor=ADMIN, difference_id=listed.id)
    assert [(piece.subject, piece.number) for piece in history.pieces] == [("payment", no)]
    with books.sessions() as session:
        assert session.scalars(select(col(Refund.no))).all() == []


def test_open_differences_are_an_alert(books: House, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        reconcile(books, bill(books)[1:])
    assert "1 differences are open" in caplog.text
    assert books.do(reconciliations.open_differences, actor=ADMIN) == 1
    (listed,) = books.do(reconciliations.listing, actor=ADMIN)
    assert (listed.status, listed.total, listed.still_open) == ("differences", 1, 1)


def test_whoever_is_not_of_the_hospitals_finance_sees_and_does_nothing(books: House):
    reconcile(books, bill(books)[1:])
    (wrong,) = differences(books)
    for service, arguments in (
        (reconciliations.listing, {}),
        (reconciliations.day, {"channel": CHANNEL, "on": ON}),
        (reconciliations.export, {"channel": CHANNEL, "on": ON}),
        (reconciliations.run_again, {"channel": CHANNEL, "on": ON}),
        (money_history.of_difference, {"difference_id": wrong.id}),
        (reconciliations.resolve, {"difference_id": wrong.id, "resolution": "explained", "note": "无"}),
    ):
        with pytest.raises(Refusal):
            books.do(service, actor=CLERK, **arguments)  # type: ignore[arg-type]
    assert differences(books)[0].status == "open"


def test_running_again_by_hand_replaces_the_tries_before(books: House):
    books.do(reconciliations.run_again, actor=ADMIN, channel=CHANNEL, on=ON)
    assert not books.do(reconciling.is_due, channel=CHANNEL, on=ON, attempt=0)
    assert books.do(reconciling.is_due, channel=CHANNEL, on=ON, attempt=1)
    with pytest.raises(Refusal, match="这一天的对账"):
        books.do(reconciliations.run_again, actor=ADMIN, channel=CHANNEL, on=TOMORROW + timedelta(days=9))


def test_the_days_of_a_long_standstill_are_bounded(house: House):
    house.at(END + timedelta(hours=11))
    house.do(reconciling.open_days, channels=[CHANNEL])
    house.later(days=60)
    assert house.do(reconciling.open_days, actor=SYSTEM, channels=[CHANNEL]) == reconciling.CAUGHT_UP_DAYS
    assert date.min < max(row.on for row in _rows(house)) < clinic_day(house.now)


def test_settlements_and_reversals_are_read_with_their_parts(books: House):
    noon = BEGIN + timedelta(hours=12)
    with books.sessions.begin() as session:
        for turn, payment in enumerate(session.scalars(select(Payment).limit(3)).all()):
            about = {"payment_id": payment.id or 0, "appointment_id": payment.appointment_id}
            session.add(
                InsuranceSettlement(
                    no=f"S{turn}",
                    status=("settled", "reversing", "reversed")[turn],
                    settlement_id=f"B{turn}",
                    person_no="",
                    pay_token="",
                    insured_region="110000",
                    kind="310",
                    total_fen=5000,
                    fund_fen=3000,
                    account_fen=1000,
                    cash_fen=1000,
                    quoted_at=noon,
                    settled_at=noon,
                    reversed_at=noon + timedelta(hours=1) if turn == 2 else None,
                    **about,
                )
            )
            if turn:
                back = {"leg": "insurance", "reason": "cancel", "amount_fen": 4000, "created_at": noon}
                session.add(Refund(no=f"R{turn}", **back, **about))
    entries = books.do(our_movements.of_day, channel="insurance", on=ON)
    assert {(entry.subject, entry.number, entry.state, *entry.sums) for entry in entries} == {
        ("settlement", "S0", "settled", 4000, 3000, 1000),
        ("settlement", "S1", "settled", 4000, 3000, 1000),
        ("settlement", "S2", "settled", 4000, 3000, 1000),
        ("reversal", "S1", "processing", 4000, 3000, 1000),
        ("reversal", "S2", "done", 4000, 3000, 1000),
    }
    keys = [entry.key for entry in entries]
    assert {entry.key for entry in books.do(our_movements.named, channel="insurance", keys=keys)} == set(keys)
    assert books.do(our_movements.refund_of_settlement, number="S1") == "R1"
    assert books.do(our_movements.numbers_of, settlement_ids=["B1", "B9"]) == {"B1": "S1"}
