"""Holds that arrive together: each granted or refused on its own, whoever stands beside it in the batch."""

from dataclasses import replace
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import booking, holds
from hospital_app.flows.unit import perform
from hospital_app.models.booking import Appointment, BookingCount, Slot
from hospital_app.models.operation import AuditEntry, IdempotencyKey, OutboxRow
from hospital_app.services import expiring, releasing
from hospital_app.services.holding import hold_many
from tests.support.builders import a_doctor, a_patient, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import granted, race
from tests.support.statements import statements

pytestmark = pytest.mark.timeout(120)


def wish(pair: tuple[int, int], schedule_id: int, starts_at: datetime, key: str = "k") -> HoldRequest:
    return HoldRequest(*pair, schedule_id, starts_at, key=key, actor=patient_actor(pair[0]))


def said(answers: list[Held | Refusal]) -> list[str]:
    return [answer.code if isinstance(answer, Refusal) else "held" for answer in answers]


def test_a_mixed_batch_is_answered_one_by_one(house: House) -> None:
    """Good ones, one person twice, one account too often, more wishes than numbers, a key again, nobody's person."""
    doctors = [a_doctor(house.sessions) for _ in range(5)]
    clinics = [a_schedule(house.sessions, doctor_id=doctor, per_period=4) for doctor in doctors]
    small = a_schedule(house.sessions, per_period=2, period_count=1)
    many = people(house.sessions, 8)
    twice, often, stranger = many[0], many[1], many[2]
    family = [(often[0], a_patient(house.sessions, account_id=often[0], name=f"家人{i}")) for i in range(4)]
    incomplete = a_patient(house.sessions, account_id=stranger[0], complete=False)
    start = first_period()
    batch = [
        wish(twice, clinics[0], start, "first"),
        wish(twice, clinics[0], start, "second"),
        wish(twice, clinics[0], start, "first"),
        wish(twice, clinics[1], start, "first"),
        *(wish(member, clinics[i], start, f"family-{i}") for i, member in enumerate(family)),
        *(wish(pair, small, start) for pair in many[3:6]),
        wish((stranger[0], twice[1]), clinics[2], start, "stranger"),
        wish((stranger[0], incomplete), clinics[2], start, "incomplete"),
        wish(stranger, 987654, start, "nowhere"),
        wish(stranger, clinics[2], start.replace(minute=7), "no such time"),
        wish(stranger, clinics[2], start, "good"),
    ]
    answers = house.do(hold_many, requests=batch)
    assert said(answers) == [
        "held", "duplicate_booking", "held", "key_reused",
        "held", "held", "held", "limit_reached",
        "held", "held", "slot_taken",
        "not_found", "patient_incomplete", "not_found", "not_found", "held",
    ]  # fmt: skip
    first, again = answers[0], answers[2]
    assert isinstance(first, Held) and isinstance(again, Held) and first.no == again.no
    assert house.broken() == []
    with house.sessions() as session:
        held = session.scalars(select(Appointment)).all()
        actors = session.execute(select(col(AuditEntry.subject), col(AuditEntry.actor))).all()
        counts = {row.subject: row.bookings for row in session.scalars(select(BookingCount))}
    assert len(held) == 7
    assert {(f"appointment:{row.no}", f"account:{row.account_id}") for row in held} <= {tuple(row) for row in actors}
    assert (counts[f"a{often[0]}"], counts[f"p{family[3][1]}"], counts[f"a{many[5][0]}"]) == (3, 0, 0)


def test_a_hold_in_a_batch_writes_what_a_hold_alone_writes(house: House) -> None:
    schedule_id = a_schedule(house.sessions, per_period=4)
    house.do(hold_many, requests=[wish(pair, schedule_id, first_period()) for pair in people(house.sessions, 3)])
    with house.sessions() as session:
        owed = sorted(session.scalars(select(col(OutboxRow.kind))))
        kept = session.scalar(select(func.count(col(IdempotencyKey.id))))
        slots = session.scalars(select(Slot).where(col(Slot.status) == SlotStatus.HELD).order_by(col(Slot.seq))).all()
    assert owed == ["his.sync"] * 3 + ["hold.expire"]
    assert kept == 3
    assert [slot.seq for slot in slots] == [1, 2, 3], "the lowest first"
    assert {slot.version for slot in slots} == {2}


def set_aside(house: House, request: HoldRequest) -> HoldRequest:
    """As the gate lets a wish pass whose key it does not know."""
    with house.sessions() as session:
        free = select(col(Slot.id)).where(col(Slot.schedule_id) == request.schedule_id, col(Slot.status) == "free")
        return replace(request, set_aside=session.scalars(free.order_by(col(Slot.seq))).first())


