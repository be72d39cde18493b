"""转诊: a number kept for referrals, held for whom a doctor sends; nobody else gets it, and it comes back unused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, referrals
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.identity import Message
from hospital_app.models.operation import AuditEntry, OutboxRow
from hospital_app.services import cash
from tests.support.booked import CLERK, department_admin, doctor_actor, employed
from tests.support.builders import people
from tests.support.hospital import Hospital, a_referring_hospital
from tests.support.house import House, patient_actor

FRIDAY = date(2026, 11, 27)


@pytest.fixture
def hospital(house: House) -> Hospital:
    return a_referring_hospital(house)


@pytest.fixture
def sender(hospital: Hospital) -> Actor:
    return doctor_actor(hospital.shan, department="03.01")


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **more)
    return refusal.value.code


def wish(sender: Actor, *, department: str = "03.04", at: int = 0) -> dict[str, Any]:
    found = [each for each in referrals.periods(sender, department_code=department) if each.on > FRIDAY]
    return {"schedule_id": found[at].schedule_id, "starts_at": found[at].starts_at}


def slot_of(house: House, no: str) -> Slot:
    with house.sessions() as session:
        row = session.scalars(select(Appointment).where(col(Appointment.no) == no)).one()
        return session.get_one(Slot, row.slot_id)


def test_a_doctor_refers_and_the_patient_pays(house: House, hospital: Hospital, sender: Actor) -> None:
    account_id, patient_id = people(house.sessions, 1)[0]
    wanted = wish(sender)
    done = referrals.refer(sender, patient_id=patient_id, **wanted)
    slot = slot_of(house, done.no)
    assert (slot.channel, slot.status, slot.held_until) == ("referral", "busy-tentative", done.held_until)
    assert done.held_until == house.now + timedelta(hours=24)
    seen = booking.one(patient_actor(account_id), no=done.no)
    assert (seen.status, seen.no) == ("pending", done.no)
    with house.sessions() as session:
        row = session.scalars(select(Appointment).where(col(Appointment.no) == done.no)).one()
        told = session.scalars(select(Message).where(col(Message.account_id) == account_id)).one()
        trail = session.scalars(select(AuditEntry).where(col(AuditEntry.action) == "refer")).one()
        texts = session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "sms.notice")).one()
    assert (row.channel, row.department_code, told.kind, told.appointment_no) == (
        "referral",
        "03.04",
        "referred",
        done.no,
    )
    assert trail.actor == sender.subject and "李强" not in trail.detail
    assert '"template":"referred"' in texts.payload and "138" not in texts.payload
    employed(house.sessions, CLERK)
    house.do(cash.collect, actor=CLERK, no=done.no)
    assert booking.one(patient_actor(account_id), no=done.no).status == "booked"
    assert refused(referrals.refer, sender, patient_id=patient_id, **wanted) == "duplicate_booking"
    assert house.broken() == []


def test_a_doctor_sees_whom_they_sent_and_what_became_of_it(house: House, hospital: Hospital, sender: Actor) -> None:
    employed(house.sessions, CLERK)
    persons = [person for _, person in people(house.sessions, 3)]
    paid, unpaid, waiting = (
        referrals.refer(sender, patient_id=person, **wish(sender, at=at)).no for at, person in enumerate(persons)
    )
    house.do(cash.collect, actor=CLERK, no=paid)
    seen = {each.no: each for each in referrals.sent(sender)}
    assert list(seen) == [waiting, unpaid, paid], "the newest first"
    first = seen[paid]
    assert (first.status, first.taken, first.department_name) == ("booked", True, "心血管内科")
    assert "*" in first.patient_name and first.held_until is None
    assert (seen[unpaid].status, seen[unpaid].taken) == ("pending", False)
    assert seen[unpaid].held_until == house.now + timedelta(hours=24)
    house.later(hours=25)
    seen = {each.no: each for each in referrals.sent(sender)}
    assert (seen[unpaid].status, seen[unpaid].cancel_reason) == ("cancelled", "expired"), "before any sweep"
    house.work_off()
    booking.sweep()
    seen = {each.no: each for each in referrals.sent(sender)}
    assert {no: (each.status, each.taken) for no, each in seen.items()} == {
        paid: ("booked", True),
        unpaid: ("cancelled", False),
        waiting: ("cancelled", False),
    }
    house.later(days=90)
    assert referrals.sent(sender) == []


def test_nobody_sees_another_doctors_referrals(house: House, hospital: Hospital, sender: Actor) -> None:
    account_id, patient_id = people(house.sessions, 1)[0]
    referrals.refer(sender, patient_id=patient_id, **wish(sender))
    assert referrals.sent(doctor_actor(hospital.zeng, department="03.01")) == []
    for actor in (CLERK, department_admin(), patient_actor(account_id)):
        assert refused(referrals.sent, actor) == "forbidden"


def test_what_was_not_paid_is_kept_for_referrals_again(house: House, hospital: Hospital, sender: Actor) -> None:
    _, patient_id = people(house.sessions, 1)[0]
    wanted = wish(sender)
    done = referrals.refer(sender, patient_id=patient_id, **wanted)
    left = {(p.schedule_id, p.starts_at): p.left for p in referrals.periods(sender, department_code="03.04")}
    house.later(hours=25)
    house.work_off()
    booking.sweep()
    slot = slot_of(house, done.no)
    assert (slot.channel, slot.status) == ("referral", "free")
    again = {(p.schedule_id, p.starts_at): p.left for p in referrals.periods(sender, department_code="03.04")}
    key = wanted["schedule_id"], wanted["starts_at"]
    assert again[key] == left.get(key, 0) + 1
    assert house.broken() == []


def test_patients_cannot_take_them_and_doctors_only_others(house: House, hospital: Hospital, sender: Actor) -> None:
    (account_id, patient_id), *others = people(house.sessions, 30)
    wanted = wish(sender)
    with house.sessions() as session:
        of_period = list(
            session.scalars(
                select(col(Slot.channel)).where(
                    col(Slot.schedule_id) == wanted["schedule_id"], col(Slot.starts_at) == wanted["starts_at"]
                )
            )
        )
    open_to_all, kept = of_period.count("online"), of_period.count("referral")
    house.at(datetime(2026, 11, 27, 1, 0, tzinfo=UTC))
    for number, (account, person) in enumerate(others[: open_to_all + 1]):
        asked = {"patient_id": person, **wanted, "key": f"k{number}"}
        if number < open_to_all:
            booking.hold(patient_actor(account), **asked)
        else:
            assert refused(booking.hold, patient_actor(account), **asked) == "slot_taken"
    for _, person in others[open_to_all + 1 : open_to_all + 1 + kept]:
        referrals.refer(sender, patient_id=person, **wanted)
    assert refused(referrals.refer, sender, patient_id=patient_id, **wanted) == "slot_taken"
    own = wish(doctor_actor(hospital.zeng, department="03.01"), department="03.01")
    mine = referrals.periods(sender, department_code="03.01")
    assert {each.doctor_name for each in mine} == {"曾小敏"}
    with house.sessions() as session:
        provider = session.get_one(Schedule, own["schedule_id"]).provider
    assert provider == f"doctor:{hospital.shan}"
    assert refused(referrals.refer, sender, patient_id=patient_id, **own) == "own_clinic"
    for actor in (CLERK, department_admin(), patient_actor(account_id)):
        assert refused(referrals.refer, actor, patient_id=patient_id, **wanted) == "forbidden"
        assert refused(referrals.periods, actor, department_code="03.04") == "forbidden"
    assert refused(referrals.refer, sender, patient_id=10**9, **wanted) == "not_found"
    assert house.broken() == []
