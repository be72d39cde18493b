"""The dashboard's figures on both databases: what they count, and for whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.flows import ledger, statistics, waiting
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.ledger import LedgerEntry, LedgerLine
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from tests.support.booked import (
    CLERK,
    HOSPITAL_ADMIN,
    KIOSK,
    a_booked_appointment,
    department_admin,
    doctor_actor,
)
from tests.support.builders import FEE_FEN, TOMORROW, a_department, a_doctor, a_schedule, first_period
from tests.support.house import House, patient_actor


@pytest.fixture
def doctor_id(house: House) -> int:
    return a_doctor(house.sessions)


@pytest.fixture
def schedule_id(house: House, doctor_id: int) -> int:
    """24 numbers; it is eight o'clock of the day."""
    found = a_schedule(house.sessions, doctor_id=doctor_id)
    house.at(first_period())
    return found


def hold(house: House, schedule_id: int, seq: int, minutes: int) -> None:
    with house.sessions.begin() as session:
        slot = session.scalars(select(Slot).where(col(Slot.schedule_id) == schedule_id, col(Slot.seq) == seq)).one()
        slot.status, slot.held_until = SlotStatus.HELD, house.now + timedelta(minutes=minutes)


def enter_anew(house: House) -> None:
    """The ledger of the payments as they were changed."""
    with house.sessions.begin() as session:
        session.execute(delete(LedgerLine))
        session.execute(delete(LedgerEntry))
    ledger.catch_up()


def code_of(run: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        run()
    return refusal.value.code


def test_numbers_of_today_always_sum_to_the_capacity(house: House, doctor_id: int, schedule_id: int) -> None:
    booked = [a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=n) for n in range(1, 6)]
    hold(house, schedule_id, 10, minutes=5)
    hold(house, schedule_id, 11, minutes=0)  # over at this very second: free
    for each in booked[:3]:
        waiting.check_in(KIOSK, code=each.code)
    doctor = doctor_actor(doctor_id)
    first = waiting.next_patient(doctor, after=None).current
    assert first is not None
    waiting.next_patient(doctor, after=first.ticket_id)
    house.later(minutes=10)
    with house.sessions.begin() as session:
        session.get_one(Appointment, booked[4].id).status = Status.NOSHOW
    hold(house, schedule_id, 10, minutes=5)

    figures = statistics.dashboard(HOSPITAL_ADMIN)
    assert (figures.capacity, figures.free, figures.held, figures.taken, figures.blocked) == (24, 18, 1, 5, 0)
    assert (figures.booked, figures.checked_in, figures.fulfilled, figures.noshow) == (1, 2, 1, 1)
    assert figures.used_percent == 20.8
    assert [(d.name, d.used, d.capacity) for d in figures.departments] == [("呼吸内科", 5, 24)]
    assert (figures.waiting, figures.in_room, figures.median_wait_minutes) == (1, 1, 10)
    (queue,) = figures.queues
    assert (queue.department, queue.area, queue.waiting, queue.longest_minutes) == ("呼吸内科", "候诊A区", 1, 10)


def test_hours_count_bookings_and_arrivals(house: House, schedule_id: int) -> None:
    booked = [a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=n) for n in (1, 7, 8)]  # 8:00, 9:00
    house.later(minutes=-20)
    waiting.check_in(KIOSK, code=booked[0].code)
    house.later(minutes=80)
    waiting.check_in(KIOSK, code=booked[1].code)
    hours = {h.hour: (h.booked, h.arrived) for h in statistics.dashboard(HOSPITAL_ADMIN).hours}
    assert (hours[7], hours[8], hours[9]) == ((0, 1), (1, 0), (2, 1))
    assert set(hours) == set(range(7, 21)) and sum(b + a for b, a in hours.values()) == 5


def test_money_counts_on_the_day_it_moved(house: House, schedule_id: int) -> None:
    booked = [a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=n) for n in (1, 2)]
    with house.sessions.begin() as session:
        payments = session.scalars(select(Payment).order_by(col(Payment.id))).all()
        payments[0].captured_at = house.now  # the other one was captured yesterday
        for status, done_at in (("done", house.now), ("processing", None), ("done", house.now - timedelta(days=1))):
            session.add(
                Refund(
                    no=f"GR{status}{done_at}",
                    payment_id=payments[0].id or 0,
                    appointment_id=booked[0].id or 0,
                    status=status,
                    reason="cancel",
                    amount_fen=700,
                    created_at=house.now,
                    done_at=done_at,
                )
            )
    enter_anew(house)
    figures = statistics.dashboard(HOSPITAL_ADMIN)
    assert (figures.revenue_fen, figures.payments, figures.refund_fen, figures.refunds) == (FEE_FEN, 1, 700, 1)
    days = statistics.trend(HOSPITAL_ADMIN)
    assert [day.on for day in days] == [TOMORROW - timedelta(days=n) for n in range(13, -1, -1)]
    assert (days[-1].revenue_fen, days[-2].revenue_fen) == (FEE_FEN, FEE_FEN)
    assert (days[-1].refund_fen, days[-2].refund_fen) == (700, 700)
    assert (days[-1].booked, days[-2].booked) == (2, 0)