def test_a_key_that_only_the_database_knows_is_answered_as_before_and_hurts_nobody(mariadb_house: House) -> None:
    """The gate was flushed, or the key is of another clinic: its unique index is what tells."""
    house = mariadb_house
    here, there = (a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=9) for _ in range(2))
    one, other, *rest = people(house.sessions, 6)
    first = house.do(hold_many, requests=[wish(one, here, first_period()), wish(other, here, first_period())])
    assert said(first) == ["held", "held"]
    for answer in first:
        assert isinstance(answer, Held)
        house.do(
            releasing.lapse_all, appointment_ids=[_id_of(house, answer.no)], reason=CancelReason.PATIENT, deadline=None
        )
    batch = [
        wish(one, here, first_period()),
        wish(other, there, first_period()),
        *(wish(pair, here, first_period()) for pair in rest),
    ]
    answers = holds.settle([set_aside(house, request) for request in batch])
    assert isinstance(answers[0], Held) and isinstance(first[0], Held) and answers[0].no == first[0].no
    assert isinstance(answers[1], Refusal) and answers[1].code == "key_reused"
    assert all(isinstance(answer, Held) for answer in answers[2:])
    assert house.broken() == []


def _id_of(house: House, no: str) -> int | None:
    with house.sessions() as session:
        return session.scalars(select(col(Appointment.id)).where(col(Appointment.no) == no)).one()


def test_of_a_new_wish_neither_the_key_nor_the_counters_are_asked_for(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=9)
    pairs = people(house.sessions, 6)
    wishes = [set_aside(house, wish(pair, schedule_id, first_period())) for pair in pairs]
    with statements(house.engine) as asked:
        assert said(house.do(hold_many, requests=wishes)) == ["held"] * 6
    assert not [
        each for each in asked if each.startswith("SELECT") and ("idempotency_key" in each or "booking_count" in each)
    ]
    again = [set_aside(house, wish(pair, schedule_id, first_period(), "again")) for pair in pairs]
    with statements(house.engine) as asked:
        assert said(house.do(hold_many, requests=again)) == ["duplicate_booking"] * 6
    assert [each for each in asked if "idempotency_key" in each], "a refusal is told after a look for the key"


def batches_at_once(requests: list[list[HoldRequest]]) -> list[Held | Exception]:
    return [answer for answers in race(requests, holds.settle) for answer in granted([answers])[0]]


def test_two_committers_on_the_same_periods_sell_each_number_once(mariadb_house: House) -> None:
    house = mariadb_house
    schedules = [a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=5) for _ in range(2)]
    with house.sessions() as session:
        starts = sorted(set(session.scalars(select(col(Slot.starts_at)).where(col(Slot.schedule_id) == schedules[0]))))
    places = [(schedule_id, start) for schedule_id in schedules for start in starts[:4]]
    pairs = people(house.sessions, 120)
    wishes = [wish(pair, *places[i % len(places)]) for i, pair in enumerate(pairs)]
    answers = batches_at_once([wishes[i::4] for i in range(4)])
    assert sum(isinstance(answer, Held) for answer in answers) == 5 * len(places)
    refused = [answer for answer in answers if not isinstance(answer, Held)]
    assert {answer.code for answer in refused if isinstance(answer, Refusal)} == {"slot_taken"}
    assert all(isinstance(answer, Refusal) for answer in refused)
    assert house.broken() == []


def test_without_locks_and_conditions_the_same_batches_oversell(mariadb_house: House) -> None:
    """Negative control: a batch that reads what is free, and then writes it."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20, period_count=1)
    everybody_has_read = Barrier(4)

    def naive(_: int) -> list[int]:
        with house.sessions.begin() as session:
            free = select(col(Slot.id)).where(col(Slot.schedule_id) == schedule_id, col(Slot.status) == "free")
            ids = [found for found in session.scalars(free.limit(15)) if found is not None]
            everybody_has_read.wait(30)
            session.execute(update(Slot).where(col(Slot.id).in_(ids)).values(status=SlotStatus.BUSY))
            return ids

    sold = [slot_id for ids in granted(race(range(4), naive)) for slot_id in ids]
    assert len(sold) > len(set(sold))


def test_one_person_in_four_batches_at_once_gets_one(mariadb_house: House) -> None:
    """Only the unique index sees it: the batches are done again, and nobody beside it suffers."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20, period_count=2)
    pairs = people(house.sessions, 25)
    batches = [
        [
            wish(pairs[0], schedule_id, first_period(), f"k{turn}"),
            *(wish(pair, schedule_id, first_period()) for pair in some),
        ]
        for turn, some in enumerate([pairs[1:5], pairs[5:9], pairs[9:13], pairs[13:17]])
    ]
    answers = race(batches, holds.settle)
    firsts = [found[0] for found in granted(answers)]
    assert sum(isinstance(first, Held) for first in firsts) == 1
    assert {first.code for first in firsts if isinstance(first, Refusal)} == {"duplicate_booking"}
    assert all(isinstance(answer, Held) for found in granted(answers) for answer in found[1:])
    assert house.broken() == []


