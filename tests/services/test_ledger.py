"""复式账: each event of the money is entered once and balances, and the audit sees whoever hurts the books."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from hospital_app.domain.exchange import PaymentNotice, RefundNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.ledger import DEPOSITS, Event, Line, balanced, captured, refunded
from hospital_app.flows import booking, waiting
from hospital_app.models.booking import Appointment
from hospital_app.models.ledger import LedgerEntry, LedgerLine
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import capturing, closing, ledger, ledger_history, payments, refunds
from hospital_app.services.holding import hold_many
from tests.support.booked import KIOSK, doctor_actor
from tests.support.builders import DEPARTMENT, FEE_FEN, TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.statements import statements


def held(house: House, schedule_id: int) -> tuple[int, str]:
    account_id, patient_id = people(house.sessions, 1)[0]
    wish = HoldRequest(account_id, patient_id, schedule_id, first_period(), f"k{account_id}")
    granted = house.do(hold_many, requests=[wish])[0]
    assert not isinstance(granted, Exception)
    return account_id, granted.no


def paid(house: House, schedule_id: int) -> tuple[int, str, str]:
    """(account, appointment, payment) of somebody who paid by WeChat."""
    account_id, no = held(house, schedule_id)
    opened = house.do(payments.start, actor=patient_actor(account_id), no=no, channel="wechat")
    house.do(capturing.record_notice, notice=PaymentNotice(opened.no, "captured", opened.cash_fen, "4200"))
    return account_id, no, opened.no


def balances(house: House) -> Counter[str]:
    with house.sessions() as session:
        query = select(col(LedgerLine.account), func.sum(col(LedgerLine.amount_fen))).group_by(col(LedgerLine.account))
        return Counter({account: int(fen) for account, fen in session.execute(query) if fen})


def kinds(house: House) -> list[str]:
    with house.sessions() as session:
        return list(session.scalars(select(col(LedgerEntry.kind)).order_by(col(LedgerEntry.id))))


def refund_of(house: House) -> Refund:
    with house.sessions() as session:
        return session.scalars(select(Refund)).one()


def test_a_capture_with_all_that_follows_from_it_takes_few_statements(house: House) -> None:
    """Number, appointment, payment, both entries of the books, message, HIS, slip: each question is asked once."""
    schedule_id = a_schedule(house.sessions)
    paid(house, schedule_id)
    account_id, no = held(house, schedule_id)
    opened = house.do(payments.start, actor=patient_actor(account_id), no=no, channel="wechat")
    with statements(house.engine) as said:
        assert house.do(capturing.record_notice, notice=PaymentNotice(opened.no, "captured", opened.cash_fen, "4201"))
    assert len([each for each in said if not each.startswith("BEGIN")]) <= 15, said
    assert sum(each.startswith("INSERT INTO outbox") for each in said) == 1
    with house.sessions() as session:
        owed = session.scalars(select(col(OutboxRow.kind)).order_by(col(OutboxRow.id))).all()
    assert owed[-3:] == ["his.sync", "slip.make", "his.sync"]


def test_a_cancelled_number_leaves_its_fee_as_income_and_the_rest_goes_back(house: House) -> None:
    schedule_id = a_schedule(house.sessions)
    account_id, no, payment_no = paid(house, schedule_id)
    assert balances(house) == {"channel:wechat": FEE_FEN, DEPOSITS: -FEE_FEN}
    house.at(first_period() - timedelta(hours=1))  # 30 % stay
    booking.cancel(patient_actor(account_id), no=no)
    assert balances(house) == {"channel:wechat": 5000, "refunds:wechat": -3500, "income:cancellation": -1500}
    refund = refund_of(house)
    for _ in range(3):
        house.do(refunds.record_notice, notice=RefundNotice(refund.no, payment_no, "done", 3500, "5030"))
    assert balances(house) == {"channel:wechat": 1500, "income:cancellation": -1500}
    assert kinds(house) == ["captured", "refund-owed", "earned", "refunded"]
    with house.sessions() as session:
        assert set(session.scalars(select(col(LedgerLine.department_code)))) == {DEPARTMENT}
    assert not [line for line in house.broken() if "ledger" in line or "balance" in line]


def test_visits_and_no_shows_earn_what_is_kept(house: House) -> None:
    doctor_id = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    _, seen, payment_no = paid(house, schedule_id)
    paid(house, schedule_id)
    house.at(first_period())
    with house.sessions() as session:
        code = session.scalars(select(col(Appointment.code)).where(col(Appointment.no) == seen)).one()
    waiting.check_in(KIOSK, code=code)
    doctor = doctor_actor(doctor_id)
    current = waiting.next_patient(doctor, after=None).current
    assert current is not None
    waiting.next_patient(doctor, after=current.ticket_id)
    house.later(hours=5)
    house.do(closing.close_session, schedule_id=schedule_id)
    assert balances(house) == {
        "channel:wechat": 2 * FEE_FEN,
        "income:registration": -FEE_FEN,
        "income:no-show": -FEE_FEN,
    }
    assert house.broken() == []
    with house.sessions() as session:
        payment = session.scalars(select(Payment).where(col(Payment.no) == payment_no)).one()
    house.do(refunds.owe, payment=payment, amount_fen=2000, reason="adjusted")
    assert balances(house)["income:registration"] == 2000 - FEE_FEN, "earned money goes back out of the income"
    assert not [line for line in house.broken() if "ledger" in line]


def test_money_that_comes_too_late_goes_back_through_the_books(house: House) -> None:
    schedule_id = a_schedule(house.sessions, per_period=1)
    account_id, no = held(house, schedule_id)
    opened = house.do(payments.start, actor=patient_actor(account_id), no=no, channel="wechat")
    house.later(minutes=20)
    held(house, schedule_id)  # somebody else has the number now
    for _ in range(3):
        house.do(capturing.record_notice, notice=PaymentNotice(opened.no, "captured", opened.cash_fen, "4200"))
    assert balances(house) == {"channel:wechat": FEE_FEN, "refunds:wechat": -FEE_FEN}
    assert kinds(house) == ["captured", "refund-owed"]


def test_an_event_is_entered_once_and_only_balanced(house: House) -> None:
    lines = captured("alipay", 100)
    assert house.do(ledger.enter, kind=Event.CAPTURED, subject="GP1", lines=lines, department="01")
    assert not house.do(ledger.enter, kind=Event.CAPTURED, subject="GP1", lines=lines, department="01")
    assert not house.do(ledger.enter, kind=Event.CAPTURED, subject="GP2", lines=captured("alipay", 0), department="01")
    with pytest.raises(ValueError, match="balance"):
        house.do(ledger.enter, kind=Event.CAPTURED, subject="GP3", lines=[Line("a", 1)], department="01")
    assert balances(house) == {"channel:alipay": 100, DEPOSITS: -100}
    insurance = refunded("wechat", "insurance", 900, fund_fen=600)
    assert balanced(insurance) == [
        ("refunds:insurance", 900),
        ("insurance:fund", -600),
        ("insurance:account", -300),
    ]


HURT = {
    "UPDATE ledger_line SET amount_fen = amount_fen + 1 WHERE account = 'channel:wechat'": {
        "ledger entry captured {payment} does not balance",
        "the trial balance is off by 1 fen",
        "payment {payment} is not in the ledger as captured",
    },
    "UPDATE ledger_line SET account = 'channel:alipay' WHERE account = 'channel:wechat'": {
        "payment {payment} is not in the ledger as captured"
    },
    "UPDATE ledger_line SET `on` = '2026-01-01'": {
        "ledger entry captured {payment} does not balance",
        "ledger entry earned {payment} does not balance",
        "ledger entry refund-owed {refund} does not balance",
    },
    "DELETE FROM ledger_line WHERE account IN ('refunds:wechat', 'deposits')": {
        "ledger entry captured {payment} does not balance",
        "ledger entry earned {payment} does not balance",
        "ledger entry refund-owed {refund} does not balance",
        "the trial balance is off by 3500 fen",
        "refund {refund} is not in the ledger as owed",
    },
    "UPDATE ledger_entry SET kind = 'refunded' WHERE kind = 'refund-owed'": {
        "refund {refund} is not in the ledger as owed",
        "refund {refund} is not in the ledger as its status is",
    },
    "UPDATE refund SET status = 'done'": {"refund {refund} is not in the ledger as its status is"},
    "UPDATE ledger_line SET account = 'deposits' WHERE account = 'income:cancellation'": {
        "what is kept of payment {payment} is not in the ledger as its appointment stands"
    },
    "UPDATE appointment SET status = 'booked', fee_fen = 1500": {
        "what is kept of payment {payment} is not in the ledger as its appointment stands"
    },
}


@pytest.mark.parametrize("damage", HURT)
def test_the_audit_sees_books_that_were_hurt(mariadb_house: House, damage: str) -> None:
    house = mariadb_house
    account_id, no, payment_no = paid(house, a_schedule(house.sessions))
    house.at(first_period() - timedelta(hours=1))
    booking.cancel(patient_actor(account_id), no=no)
    assert house.broken() == []
    with house.sessions.begin() as session:
        session.execute(text(damage))
    expected = {line.format(payment=payment_no, refund=refund_of(house).no) for line in HURT[damage]}
    told = {line for line in house.broken() if "number" not in line and "does not have" not in line}
    assert told == expected


def test_what_moved_before_the_ledger_is_entered_as_it_would_have_been(house: House) -> None:
    schedule_id = a_schedule(house.sessions)
    account_id, no, payment_no = paid(house, schedule_id)
    for _ in range(2):
        paid(house, schedule_id)
    house.at(first_period() - timedelta(hours=1))
    booking.cancel(patient_actor(account_id), no=no)
    house.do(refunds.record_notice, notice=RefundNotice(refund_of(house).no, payment_no, "done", 3500, "5030"))
    house.at(first_period() + timedelta(hours=5))
    house.do(closing.close_session, schedule_id=schedule_id)
    before, entered = balances(house), sorted(kinds(house))
    with house.sessions.begin() as session:
        session.execute(text("DELETE FROM ledger_line"))
        session.execute(text("DELETE FROM ledger_entry"))
    assert any("ledger" in line for line in house.broken())
    for _ in range(2):
        after: int | None = 0
        while after is not None:
            after = house.do(ledger_history.catch_up, after=after, window=10**6)
        assert balances(house) == before and sorted(kinds(house)) == entered
    assert house.broken() == []
    with house.sessions() as session:
        days = {(kind, on) for kind, on in session.execute(select(col(LedgerEntry.kind), col(LedgerEntry.on)))}
    assert ("captured", TOMORROW - timedelta(days=1)) in days and ("refund-owed", TOMORROW) in days
