"""候补: who may join, in which order numbers go, and how an entry ends."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import SYSTEM
from hospital_app.domain.waitlist import EntryStatus
from hospital_app.flows import booking, waitlist
from hospital_app.flows.unit import perform
from hospital_app.models.booking import Appointment, BookingCount, Schedule, Slot
from hospital_app.models.changing import Displacement, WaitlistEntry
from hospital_app.models.identity import Account, Message
from hospital_app.services import capturing, gate_truth, payments, waitlist_offers, waitlist_priority
from tests.support.builders import TOMORROW, a_doctor, a_patient, a_schedule, first_period, people
from tests.support.house import House, patient_actor

Pair = tuple[int, int]


def sold_out(house: House) -> tuple[int, str, Pair, str]:
    """(schedule, provider, who has its one number, the hold) of a clinic of the day after tomorrow."""
    doctor = a_doctor(house.sessions)
    on = TOMORROW + timedelta(days=2)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor, on=on, per_period=1, period_count=1)
    holder = people(house.sessions, 1)[0]
    return schedule_id, f"doctor:{doctor}", holder, hold(holder, schedule_id)


DAY = TOMORROW + timedelta(days=2)
OTHER_DAY = DAY + timedelta(days=1)


def hold(pair: Pair, schedule_id: int, key: str = "k", on: date = DAY) -> str:
    return booking.hold_one(
        patient_actor(pair[0]),
        HoldRequest(
            account_id=pair[0], patient_id=pair[1], schedule_id=schedule_id, starts_at=first_period(on), key=key
        ),
    )


def join(pair: Pair, provider: str, on: date = DAY) -> int:
    return waitlist.join(patient_actor(pair[0]), provider=provider, on=on, patient_id=pair[1]).id


def entry(house: House, entry_id: int) -> WaitlistEntry:
    with house.sessions() as session:
        return session.get_one(WaitlistEntry, entry_id)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.code


def test_a_number_given_back_goes_to_the_first_in_line_and_to_nobody_else(house: House) -> None:
    schedule_id, provider, holder, no = sold_out(house)
    first, second, stranger = people(house.sessions, 3)
    entries = [join(first, provider), join(second, provider)]
    booking.cancel(patient_actor(holder[0]), no=no)
    with pytest.raises(Refusal) as refused:
        hold(stranger, schedule_id)
    assert code_of(refused) == "slot_taken"
    assert waitlist.sweep() == 1
    assert [entry(house, each).status for each in entries] == [EntryStatus.OFFERED, EntryStatus.WAITING]
    offered = entry(house, entries[0]).appointment_no or ""
    seen = booking.one(patient_actor(first[0]), no=offered)
    assert (seen.status, seen.held_until) == (Status.PENDING, house.now + timedelta(minutes=30))
    with house.sessions() as session:
        assert session.scalars(select(col(Message.kind)).where(col(Message.account_id) == first[0])).all() == [
            "waitlist-offer"
        ]
        counted = session.scalars(select(col(BookingCount.subject)).where(col(BookingCount.bookings) > 0)).all()
        assert f"a{first[0]}" not in counted
    assert house.broken() == []


def test_an_offer_that_is_not_paid_goes_to_the_next(house: House) -> None:
    schedule_id, provider, holder, no = sold_out(house)
    first, second, stranger = people(house.sessions, 3)
    entries = [join(first, provider), join(second, provider)]
    booking.cancel(patient_actor(holder[0]), no=no)
    waitlist.sweep()
    house.later(minutes=30)
    with pytest.raises(Refusal):
        hold(stranger, schedule_id)
    waitlist.sweep()
    assert [entry(house, each).status for each in entries] == [EntryStatus.LAPSED, EntryStatus.OFFERED]
    house.later(minutes=30)
    booking.sweep()
    assert hold(stranger, schedule_id), "nobody waits any more, so it is everybody's"
    assert house.broken() == []


def test_paying_for_an_offer_takes_it_and_declining_passes_it_on(house: House) -> None:
    _, provider, holder, no = sold_out(house)
    first, second = people(house.sessions, 2)
    entries = [join(first, provider), join(second, provider)]
    booking.cancel(patient_actor(holder[0]), no=no)
    waitlist.sweep()
    waitlist.leave(patient_actor(first[0]), entry_id=entries[0])
    waitlist.sweep()
    assert [entry(house, each).status for each in entries] == [EntryStatus.LEFT, EntryStatus.OFFERED]
    offered = entry(house, entries[1]).appointment_no or ""
    payment = perform(patient_actor(second[0]), payments.start, no=offered, channel="wechat")
    paid = PaymentNotice(payment_no=payment.no, state="captured", amount_fen=payment.cash_fen, transaction_id="T1")
    perform(SYSTEM, capturing.record_notice, notice=paid)
    assert entry(house, entries[1]).status == EntryStatus.TAKEN
    assert booking.one(patient_actor(second[0]), no=offered).status == Status.BOOKED
    assert house.broken() == []


def test_who_may_not_join_is_told_why(house: House) -> None:
    _, provider, holder, _ = sold_out(house)
    with pytest.raises(Refusal) as refused:
        join(holder, provider)
    assert code_of(refused) == "duplicate_booking"
    pair, incomplete = people(house.sessions, 2)
    nobody = a_patient(house.sessions, account_id=incomplete[0], complete=False)
    with pytest.raises(Refusal) as refused:
        join((incomplete[0], nobody), provider)
    assert code_of(refused) == "patient_incomplete"
    join(pair, provider)
    with pytest.raises(Refusal) as refused:
        join(pair, provider)
    assert code_of(refused) == "already_waiting"
    for _ in range(2):
        other = sold_out(house)
        join(pair, other[1])
    with pytest.raises(Refusal) as refused:
        join(pair, sold_out(house)[1])
    assert code_of(refused) == "waitlist_full"
    free = a_doctor(house.sessions)
    a_schedule(house.sessions, doctor_id=free, on=DAY)
    with pytest.raises(Refusal) as refused:
        join(incomplete, f"doctor:{free}")
    assert code_of(refused) == "not_sold_out"
    house.later(days=2, hours=14)
    with pytest.raises(Refusal) as refused:
        join(incomplete, provider)
    assert code_of(refused) == "waitlist_closed"


def test_the_line_is_cleared_the_evening_before(house: House) -> None:
    _, provider, _, _ = sold_out(house)
    entries = [join(pair, provider) for pair in people(house.sessions, 2)]
    house.later(days=2, hours=13, minutes=59)
    waitlist.sweep()
    assert entry(house, entries[0]).offer_until == house.now + timedelta(minutes=15)
    house.later(minutes=1)
    waitlist.sweep()
    assert [entry(house, each).status for each in entries] == [EntryStatus.OFFERED, EntryStatus.CLEARED]
    assert house.broken() == []


def test_a_closed_line_keeps_no_number_although_nobody_cleared_it(house: House) -> None:
    """The scheduler has died: comparisons go on."""
    schedule_id, provider, holder, no = sold_out(house)
    pair, stranger = people(house.sessions, 2)
    waiting = join(pair, provider)
    booking.cancel(patient_actor(holder[0]), no=no)
    house.later(days=2, hours=13, minutes=59)
    with pytest.raises(Refusal):
        hold(stranger, schedule_id)
    closing = house.now + timedelta(minutes=1)
    assert [number.from_at for number in house.do(gate_truth.clinics, schedule_ids=[schedule_id])[0].numbers] == [
        closing
    ]
    house.later(minutes=1)
    assert [number.from_at for number in house.do(gate_truth.clinics, schedule_ids=[schedule_id])[0].numbers] == [None]
    assert house.do(waitlist_offers.due, limit=10) == []
    assert not house.do(waitlist_offers.offer, provider=provider, on=DAY)
    assert waitlist.listing(patient_actor(pair[0])) == []
    assert [each.status for each in waitlist.with_ended(patient_actor(pair[0]))] == [EntryStatus.CLEARED]
    assert hold(stranger, schedule_id)
    assert entry(house, waiting).status == EntryStatus.WAITING
    assert house.broken() == []


def test_what_is_over_by_the_clock_takes_no_place_among_the_three(house: House) -> None:
    _, provider, holder, no = sold_out(house)
    pair = people(house.sessions, 1)[0]
    for each in (provider, sold_out(house)[1], sold_out(house)[1]):
        join(pair, each)
    booking.cancel(patient_actor(holder[0]), no=no)
    waitlist.sweep()
    another = sold_out(house)[1]
    with pytest.raises(Refusal) as refused:
        join(pair, another)
    assert code_of(refused) == "waitlist_full"
    house.later(minutes=30)
    seen = waitlist.with_ended(patient_actor(pair[0]))
    assert [each.status for each in seen if each.provider == provider] == [EntryStatus.LAPSED]


def displace(house: House, pair: Pair, no: str, *, provider: str, status: str = "refunded", days: int = 7) -> int:
    """As if 停诊 had taken a number of this provider from somebody."""
    with house.sessions.begin() as session:
        appointment = session.scalars(select(Appointment).where(col(Appointment.no) == no)).one()
        lost = Displacement(
            appointment_id=appointment.id or 0,
            account_id=pair[0],
            patient_id=pair[1],
            provider=provider,
            department_code="somewhere",
            status=status,
            created_at=house.now,
            decide_until=house.now + timedelta(days=1),
            priority_until=house.now + timedelta(days=days),
        )
        session.add(lost)
        session.flush()
        return lost.id or 0


def test_who_lost_a_number_to_a_suspension_goes_first_once(house: House) -> None:
    _, provider, holder, no = sold_out(house)
    first, displaced = people(house.sessions, 2)
    early = join(first, provider)
    lost = displace(house, displaced, no, provider=provider)
    late = join(displaced, provider)
    assert [each.ahead for each in waitlist.listing(patient_actor(first[0]))] == [1]
    booking.cancel(patient_actor(holder[0]), no=no)
    waitlist.sweep()
    assert [entry(house, each).status for each in (early, late)] == [EntryStatus.WAITING, EntryStatus.OFFERED]
    with house.sessions() as session:
        assert session.get_one(Displacement, lost).priority_used_at == house.now
    waitlist.leave(patient_actor(displaced[0]), entry_id=late)
    again = join(displaced, provider)
    assert entry(house, again).precedence == waitlist_priority.LATER
    assert house.broken() == []


def test_one_suspension_puts_somebody_first_in_one_line_only(house: House) -> None:
    _, provider, holder, no = sold_out(house)
    other_holder, displaced = people(house.sessions, 2)
    doctor = int(provider.partition(":")[2])
    other_day = a_schedule(house.sessions, doctor_id=doctor, on=OTHER_DAY, per_period=1, period_count=1)
    hold(other_holder, other_day, on=OTHER_DAY)
    lost = displace(house, displaced, no, provider=provider)
    entries = [join(displaced, provider), join(displaced, provider, on=OTHER_DAY)]
    assert [entry(house, each).precedence for each in entries] == [waitlist_priority.FIRST] * 2
    booking.cancel(patient_actor(holder[0]), no=no)
    waitlist.sweep()
    assert entry(house, entries[1]).precedence == waitlist_priority.LATER
    with house.sessions() as session:
        assert session.get_one(Displacement, lost).priority_used_at == house.now


def test_no_priority_for_who_was_moved_or_has_not_chosen_or_too_late(house: House) -> None:
    _, provider, _, no = sold_out(house)
    moved, choosing, late = people(house.sessions, 3)
    _, _, _, other_no = sold_out(house)
    _, _, _, third_no = sold_out(house)
    displace(house, moved, no, provider=provider, status="moved")
    displace(house, choosing, other_no, provider=provider, status="open")
    displace(house, late, third_no, provider=provider, days=0)
    assert {entry(house, join(each, provider)).precedence for each in (moved, choosing, late)} == {
        waitlist_priority.LATER
    }


def test_who_cannot_be_booked_for_does_not_hold_up_the_line(house: House) -> None:
    _, provider, holder, no = sold_out(house)
    frozen, second = people(house.sessions, 2)
    entries = [join(frozen, provider), join(second, provider)]
    with house.sessions.begin() as session:
        session.get_one(Account, frozen[0]).frozen_until = house.now + timedelta(days=1)
    booking.cancel(patient_actor(holder[0]), no=no)
    waitlist.sweep()
    assert [entry(house, each).status for each in entries] == [EntryStatus.CLEARED, EntryStatus.OFFERED]


def test_a_suspended_day_clears_its_line(house: House) -> None:
    schedule_id, provider, _, _ = sold_out(house)
    pair = people(house.sessions, 1)[0]
    waiting = join(pair, provider)
    with house.sessions.begin() as session:
        session.get_one(Schedule, schedule_id).suspended = True
    waitlist.sweep()
    assert entry(house, waiting).status == EntryStatus.CLEARED


def test_anothers_entry_is_not_there(house: House) -> None:
    _, provider, _, _ = sold_out(house)
    pair, stranger = people(house.sessions, 2)
    waiting = join(pair, provider)
    with pytest.raises(Refusal) as refused:
        waitlist.leave(patient_actor(stranger[0]), entry_id=waiting)
    assert code_of(refused) == "not_found"


def test_the_audit_sees_a_number_that_lies_free_while_somebody_waits(house: House) -> None:
    schedule_id, provider, holder, no = sold_out(house)
    pair = people(house.sessions, 1)[0]
    waiting = join(pair, provider)
    booking.cancel(patient_actor(holder[0]), no=no)
    house.later(minutes=20)
    assert any("is free while somebody waits" in line for line in house.broken())
    waitlist.sweep()
    assert house.broken() == []
    with house.sessions.begin() as session:
        session.get_one(WaitlistEntry, waiting).appointment_no = "GH0000000000"
        session.scalars(select(Slot).where(col(Slot.schedule_id) == schedule_id)).one()
    assert any("is offered a number" in line for line in house.broken())