def test_what_is_wrong_with_one_wish_fails_no_other(mariadb_house: House) -> None:
    """Its key is longer than the table allows: the database refuses the whole statement."""
    schedule_id = a_schedule(mariadb_house.sessions, per_period=20)
    pairs = people(mariadb_house.sessions, 4)
    batch = [wish(pair, schedule_id, first_period(), "x" * 200 if i == 2 else "k") for i, pair in enumerate(pairs)]
    answers = holds.settle(batch)
    assert [isinstance(answer, Held) for answer in answers] == [True, True, False, True]
    assert not isinstance(answers[2], Refusal)
    assert mariadb_house.broken() == []


def five_hundred(house: House) -> int:
    """Holds that end at the same second."""
    pairs = people(house.sessions, 500)
    schedules = [a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=63) for _ in range(1)]
    with house.sessions() as session:
        starts = sorted(set(session.scalars(select(col(Slot.starts_at)).where(col(Slot.schedule_id) == schedules[0]))))
    wishes = [wish(pair, schedules[0], starts[i % len(starts)]) for i, pair in enumerate(pairs)]
    for begin in range(0, len(wishes), 100):
        assert all(isinstance(answer, Held) for answer in house.do(hold_many, requests=wishes[begin : begin + 100]))
    house.later(minutes=15)
    return len(pairs)


def test_two_sweepers_and_a_relay_release_each_of_five_hundred_holds_once(mariadb_house: House) -> None:
    house = mariadb_house
    count = five_hundred(house)

    def relay() -> int:
        total = 0
        while done := perform(SYSTEM, expiring.work_off, limit=100):
            total += done
        return total

    race([booking.sweep, relay, booking.sweep], lambda duty: duty())
    with house.sessions() as session:
        ended = session.scalars(select(Appointment)).all()
        told = session.execute(
            select(col(AuditEntry.subject), func.count())
            .where(col(AuditEntry.action) == CancelReason.EXPIRED)
            .group_by(col(AuditEntry.subject))
        ).all()
        held = session.scalar(select(func.count()).where(col(Slot.status) != SlotStatus.FREE))
        counts = session.scalars(select(BookingCount)).all()
        owed = session.scalar(
            select(func.count()).where(col(OutboxRow.kind) == expiring.KIND, col(OutboxRow.done_at).is_(None))
        )
    assert {(row.status, row.cancel_reason, row.version) for row in ended} == {("cancelled", "expired", 2)}
    assert (len(told), {times for _, times in told}) == (count, {1})
    assert held == 0
    assert {(row.bookings, row.lapses) for row in counts} == {(0, 1)}
    assert owed == 0
    assert house.broken() == []


def test_without_the_condition_two_sweepers_release_the_same_holds(mariadb_house: House) -> None:
    """Negative control: read what is overdue, then end it, whatever it is by then."""
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=20)
    house.do(hold_many, requests=[wish(pair, schedule_id, first_period()) for pair in people(house.sessions, 10)])
    house.later(minutes=15)
    everybody_has_read = Barrier(2)

    def naive(_: int) -> int:
        with house.sessions.begin() as session:
            due = select(col(Appointment.id)).where(col(Appointment.status) == Status.PENDING)
            ids = list(session.scalars(due))
            everybody_has_read.wait(30)
            session.execute(update(Appointment).where(col(Appointment.id).in_(ids)).values(status=Status.CANCELLED))
            return len(ids)

    assert sum(granted(race(range(2), naive))) == 20


def test_a_job_that_comes_late_or_twice_changes_nothing(house: House) -> None:
    schedule_id = a_schedule(house.sessions)
    answer = house.do(hold_many, requests=[wish(people(house.sessions, 1)[0], schedule_id, first_period())])[0]
    assert isinstance(answer, Held)
    assert not house.do(releasing.expire, no=answer.no), "not due yet"
    house.later(minutes=15)
    assert house.do(releasing.expire, no=answer.no)
    assert not house.do(releasing.expire, no=answer.no)
    assert house.do(expiring.work_off, limit=10) == 1
    assert house.do(expiring.work_off, limit=10) == 0


def test_the_ends_of_a_batch_are_owed_as_one_row_and_worked_off_as_far_as_asked(house: House) -> None:
    schedule_id = a_schedule(house.sessions, per_period=9)
    pairs = people(house.sessions, 6)
    for some in (pairs[:4], pairs[4:]):
        house.do(hold_many, requests=[wish(pair, schedule_id, first_period()) for pair in some])
    house.later(minutes=15)
    assert house.do(expiring.work_off, limit=3) == 4, "a row is worked off whole"
    with house.sessions() as session:
        assert session.scalar(select(func.count()).where(col(Appointment.status) == Status.PENDING)) == 2
    assert house.do(expiring.work_off, limit=3) == 2
    assert house.do(expiring.work_off, limit=3) == 0
