"""窗口挂号: the window's own numbers, cash that is truly in the books, and extra numbers for a named person."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.on_behalf import Reason, Why
from hospital_app.flows import booking, counter, trail
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.identity import Account, FamilyMember
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.trail_search import Wanted
from tests.support.booked import CLERK, HOSPITAL_ADMIN, employed
from tests.support.builders import TOMORROW, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.people import resident_id


@pytest.fixture
def schedule_id(house: House) -> int:
    """A clinic of today that begins in an hour; of the first half hour's two numbers one is the window's own."""
    found = a_schedule(house.sessions, per_period=2, period_count=2)
    house.at(first_period() - timedelta(hours=1))
    employed(house.sessions, CLERK)
    with house.sessions.begin() as session:
        session.execute(
            update(Slot)
            .where(col(Slot.schedule_id) == found, col(Slot.seq) == 1)
            .values(channel="onsite", opens_at=first_period() + timedelta(hours=3))
        )
    return found


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **more)
    return refusal.value.code


def test_the_windows_own_number_goes_first_and_is_paid_for_in_cash(house: House, schedule_id: int) -> None:
    pair = people(house.sessions, 1)[0]
    assert [period.left for period in counter.periods(CLERK, department_code="03.01")] == [2, 2]
    receipt = counter.register(CLERK, patient_id=pair[1], schedule_id=schedule_id, starts_at=first_period())
    assert (receipt.seq, receipt.fee_fen) == (1, 5000)
    with house.sessions() as session:
        row = session.scalars(select(Appointment).where(col(Appointment.no) == receipt.no)).one()
        assert (row.status, row.channel, row.terminal) == (Status.BOOKED, "onsite", "counter")
        paid = session.scalars(select(Payment)).one()
        assert (paid.channel, paid.status, paid.kept_fen) == ("onsite", "captured", 5000)
    again = {"patient_id": pair[1], "schedule_id": schedule_id, "starts_at": first_period()}
    assert refused(counter.register, CLERK, **again) == "duplicate_booking"
    assert refused(counter.register, patient_actor(pair[0]), **again) == "forbidden"
    assert refused(counter.periods, HOSPITAL_ADMIN, department_code="03.01") == "forbidden"
    house.later(minutes=5)
    house.work_off()
    assert house.broken() == []


def test_cash_goes_back_by_the_clerks_hand_once(house: House, schedule_id: int) -> None:
    account_id, patient_id = people(house.sessions, 1)[0]
    receipt = counter.register(CLERK, patient_id=patient_id, schedule_id=schedule_id, starts_at=first_period())
    booking.cancel(patient_actor(account_id), no=receipt.no)
    house.work_off()
    assert house.broken() == [], "nothing was asked of a channel that is no channel"
    [waiting] = counter.cash_refunds(CLERK, patient_id=patient_id)
    assert refused(counter.pay_out, patient_actor(account_id), refund_no=waiting.refund_no) == "forbidden"
    assert counter.pay_out(CLERK, refund_no=waiting.refund_no)
    assert not counter.pay_out(CLERK, refund_no=waiting.refund_no)
    assert counter.cash_refunds(CLERK, patient_id=patient_id) == []
    with house.sessions() as session:
        assert session.scalars(select(col(Refund.status))).one() == "done"
        slot = session.scalars(select(Slot).where(col(Slot.schedule_id) == schedule_id, col(Slot.seq) == 1)).one()
        assert slot.status == SlotStatus.FREE and slot.channel == "onsite"
    assert house.broken() == []


def test_when_all_is_gone_an_extra_number_is_capped(house: House, schedule_id: int) -> None:
    for _, patient_id in people(house.sessions, 2):
        counter.register(CLERK, patient_id=patient_id, schedule_id=schedule_id, starts_at=first_period())
    (_, third), (_, fourth) = people(house.sessions, 2)
    wish: dict[str, Any] = {"schedule_id": schedule_id, "starts_at": first_period()}
    assert refused(counter.register, CLERK, patient_id=third, **wish) == "slot_taken"
    assert refused(counter.register, CLERK, patient_id=third, extra=True, **wish) == "reason_needed"
    wish |= {"extra": True, "reason": Reason(Why.URGENT)}
    extra = counter.register(CLERK, patient_id=third, **wish)
    assert extra.seq == 5, "after the regular ones"
    assert refused(counter.register, CLERK, patient_id=fourth, **wish) == "overbook_cap"
    [why] = trail.search(HOSPITAL_ADMIN, wanted=Wanted(action="counter.on-behalf")).entries
    assert (why.subject, why.detail["act"], why.detail["reason"]) == (f"appointment:{extra.no}", "overbook", "urgent")
    assert house.broken() == []


def test_somebody_new_is_entered_once_with_the_phone_that_is_given(house: House, schedule_id: int) -> None:
    given = {"name": "黄老伯", "document_number": resident_id(born="19410203", order="111"), "phone": "13800138111"}
    patient_id = counter.enrol(CLERK, **given)
    assert counter.enrol(CLERK, **given) == patient_id
    assert refused(counter.enrol, CLERK, **given | {"name": "另一个"}) in {"document_taken", "name_mismatch"}
    with house.sessions() as session:
        assert session.scalars(select(FamilyMember)).one().relation == "self"
        assert len(session.scalars(select(Account)).all()) == 1
    counter.register(CLERK, patient_id=patient_id, schedule_id=schedule_id, starts_at=first_period(TOMORROW))
    assert house.broken() == []
