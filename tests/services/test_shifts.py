"""收费员班次: what the window takes is in one clerk's drawer, counted at the handover, and received by a name."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal
from hospital_app.flows import booking, counter, shifts
from hospital_app.models.booking import Slot
from hospital_app.models.finance import CashierShift
from hospital_app.models.payment import Payment
from tests.support.booked import CLERK, HOSPITAL_ADMIN, KIOSK, OTHER_CLERK, employed
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House, patient_actor

FEE = 5000


@pytest.fixture
def window(house: House) -> int:
    """Two clerks, and a clinic that begins in an hour."""
    return opened(house)


def opened(house: House) -> int:
    found = a_schedule(house.sessions, per_period=4, period_count=2)
    house.at(first_period() - timedelta(hours=1))
    employed(house.sessions, CLERK, OTHER_CLERK, HOSPITAL_ADMIN)
    with house.sessions.begin() as session:
        session.execute(
            update(Slot)
            .where(col(Slot.schedule_id) == found)
            .values(channel="onsite", opens_at=first_period() + timedelta(hours=3))
        )
    return found


def collected(house: House, schedule_id: int, clerk: Any = CLERK) -> tuple[int, int, str]:
    """(account, patient, appointment) of somebody who has paid at the window."""
    account_id, patient_id = people(house.sessions, 1)[0]
    receipt = counter.register(clerk, patient_id=patient_id, schedule_id=schedule_id, starts_at=first_period())
    return account_id, patient_id, receipt.no


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **more)
    return refusal.value.code


def test_a_shift_opens_with_the_first_fee_and_holds_what_was_taken_and_given(house: House, window: int) -> None:
    assert shifts.mine(CLERK) is None
    collected(house, window)
    account_id, patient_id, no = collected(house, window)
    collected(house, window, OTHER_CLERK)
    booking.cancel(patient_actor(account_id), no=no)
    [waiting] = counter.cash_refunds(CLERK, patient_id=patient_id)
    counter.pay_out(CLERK, refund_no=waiting.refund_no)
    shift = shifts.mine(CLERK)
    assert shift is not None
    back = waiting.amount_fen
    assert (shift.collected_fen, shift.collected_count) == (2 * FEE, 2)
    assert (shift.refunded_fen, shift.refunded_count, shift.expected_fen) == (back, 1, 2 * FEE - back)
    moved = shifts.movements(CLERK, shift_id=shift.id)
    assert [movement.amount_fen for movement in moved] == [FEE, FEE, -back]
    assert refused(shifts.movements, OTHER_CLERK, shift_id=shift.id) == "not_found"
    assert [each.staff_no for each in shifts.of_day(HOSPITAL_ADMIN, on=clinic_day(house.now))] == ["S904", "S901"]
    assert refused(shifts.of_day, CLERK, on=clinic_day(house.now)) == "forbidden"
    assert refused(shifts.mine, KIOSK) == "forbidden"


def test_a_difference_is_explained_and_the_next_clerk_confirms(house: House, window: int) -> None:
    collected(house, window)
    shift = shifts.begin(CLERK)
    count: dict[str, Any] = {"shift_id": shift.id, "handed_to": OTHER_CLERK.staff_id}
    assert refused(shifts.close, CLERK, counted_fen=FEE - 100, note=" 少 ", **count) == "note_needed"
    assert refused(shifts.close, OTHER_CLERK, counted_fen=FEE, note="", **count) == "not_found"
    assert refused(shifts.close, CLERK, counted_fen=FEE, note="", shift_id=shift.id, handed_to=902) == "not_found"
    assert refused(shifts.receive, CLERK, shift_id=shift.id) == "shift_open"
    closed = shifts.close(CLERK, counted_fen=FEE - 100, note="找零多给了一元", **count)
    assert (closed.expected_fen, closed.counted_fen, closed.difference_fen) == (FEE, FEE - 100, -100)
    assert refused(shifts.close, CLERK, counted_fen=FEE, note="", **count) == "shift_closed"
    assert refused(shifts.receive, CLERK, shift_id=shift.id) == "not_for_you"
    assert [each.id for each in shifts.to_receive(OTHER_CLERK)] == [shift.id]
    house.later(minutes=3)
    taken = shifts.receive(OTHER_CLERK, shift_id=shift.id)
    assert (taken.receiver, taken.received_at) == ("员工904", house.now)
    house.later(minutes=3)
    assert shifts.receive(OTHER_CLERK, shift_id=shift.id) == taken, "once"
    assert shifts.to_receive(OTHER_CLERK) == []
    assert shifts.mine(CLERK) is None
    collected(house, window)
    again = shifts.mine(CLERK)
    assert again is not None and again.id != shift.id and again.collected_fen == FEE
    assert house.broken() == []


def test_the_last_clerk_of_a_day_hands_over_to_the_finance_office(house: House, window: int) -> None:
    shift = shifts.begin(CLERK)
    shifts.close(CLERK, shift_id=shift.id, counted_fen=0, handed_to=None, note="")
    assert shifts.to_receive(OTHER_CLERK) == []
    assert refused(shifts.receive, OTHER_CLERK, shift_id=shift.id) == "not_found"
    assert [each.id for each in shifts.to_receive(HOSPITAL_ADMIN)] == [shift.id]
    assert shifts.receive(HOSPITAL_ADMIN, shift_id=shift.id).receiver == "员工902"


def test_a_changed_row_of_a_closed_shift_is_found(house: House, window: int) -> None:
    collected(house, window)
    shift = shifts.begin(CLERK)
    shifts.close(CLERK, shift_id=shift.id, counted_fen=FEE, handed_to=None, note="")
    assert house.broken() == []
    with house.sessions.begin() as session:
        session.execute(update(Payment).values(shift_id=None))
    assert house.broken() == [f"shift {shift.id} does not add up"]


def test_one_open_shift_a_clerk_by_construction(house: House, window: int) -> None:
    shifts.begin(CLERK)
    with pytest.raises(IntegrityError), house.sessions.begin() as session:
        session.add(CashierShift(staff_id=CLERK.staff_id or 0, opened_at=house.now))


def test_fees_taken_while_the_drawer_is_counted_are_in_one_shift_or_the_next(mariadb_house: House) -> None:
    """Eight fees and a count race: whatever shift a fee falls into, its sums are those of its rows."""
    window = opened(mariadb_house)
    first = shifts.begin(CLERK)
    pairs = people(mariadb_house.sessions, 8)
    wish: dict[str, Any] = {"schedule_id": window}
    periods = [first_period(), first_period() + timedelta(minutes=30)]

    def take(turn: int) -> None:
        counter.register(CLERK, patient_id=pairs[turn][1], starts_at=periods[turn % 2], **wish)

    def count() -> None:
        shifts.close(CLERK, shift_id=first.id, counted_fen=0, handed_to=None, note="边收边点，另行复核")

    with ThreadPoolExecutor(9) as pool:
        done = [pool.submit(take, turn) for turn in range(4)]
        done.append(pool.submit(count))
        done += [pool.submit(take, turn) for turn in range(4, 8)]
        for each in done:
            each.result()
    with mariadb_house.sessions() as session:
        paid = session.scalars(select(Payment)).all()
        kept = session.scalars(select(CashierShift)).all()
    assert len(paid) == 8 and all(payment.shift_id for payment in paid)
    assert len([shift for shift in kept if shift.closed_at is None]) <= 1
    assert mariadb_house.broken() == []