def test_suspended_clinics_do_not_count_as_unused(house: House, schedule_id: int) -> None:
    with house.sessions.begin() as session:
        for slot in session.scalars(select(Slot)):
            slot.status = SlotStatus.BLOCKED
    figures = statistics.dashboard(HOSPITAL_ADMIN)
    assert (figures.capacity, figures.blocked, figures.free, figures.used_percent) == (24, 24, 0, 0.0)


def test_a_department_admin_sees_the_own_department_only(house: House, schedule_id: int) -> None:
    a_department(house.sessions, code="07", name="儿科")
    other = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions, name="王芳"))
    with house.sessions.begin() as session:
        session.get_one(Schedule, other).department_code = "07"
    mine = a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=1)
    theirs = a_booked_appointment(house.sessions, schedule_id=other, seq=1)
    with house.sessions.begin() as session:
        for payment in session.scalars(select(Payment)):
            payment.captured_at = house.now
    enter_anew(house)
    for each in (mine, theirs):
        waiting.check_in(KIOSK, code=each.code)
    whole, part = statistics.dashboard(HOSPITAL_ADMIN), statistics.dashboard(department_admin("07"))
    assert (whole.capacity, whole.checked_in, whole.waiting, whole.revenue_fen) == (48, 2, 2, 2 * FEE_FEN)
    assert (part.capacity, part.checked_in, part.waiting, part.revenue_fen) == (24, 1, 1, FEE_FEN)
    assert part.scope == "儿科" and [d.code for d in part.departments] == ["07"]
    assert statistics.trend(department_admin("07"))[-1].booked == 1
    assert sum(h.arrived for h in part.hours) == 1


def test_the_backlog_tells_what_is_owed_and_how_late(house: House) -> None:
    with house.sessions.begin() as session:
        for kind, age, done, failed in (
            ("his.sync", 90, None, None),
            ("his.sync", 30, None, None),
            ("slip.make", 10, None, None),
            ("slip.make", -60, None, None),  # due in a minute
            ("sms.send", 100, 96, None),
            ("sms.send", 100, None, 50),
        ):
            session.add(
                OutboxRow(
                    kind=kind,
                    payload="{}",
                    created_at=house.now - timedelta(seconds=200),
                    run_at=house.now - timedelta(seconds=age),
                    done_at=None if done is None else house.now - timedelta(seconds=done),
                    failed_at=None if failed is None else house.now - timedelta(seconds=failed),
                    last_error="no answer" if failed else "",
                )
            )
    owed = statistics.backlog(HOSPITAL_ADMIN)
    assert (owed.due, owed.oldest_seconds, owed.failed) == (3, 90, 1)
    assert [(k.kind, k.due, k.oldest_seconds) for k in owed.kinds] == [("his.sync", 2, 90), ("slip.make", 1, 10)]
    assert (owed.lag_median_seconds, owed.lag_worst_seconds) == (4, 4)
    assert [row.last_error for row in owed.failures] == ["no answer"]


def test_an_empty_hospital_has_figures_too(house: House) -> None:
    figures = statistics.dashboard(HOSPITAL_ADMIN)
    assert (figures.capacity, figures.used_percent, figures.departments, figures.queues) == (0, 0.0, (), ())
    assert statistics.backlog(HOSPITAL_ADMIN).due == 0


def test_figures_are_for_admins(house: House) -> None:
    for read in (statistics.dashboard, statistics.trend):
        assert code_of(lambda read=read: read(ANONYMOUS)) == "signed_out"  # type: ignore[misc]
        for actor in (patient_actor(1), doctor_actor(1), CLERK, KIOSK):
            assert code_of(lambda read=read, actor=actor: read(actor)) == "forbidden"  # type: ignore[misc]
    assert code_of(lambda: statistics.backlog(ANONYMOUS)) == "signed_out"
    for actor in (CLERK, department_admin()):
        assert code_of(lambda actor=actor: statistics.backlog(actor)) == "forbidden"  # type: ignore[misc]
