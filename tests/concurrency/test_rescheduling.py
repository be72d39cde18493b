"""Rescheduling races: all or nothing, whichever way round, and never a number without an owner."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.calendar import periods
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking
from hospital_app.models.booking import Appointment, Slot
from hospital_app.services import capturing, payments, releasing, rescheduling
from tests.support.builders import TOMORROW, a_doctor, a_schedule, people
from tests.support.house import House, patient_actor
from tests.support.race import granted, race
from tests.support.statements import statements

pytestmark = pytest.mark.timeout(120)


def starts() -> list[datetime]:
    return [start for start, _ in periods(TOMORROW, ClinicSession.MORNING)]


def a_booked(house: House, pair: tuple[int, int], schedule_id: int, starts_at: datetime) -> str:
    """Held and paid, as a callback would."""
    actor = patient_actor(pair[0])
    request = HoldRequest(pair[0], pair[1], schedule_id, starts_at, key=f"book-{starts_at.isoformat()}")
    no = booking.hold_one(actor, request)
    payment = house.do(payments.start, actor=actor, no=no, channel="wechat")
    notice = PaymentNotice(payment.no, "captured", payment.cash_fen, transaction_id=f"t-{payment.no}")
    assert house.do(capturing.record_notice, notice=notice)
    return no


def move(house: House, account_id: int, no: str, schedule_id: int, starts_at: datetime) -> str:
    actor = patient_actor(account_id)
    return house.do(
        rescheduling.reschedule, actor=actor, no=no, schedule_id=schedule_id, starts_at=starts_at, channel="wechat"
    ).no


def where(house: House, no: str) -> datetime:
    with house.sessions() as session:
        return session.scalars(select(col(Appointment.starts_at)).where(col(Appointment.no) == no)).one()


@pytest.mark.parametrize("attempt", range(8))
def test_a_to_b_against_b_to_a_with_one_spare_each(mariadb_house: House, attempt: int) -> None:
    """Two numbers a period, one taken in each: both may swap, in any order, without a deadlock reaching anybody."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=2)
    first, second = people(house.sessions, 2)
    a, b = starts()[:2]
    one, two = a_booked(house, first, schedule_id, a), a_booked(house, second, schedule_id, b)
    answers = race(
        [(first[0], one, b), (second[0], two, a)],
        lambda args: move(house, args[0], args[1], schedule_id, args[2]),
    )
    assert len(granted(answers)) == 2
    assert (where(house, one), where(house, two)) == (b, a)
    assert house.broken() == []


def test_a_to_b_against_b_to_a_when_both_are_full_changes_nothing(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=1)
    first, second = people(house.sessions, 2)
    a, b = starts()[:2]
    one, two = a_booked(house, first, schedule_id, a), a_booked(house, second, schedule_id, b)
    answers = race(
        [(first[0], one, b), (second[0], two, a)],
        lambda args: move(house, args[0], args[1], schedule_id, args[2]),
    )
    assert [getattr(answer, "code", None) for answer in answers] == ["slot_taken", "slot_taken"]
    assert (where(house, one), where(house, two)) == (a, b)
    assert house.broken() == []


def test_ten_want_the_one_free_number(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=10)
    with house.sessions.begin() as session:
        spare = session.scalars(
            select(Slot).where(col(Slot.schedule_id) == schedule_id, col(Slot.starts_at) == starts()[1])
        ).all()
        for slot in spare[1:]:
            slot.status = SlotStatus.BLOCKED
    pairs = people(house.sessions, 10)
    numbers = [a_booked(house, pair, schedule_id, starts()[0]) for pair in pairs]
    answers = race(
        list(zip(pairs, numbers, strict=True)), lambda args: move(house, args[0][0], args[1], schedule_id, starts()[1])
    )
    assert len(granted(answers)) == 1
    assert house.broken() == []


def test_one_appointment_rescheduled_twenty_times_at_once_moves_at_most_twice(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=3)
    pair = people(house.sessions, 1)[0]
    no = a_booked(house, pair, schedule_id, starts()[0])
    answers = race([starts()[1 + i % 7] for i in range(20)], lambda to: move(house, pair[0], no, schedule_id, to))
    assert 1 <= len(granted(answers)) <= 2
    with house.sessions() as session:
        assert session.scalars(select(col(Appointment.changes))).one() == len(granted(answers))
    assert house.broken() == []


