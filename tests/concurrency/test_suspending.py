"""停诊 while people are taking, paying, moving and cancelling: nobody is left behind in the clinic."""

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import Displacement
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import capturing, payments, suspending
from hospital_app.work import Work
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import race

pytestmark = pytest.mark.timeout(180)
_keys = count(1)


def hold(house: House, pair: tuple[int, int], schedule_id: int) -> str:
    request = HoldRequest(pair[0], pair[1], schedule_id, first_period(), key=f"s{next(_keys)}")
    return booking.hold_one(patient_actor(pair[0]), request)


def pay(house: House, pair: tuple[int, int], no: str) -> None:
    bill = house.do(payments.start, actor=patient_actor(pair[0]), no=no, channel="wechat")
    notice = PaymentNotice(bill.no, "captured", bill.cash_fen, transaction_id=f"t-{bill.no}")
    house.do(capturing.record_notice, notice=notice)


def rush(house: House, suspend: Callable[[], object], schedule_id: int) -> None:
    """Ten who hold and pay, five who hold only, five who hold and let go, and in their midst the suspension."""
    pairs = people(house.sessions, 20)

    def act(number: int) -> object:
        if number < 0:
            return suspend()
        no = hold(house, pairs[number], schedule_id)
        if number % 4 < 2:
            pay(house, pairs[number], no)
        elif number % 4 == 2:
            booking.cancel(patient_actor(pairs[number][0]), no=no)
        return no

    answers = race([*range(8), -1, *range(8, 20)], act)
    assert {a.code for a in answers if isinstance(a, Refusal)} <= {
        "slot_taken",
        "suspended",
        "hold_expired",
        "wrong_status",
    }


def left_behind(house: House, schedule_id: int) -> list[str]:
    """Live appointments of the clinic whose patients were not asked to choose."""
    with house.sessions() as session:
        asked = set(session.scalars(select(col(Displacement.appointment_id))))
        live = session.scalars(
            select(Appointment).where(
                col(Appointment.schedule_id) == schedule_id, col(Appointment.status) != Status.CANCELLED
            )
        )
        return [appointment.no for appointment in live if appointment.id not in asked]


@pytest.mark.parametrize("attempt", range(4))
def test_nobody_is_left_in_a_clinic_suspended_while_people_pay(mariadb_house: House, attempt: int) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20, period_count=1)
    rush(house, lambda: house.do(suspending.suspend, schedule_id=schedule_id, change_id=None), schedule_id)
    assert left_behind(house, schedule_id) == []
    assert house.broken() == []
    with house.sessions() as session:
        standing = session.scalars(select(col(Appointment.id)).where(col(Appointment.status) == Status.BOOKED)).all()
        statuses = session.scalars(select(col(Slot.status)).where(col(Slot.schedule_id) == schedule_id)).all()
        assert set(statuses) <= {SlotStatus.BUSY, SlotStatus.BLOCKED}
        assert statuses.count(SlotStatus.BUSY) == len(standing)
        captured = session.scalars(select(Payment).where(col(Payment.status) == "captured")).all()
        returned = set(session.scalars(select(col(Refund.payment_id))))
        assert {p.id for p in captured if p.appointment_id not in standing} == returned


def suspend_without_locks(work: Work, *, schedule_id: int) -> None:
    """What it would be without locking every number first: look who is there, then close what is free."""
    seen = work.session.scalars(
        select(Appointment).where(col(Appointment.schedule_id) == schedule_id, col(Appointment.status) == Status.BOOKED)
    ).all()
    work.session.scalars(select(Slot).where(col(Slot.schedule_id) == schedule_id)).all()
    _others_go_on()
    work.change(update(Schedule).where(col(Schedule.id) == schedule_id).values(suspended=True))
    work.change(
        update(Slot)
        .where(col(Slot.schedule_id) == schedule_id, col(Slot.status) == SlotStatus.FREE)
        .values(status=SlotStatus.BLOCKED)
    )
    for appointment in seen:
        suspending._displacement(
            work,
            work.session.get_one(Schedule, schedule_id),
            appointment,
            None,
            suspending.DisplacementStatus.OPEN,
        )


_between: list[Callable[[], object]] = []


def _others_go_on() -> None:
    for act in _between:
        act()


def test_without_the_locks_somebody_is_left_behind(mariadb_house: House) -> None:
    """The negative control: who pays between the look and the closing is not asked to choose."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20, period_count=1)
    pair = people(house.sessions, 1)[0]
    _between[:] = [lambda: pay(house, pair, hold(house, pair, schedule_id))]
    house.do(suspend_without_locks, schedule_id=schedule_id)
    assert len(left_behind(house, schedule_id)) == 1
    assert any("left behind" in line for line in house.broken())
