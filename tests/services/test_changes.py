"""停诊、调诊、加号: what approving does to everybody who has a number, and who may decide what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.calendar import periods
from hospital_app.domain.change import Wanted
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import booking, changes, waiting
from hospital_app.models.booking import Appointment, BookingCount, Schedule, Slot
from hospital_app.models.changing import Displacement
from hospital_app.models.identity import Message, Staff
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Refund
from hospital_app.services import capturing, payments
from tests.support.booked import KIOSK, a_booked_appointment
from tests.support.builders import DEPARTMENT, TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor

_keys = count(1)


@dataclass(frozen=True)
class Crew:
    """One doctor with a clinic of three numbers a half hour tomorrow morning, a colleague, and their admins."""

    house: House
    doctor: Actor
    admin: Actor
    other_admin: Actor
    hospital_admin: Actor
    doctor_id: int
    colleague_id: int
    schedule_id: int

    def ask(self, kind: str = "suspend", *, schedule_id: int | None = None, **wanted: Any) -> int:
        return changes.request(
            self.doctor,
            schedule_id=schedule_id or self.schedule_id,
            kind=kind,
            wanted=Wanted(**wanted),
            reason="外出会诊",
        )

    def suspend(self) -> None:
        changes.approve(self.hospital_admin, change_id=self.ask())


def a_member(house: House, role: Role, **more: Any) -> Actor:
    with house.sessions.begin() as session:
        row = Staff(
            staff_no=f"{role.value[:8]}-{more.get('doctor_id', '')}{more.get('department_code', '')}",
            name="某员工",
            role=role.value,
            password_hash="",
            created_at=house.now,
            **more,
        )
        session.add(row)
        session.flush()
        return Actor(role, staff_id=row.id, **more)


@pytest.fixture
def crew(house: House) -> Crew:
    doctor_id = a_doctor(house.sessions)
    colleague_id = a_doctor(house.sessions, name="曾小敏")
    return Crew(
        house,
        doctor=a_member(house, Role.DOCTOR, doctor_id=doctor_id, department_code=DEPARTMENT),
        admin=a_member(house, Role.DEPARTMENT_ADMIN, department_code=DEPARTMENT),
        other_admin=a_member(house, Role.DEPARTMENT_ADMIN, department_code="07"),
        hospital_admin=a_member(house, Role.HOSPITAL_ADMIN),
        doctor_id=doctor_id,
        colleague_id=colleague_id,
        schedule_id=a_schedule(house.sessions, doctor_id=doctor_id),
    )


def code_of(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refusal) as refused:
        call(*args, **more)
    return refused.value.code


def slots_of(house: House, schedule_id: int) -> list[str]:
    with house.sessions() as session:
        return list(
            session.scalars(select(col(Slot.status)).where(col(Slot.schedule_id) == schedule_id).order_by(Slot.seq))
        )


def told(house: House, no: str) -> list[str]:
    with house.sessions() as session:
        return list(session.scalars(select(col(Message.kind)).where(col(Message.appointment_no) == no)))


def refunds_of(house: House) -> list[int]:
    with house.sessions() as session:
        return list(session.scalars(select(col(Refund.amount_fen)).order_by(col(Refund.id))))


def held(house: House, pair: tuple[int, int], schedule_id: int, starts_at: datetime | None = None) -> str:
    request = HoldRequest(pair[0], pair[1], schedule_id, starts_at or first_period(), key=f"k{next(_keys)}")
    return booking.hold_one(patient_actor(pair[0]), request)


def test_suspending_leaves_nobody_behind_and_tells_everybody(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id, seq=1)
    pair = people(house.sessions, 1)[0]
    paying = held(house, pair, crew.schedule_id)
    bill = house.do(payments.start, actor=patient_actor(pair[0]), no=paying, channel="wechat")
    crew.suspend()
    assert set(slots_of(house, crew.schedule_id)[1:]) == {SlotStatus.BLOCKED}
    seen = booking.one(patient_actor(pair[0]), no=paying)
    assert (seen.status, seen.cancel_reason) == (Status.CANCELLED, "suspended")
    assert told(house, paying) == ["suspended-unpaid"] and told(house, booked.no) == ["displaced"]
    with house.sessions() as session:
        kinds = list(session.scalars(select(col(OutboxRow.kind))))
        assert kinds.count("sms.notice") == 1 and "payment.close" in kinds
        assert {row.bookings for row in session.scalars(select(BookingCount))} == {0}, "not the patient's booking"
    # money that was on its way goes back in full
    house.do(capturing.record_notice, notice=PaymentNotice(bill.no, "captured", bill.cash_fen, transaction_id="late"))
    assert refunds_of(house) == [bill.cash_fen]
    assert house.broken() == []


def test_one_tap_moves_to_an_equal_doctor_at_the_price_paid(crew: Crew) -> None:
    house = crew.house
    dearer = a_schedule(house.sessions, doctor_id=crew.colleague_id, fee_fen=9900, per_period=1)
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    crew.suspend()
    owner = patient_actor(booked.account_id)
    offer = changes.displacement(owner, no=booked.no).offers[0]
    assert (offer.schedule_id, offer.doctor_name, offer.starts_at) == (dearer, "曾小敏", first_period())
    moved = changes.move(owner, no=booked.no, schedule_id=offer.schedule_id, starts_at=offer.starts_at)
    assert (moved.no, moved.status, moved.doctor_id) == (booked.no, Status.BOOKED, crew.colleague_id)
    assert (moved.fee_fen, moved.changes_left, moved.displaced) == (booked.fee_fen, 2, "moved")
    assert moved.code != booked.code, "the slip is another one"
    assert told(house, booked.no) == ["displaced", "moved"] and refunds_of(house) == []
    assert set(slots_of(house, crew.schedule_id)) == {SlotStatus.BLOCKED}
    assert code_of(changes.move, owner, no=booked.no, schedule_id=dearer, starts_at=offer.starts_at) == "wrong_status"
    assert house.broken() == []


def test_nobody_is_moved_to_a_lesser_clinic_or_another_department(crew: Crew) -> None:
    house = crew.house
    lesser = a_schedule(house.sessions, doctor_id=crew.colleague_id)
    with house.sessions.begin() as session:
        session.get_one(Schedule, lesser).service_type = "ordinary"
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    crew.suspend()
    owner = patient_actor(booked.account_id)
    assert changes.displacement(owner, no=booked.no).offers == ()
    wish = {"no": booked.no, "schedule_id": lesser, "starts_at": first_period()}
    assert code_of(changes.move, owner, **wish) == "not_equal"
    stranger = patient_actor(people(house.sessions, 1)[0][0])
    assert code_of(changes.move, stranger, **wish) == "not_found"
    assert code_of(changes.refund, stranger, no=booked.no) == "not_found"


def test_the_whole_money_goes_back_whatever_the_tiers_say_also_to_a_frozen_account(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    crew.suspend()
    house.at(first_period() - timedelta(hours=6))
    frozen = Actor(Role.PATIENT, account_id=booked.account_id, frozen=True)
    offered = a_schedule(house.sessions, doctor_id=crew.colleague_id)
    assert code_of(changes.move, frozen, no=booked.no, schedule_id=offered, starts_at=first_period()) == (
        "account_frozen"
    )
    assert booking.quote(frozen, no=booked.no).refund_fen == booked.fee_fen
    done = booking.cancel(frozen, no=booked.no)
    assert (done.refund_fen, done.fee_fen) == (booked.fee_fen, 0)
    assert changes.refund(frozen, no=booked.no).displaced == "refunded", "asking again changes nothing"
    assert refunds_of(house) == [booked.fee_fen]
    assert house.broken() == []


def test_who_does_not_choose_is_refunded_by_itself_and_reads_so_before_the_worker_comes(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    crew.suspend()
    owner = patient_actor(booked.account_id)
    until = changes.displacement(owner, no=booked.no).decide_until
    assert until == first_period() - timedelta(hours=2)
    assert changes.sweep() == 0
    house.at(until)
    assert booking.one(owner, no=booked.no).status == Status.CANCELLED
    wish = {"no": booked.no, "schedule_id": crew.schedule_id, "starts_at": first_period()}
    assert code_of(changes.move, owner, **wish) == "too_late_to_choose"
    assert changes.sweep() == 1 and changes.sweep() == 0
    assert refunds_of(house) == [booked.fee_fen]
    assert changes.displacement(owner, no=booked.no).has_priority
    assert house.broken() == []


def test_a_displaced_number_is_neither_rescheduled_nor_checked_in_nor_missed(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    crew.suspend()
    owner = patient_actor(booked.account_id)
    later = periods(TOMORROW, ClinicSession.MORNING)[3][0]
    assert code_of(booking.reschedule, owner, no=booked.no, schedule_id=crew.schedule_id, starts_at=later) == (
        "displaced"
    )
    assert set(booking.one(owner, no=booked.no).actions) == {"cancel"}
    house.at(first_period())
    assert code_of(waiting.check_in, KIOSK, code=booked.code) == "displaced"
    house.later(hours=6)
    waiting.close_ended()
    changes.sweep()
    assert booking.one(owner, no=booked.no).status == Status.CANCELLED
    assert house.broken() == []


def test_who_has_checked_in_is_refunded_at_once_and_who_is_being_seen_stops_it(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    house.at(first_period() - timedelta(minutes=30))
    waiting.check_in(KIOSK, code=booked.code)
    crew.suspend()
    assert told(house, booked.no) == ["suspended-today"] and refunds_of(house) == [booked.fee_fen]
    assert house.broken() == []


def test_a_department_decides_its_own_requests_and_short_notice_goes_higher(crew: Crew) -> None:
    house = crew.house
    request = crew.ask()
    assert code_of(changes.approve, crew.other_admin, change_id=request) == "forbidden"
    assert code_of(changes.reject, crew.doctor, change_id=request, answer="不行") == "forbidden"
    assert changes.inbox(crew.other_admin) == [] and changes.open_count(crew.admin) == 1
    [seen] = changes.inbox(crew.admin)
    assert seen.short_notice and "approve" not in seen.actions
    assert code_of(changes.approve, crew.admin, change_id=request) == "needs_hospital_admin"
    assert code_of(changes.reject, crew.admin, change_id=request, answer=" ") == "reason_missing"
    assert changes.reject(crew.admin, change_id=request, answer="当天无人替诊").status == "rejected"
    assert code_of(changes.approve, crew.hospital_admin, change_id=request) == "wrong_status"
    in_time = a_schedule(house.sessions, doctor_id=crew.doctor_id, on=TOMORROW + timedelta(days=3))
    again = crew.ask(schedule_id=in_time)
    assert code_of(crew.ask, schedule_id=in_time) == "already_requested"
    assert changes.approve(crew.admin, change_id=again).status == "approved"
    withdrawn = crew.ask()
    changes.withdraw(crew.doctor, change_id=withdrawn)
    assert [view.status for view in changes.own(crew.doctor)] == ["withdrawn", "approved", "rejected"]


def test_a_doctor_asks_for_the_own_clinics_only(crew: Crew) -> None:
    other = a_schedule(crew.house.sessions, doctor_id=crew.colleague_id)
    assert code_of(crew.ask, schedule_id=other) == "not_found"
    patient = patient_actor(people(crew.house.sessions, 1)[0][0])
    wish = {"schedule_id": crew.schedule_id, "kind": "suspend", "wanted": Wanted(), "reason": "外出"}
    assert code_of(changes.request, patient, **wish) == "forbidden"
    assert code_of(changes.request, crew.doctor, **wish | {"kind": "close"}) == "malformed"


def test_the_effect_is_shown_before_deciding(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    held(house, people(house.sessions, 1)[0], crew.schedule_id)
    a_schedule(house.sessions, doctor_id=crew.colleague_id, per_period=1)
    seen, effect = changes.effect(crew.admin, change_id=crew.ask())
    assert (len(effect.patients), effect.paying, effect.refund_fen) == (2, 1, booked.fee_fen)
    assert effect.patients[0].name == "王*芳"
    assert [(equal.doctor_name, equal.left) for equal in effect.equals] == [("曾小敏", 8)]
    assert code_of(changes.effect, crew.other_admin, change_id=seen.id) == "forbidden"


def test_another_room_and_another_time_reach_everybody_who_may_leave_without_a_fee(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    begin = first_period() + timedelta(minutes=30)
    changes.approve(crew.admin, change_id=crew.ask("adjust", room="9诊室", starts_at=begin))
    owner = patient_actor(booked.account_id)
    seen = booking.one(owner, no=booked.no)
    assert (seen.room, seen.starts_at) == ("9诊室", begin)
    assert told(house, booked.no) == ["adjusted-time", "adjusted-room"]
    house.at(begin - timedelta(hours=1))
    assert booking.quote(owner, no=booked.no).fee_fen == 0
    late = held(house, people(house.sessions, 1)[0], crew.schedule_id, begin)
    assert late, "the free numbers moved as well"
    assert house.broken() == []


def test_a_substitute_takes_over_unless_somebody_has_both(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    afternoon = a_schedule(house.sessions, doctor_id=crew.colleague_id, session=ClinicSession.AFTERNOON)
    both = (booked.account_id, booked.patient_id)
    no = held(house, both, afternoon, periods(TOMORROW, ClinicSession.AFTERNOON)[0][0])
    assert code_of(crew.ask, "adjust", substitute_id=crew.colleague_id) == "patients_collide"
    booking.cancel(patient_actor(booked.account_id), no=no)
    changes.approve(crew.admin, change_id=crew.ask("adjust", substitute_id=crew.colleague_id))
    seen = booking.one(patient_actor(booked.account_id), no=booked.no)
    assert (seen.doctor_name, seen.fee_fen) == ("曾小敏", booked.fee_fen)
    assert code_of(held, house, both, afternoon, periods(TOMORROW, ClinicSession.AFTERNOON)[0][0]) == (
        "duplicate_booking"
    )
    assert house.broken() == []


def test_an_overbooked_number_is_one_persons_and_capped(crew: Crew) -> None:
    house = crew.house
    with house.sessions.begin() as session:
        session.get_one(Schedule, crew.schedule_id).capacity = 5  # one extra at most
        for slot in session.scalars(select(Slot).where(col(Slot.schedule_id) == crew.schedule_id, col(Slot.seq) > 5)):
            session.delete(slot)
    pair, other = people(house.sessions, 2)
    changes.approve(crew.admin, change_id=crew.ask("overbook", patient_id=pair[1], starts_at=first_period()))
    [mine] = booking.listing(patient_actor(pair[0]))
    assert (mine.status, mine.seq, mine.starts_at) == (Status.PENDING, 6, first_period())
    assert told(house, mine.no) == ["overbooked"]
    assert code_of(crew.ask, "overbook", patient_id=other[1], starts_at=first_period()) == "overbook_cap"
    booking.cancel(patient_actor(pair[0]), no=mine.no)
    with house.sessions() as session:
        extra = session.scalars(select(Slot).where(col(Slot.overbooked))).one()
        assert extra.status == SlotStatus.BLOCKED, "given back, it is nobody else's"
    assert house.broken() == []


def test_more_and_fewer_numbers_never_touch_what_somebody_has(crew: Crew) -> None:
    house = crew.house
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id, seq=3)
    changes.approve(crew.admin, change_id=crew.ask("quota", per_period=1))
    assert slots_of(house, crew.schedule_id)[:3] == [SlotStatus.BLOCKED, SlotStatus.BLOCKED, SlotStatus.BUSY]
    assert house.broken() == []
    changes.approve(crew.admin, change_id=crew.ask("quota", per_period=4))
    statuses = slots_of(house, crew.schedule_id)
    assert len(statuses) == 32 and SlotStatus.BLOCKED not in statuses
    assert booking.one(patient_actor(booked.account_id), no=booked.no).seq == 3
    assert code_of(crew.ask, "quota", per_period=7) == "quota_bounds"
    day = TOMORROW + timedelta(days=5)
    changes.approve(crew.admin, change_id=crew.ask("quota", per_period=2, on=day))
    assert code_of(crew.ask, "quota", per_period=2, on=day) == "clinic_exists"
    with house.sessions() as session:
        extra = session.scalars(select(Schedule).where(col(Schedule.on) == day)).one()
        assert (extra.capacity, extra.doctor_id) == (16, crew.doctor_id)
    assert house.broken() == []


def test_a_second_suspension_asks_again(crew: Crew) -> None:
    house = crew.house
    refuge = a_schedule(house.sessions, doctor_id=crew.colleague_id, on=TOMORROW + timedelta(days=1))
    booked = a_booked_appointment(house.sessions, schedule_id=crew.schedule_id)
    crew.suspend()
    owner = patient_actor(booked.account_id)
    changes.move(owner, no=booked.no, schedule_id=refuge, starts_at=first_period(TOMORROW + timedelta(days=1)))
    asked = changes.request(crew.admin, schedule_id=refuge, kind="suspend", wanted=Wanted(), reason="医生生病")
    changes.approve(crew.hospital_admin, change_id=asked)
    assert booking.one(owner, no=booked.no).displaced == "open"
    with house.sessions() as session:
        assert len(session.scalars(select(Displacement)).all()) == 1
        assert session.scalars(select(col(Appointment.status))).one() == Status.BOOKED
    assert house.broken() == []