def test_a_dearer_number_is_held_and_swapped_only_when_paid(house: House) -> None:
    doctor = a_doctor(house.sessions)
    cheap = a_schedule(house.sessions, doctor_id=doctor, per_period=1, fee_fen=5000)
    dear = a_schedule(house.sessions, doctor_id=doctor, per_period=1, fee_fen=8000, session=ClinicSession.AFTERNOON)
    pair = people(house.sessions, 1)[0]
    actor = patient_actor(pair[0])
    no = a_booked(house, pair, cheap, starts()[0])
    to = periods(TOMORROW, ClinicSession.AFTERNOON)[0][0]
    done = house.do(rescheduling.reschedule, actor=actor, no=no, schedule_id=dear, starts_at=to, channel="wechat")
    assert done.payment is not None and done.payment.amount_fen == 3000
    assert where(house, no) == starts()[0]
    assert house.broken() == []
    house.do(
        capturing.record_notice,
        notice=PaymentNotice(done.payment.no, "captured", 3000, transaction_id="t"),
    )
    assert where(house, no) == to
    assert house.broken() == []


def test_the_sweep_for_dearer_numbers_begins_with_those_who_move(sqlite_house: House) -> None:
    """Every two seconds: not with all numbers that there are."""
    with statements(sqlite_house.engine) as said:
        assert sqlite_house.do(releasing.overdue_movers, limit=5) == []
    query = next(each for each in said if each.startswith("SELECT") and "next_slot_id" in each)
    with sqlite_house.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (None,) * query.count("?")).all()
    assert [row[3] for row in plan if row[3].startswith("SCAN")] == []


def test_a_dearer_number_left_unpaid_goes_back_and_the_appointment_stays(house: House) -> None:
    doctor = a_doctor(house.sessions)
    cheap = a_schedule(house.sessions, doctor_id=doctor, per_period=1, fee_fen=5000)
    dear = a_schedule(house.sessions, doctor_id=doctor, per_period=1, fee_fen=8000, session=ClinicSession.AFTERNOON)
    first, second = people(house.sessions, 2)
    actor = patient_actor(first[0])
    no = a_booked(house, first, cheap, starts()[0])
    to = periods(TOMORROW, ClinicSession.AFTERNOON)[0][0]
    done = house.do(rescheduling.reschedule, actor=actor, no=no, schedule_id=dear, starts_at=to, channel="wechat")
    house.later(minutes=15)
    booking.sweep()
    assert house.broken() == []
    other = a_booked(house, second, dear, to)
    assert done.payment is not None
    house.do(
        capturing.record_notice,
        notice=PaymentNotice(done.payment.no, "captured", 3000, transaction_id="late"),
    )
    assert where(house, no) == starts()[0]
    assert where(house, other) == to
    seen = booking.one(actor, no=no)
    assert seen.status == Status.BOOKED
    assert [refund.amount_fen for refund in seen.refunds] == [3000]
    assert house.broken() == []


def test_a_cheaper_number_gives_the_difference_back(house: House) -> None:
    doctor = a_doctor(house.sessions)
    dear = a_schedule(house.sessions, doctor_id=doctor, per_period=1, fee_fen=8000)
    cheap = a_schedule(house.sessions, doctor_id=doctor, per_period=1, fee_fen=5000, session=ClinicSession.AFTERNOON)
    pair = people(house.sessions, 1)[0]
    no = a_booked(house, pair, dear, starts()[0])
    to = periods(TOMORROW, ClinicSession.AFTERNOON)[0][0]
    move(house, pair[0], no, cheap, to)
    seen = booking.one(patient_actor(pair[0]), no=no)
    assert seen.starts_at == to
    assert [refund.amount_fen for refund in seen.refunds] == [3000]
    assert house.broken() == []


def test_the_third_change_is_refused_but_cancelling_is_not(house: House) -> None:
    schedule_id = a_schedule(house.sessions, per_period=1)
    pair = people(house.sessions, 1)[0]
    no = a_booked(house, pair, schedule_id, starts()[0])
    move(house, pair[0], no, schedule_id, starts()[1])
    move(house, pair[0], no, schedule_id, starts()[2])
    with pytest.raises(Refusal) as refused:
        move(house, pair[0], no, schedule_id, starts()[3])
    assert refused.value.code == "changes_used_up"
    assert booking.cancel(patient_actor(pair[0]), no=no).status == Status.CANCELLED
    assert house.broken() == []
