"""The doctor's desk: who comes next, what a missed call costs, and whose desk it is."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor
from hospital_app.flows import waiting
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.models.operation import OutboxRow
from hospital_app.services.desk import Desk
from tests.support.booked import CLERK, HOSPITAL_ADMIN, KIOSK, a_booked_appointment, doctor_actor
from tests.support.builders import a_doctor, a_schedule, first_period
from tests.support.house import House, patient_actor


class Clinic:
    """One doctor's morning with so many patients, the first of them checked in."""

    def __init__(self, house: House, *, arrived: int, absent: int = 0) -> None:
        self.house = house
        self.doctor_id = a_doctor(house.sessions)
        self.doctor = doctor_actor(self.doctor_id)
        self.schedule_id = a_schedule(house.sessions, doctor_id=self.doctor_id)
        house.at(first_period())
        self.booked = [
            a_booked_appointment(house.sessions, schedule_id=self.schedule_id, seq=n)
            for n in range(1, arrived + absent + 1)
        ]
        for appointment in self.booked[:arrived]:
            waiting.check_in(CLERK, code=appointment.code)

    def desk(self) -> Desk:
        return waiting.desk(self.doctor)

    def next(self) -> Desk:
        current = self.desk().current
        return waiting.next_patient(self.doctor, after=current.ticket_id if current else None)

    def labels(self) -> list[str]:
        return [row.label for row in self.desk().rows]

    def current_id(self) -> int:
        current = self.desk().current
        assert current is not None and current.ticket_id is not None
        return current.ticket_id


def code_of(run: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        run()
    return refusal.value.code


def test_the_list_names_everybody_in_order(house: House) -> None:
    clinic = Clinic(house, arrived=3, absent=2)
    clinic.next()
    clinic.next()
    desk = clinic.desk()
    assert clinic.labels() == ["2", "3", "4", "5", "1"]
    assert [row.status for row in desk.rows] == ["called", "waiting", "booked", "booked", "done"]
    assert (desk.waiting, desk.done, desk.absent, desk.missed) == (1, 1, 2, 0)
    first = desk.rows[0]
    assert (first.name, first.gender, first.age) == ("王秀芳", "female", 52)
    assert set(first.actions) == {"recall", "start", "skip", "finish"}
    assert desk.next is not None and desk.next.label == "3"


def test_next_finishes_the_visit_and_owes_it_to_the_his(house: House) -> None:
    clinic = Clinic(house, arrived=2)
    clinic.next()
    waiting.start(clinic.doctor, ticket_id=clinic.current_id())
    house.later(minutes=7)
    desk = clinic.next()
    assert desk.current is not None and desk.current.label == "2"
    with house.sessions() as session:
        seen = session.get_one(Appointment, clinic.booked[0].id)
        owed = session.scalars(select(OutboxRow).where(col(OutboxRow.lane) == f"his:{seen.no}")).all()
    assert (seen.status, seen.fulfilled_at, seen.version) == (Status.FULFILLED, house.now, 4)
    assert '"status":"fulfilled"' in owed[-1].payload
    assert house.broken() == []


def test_pressing_twice_calls_one(house: House) -> None:
    clinic = Clinic(house, arrived=3)
    for _ in range(2):
        desk = waiting.next_patient(clinic.doctor, after=None)
        assert desk.current is not None and desk.current.label == "1"
    seen = clinic.current_id()
    for _ in range(2):
        desk = waiting.next_patient(clinic.doctor, after=seen)
        assert desk.current is not None and desk.current.label == "2"


def test_next_with_nobody_left_empties_the_room(house: House) -> None:
    clinic = Clinic(house, arrived=1)
    clinic.next()
    seen = clinic.current_id()
    desk = waiting.next_patient(clinic.doctor, after=seen)
    assert desk.current is None and desk.done == 1
    assert waiting.next_patient(clinic.doctor, after=seen).current is None


def test_recall_a_minute_apart_and_three_times_at_most(house: House) -> None:
    clinic = Clinic(house, arrived=1)
    clinic.next()
    ticket = clinic.current_id()
    house.later(seconds=18)
    with pytest.raises(Refusal) as refusal:
        waiting.recall(clinic.doctor, ticket_id=ticket)
    assert (refusal.value.code, refusal.value.extra) == ("recall_too_soon", {"seconds": 42})
    for calls in (2, 3):
        house.later(seconds=60)
        desk = waiting.recall(clinic.doctor, ticket_id=ticket)
        assert desk.current is not None and desk.current.calls == calls
    house.later(seconds=60)
    assert code_of(lambda: waiting.recall(clinic.doctor, ticket_id=ticket)) == "called_enough"


def test_missed_calls_go_back_three_places_and_the_third_time_last(house: House) -> None:
    clinic = Clinic(house, arrived=6)
    for misses in (1, 2):
        while clinic.desk().current is None or clinic.desk().current.label != "1":  # type: ignore[union-attr]
            clinic.next()
            current = clinic.desk().current
            assert current is not None
            if current.label != "1":
                assert misses == 2  # the three before number 1 are seen first
        desk = waiting.skip(clinic.doctor, ticket_id=clinic.current_id())
        assert desk.current is None and desk.missed == 1
        if misses == 1:
            assert clinic.labels() == ["2", "3", "4", "1", "5", "6"]
    assert [row.label for row in clinic.desk().rows if row.status in {"waiting", "missed"}] == ["5", "6", "1"]
    clinic.next()
    waiting.skip(clinic.doctor, ticket_id=clinic.current_id())  # number 5, behind 6 and 1
    assert [row.label for row in clinic.desk().rows if row.status in {"waiting", "missed"}] == ["6", "1", "5"]


def test_calling_one_out_of_turn_needs_an_empty_room(house: House) -> None:
    clinic = Clinic(house, arrived=3)
    third = next(row for row in clinic.desk().rows if row.label == "3")
    assert third.ticket_id is not None
    clinic.next()
    assert code_of(lambda: waiting.call(clinic.doctor, ticket_id=third.ticket_id or 0)) == "room_busy"
    waiting.finish(clinic.doctor, ticket_id=clinic.current_id())
    desk = waiting.call(clinic.doctor, ticket_id=third.ticket_id)
    assert desk.current is not None and desk.current.label == "3"
    waiting.start(clinic.doctor, ticket_id=third.ticket_id)
    assert code_of(lambda: waiting.skip(clinic.doctor, ticket_id=third.ticket_id or 0)) == "wrong_status"
    assert code_of(lambda: waiting.start(clinic.doctor, ticket_id=third.ticket_id or 0)) == "wrong_status"


def test_a_desk_is_its_doctors_alone(house: House) -> None:
    clinic = Clinic(house, arrived=1)
    ticket = clinic.desk().rows[0].ticket_id or 0
    other = doctor_actor(a_doctor(house.sessions, name="刘敏"))
    assert waiting.desk(other).clinic is None
    for act in (waiting.call, waiting.recall, waiting.start, waiting.skip, waiting.finish):
        assert code_of(lambda act=act: act(other, ticket_id=ticket)) == "not_found"  # type: ignore[misc]
    assert code_of(lambda: waiting.desk(other, schedule_id=clinic.schedule_id)) == "not_found"
    assert code_of(lambda: waiting.next_patient(other, after=None, schedule_id=clinic.schedule_id)) == "not_found"
    strangers: list[tuple[Actor, str]] = [
        (ANONYMOUS, "signed_out"),
        (patient_actor(clinic.booked[0].account_id), "forbidden"),
        (KIOSK, "forbidden"),
        (CLERK, "forbidden"),
        (HOSPITAL_ADMIN, "forbidden"),
    ]
    for actor, code in strangers:
        assert code_of(lambda actor=actor: waiting.desk(actor)) == code  # type: ignore[misc]
        assert code_of(lambda actor=actor: waiting.next_patient(actor, after=None)) == code  # type: ignore[misc]
        assert code_of(lambda actor=actor: waiting.finish(actor, ticket_id=ticket)) == code  # type: ignore[misc]
    assert clinic.desk().rows[0].status == "waiting"


def test_a_pooled_clinic_is_called_by_its_departments_doctors(house: House) -> None:
    clinic = Clinic(house, arrived=1)
    with house.sessions.begin() as session:
        schedule = session.get_one(Schedule, clinic.schedule_id)
        schedule.doctor_id, schedule.provider = None, "pool:03.01:2诊室"
    other = doctor_actor(a_doctor(house.sessions, name="刘敏"))
    desk = waiting.next_patient(other, after=None)
    assert desk.clinic is not None and desk.clinic.pooled
    assert desk.current is not None and desk.current.label == "1"
    assert waiting.desk(doctor_actor(clinic.doctor_id, department="07")).clinic is None


def test_a_returning_patient_is_marked(house: House) -> None:
    clinic = Clinic(house, arrived=1)
    earlier = a_schedule(house.sessions, doctor_id=clinic.doctor_id, on=clinic.booked[0].on.replace(day=1))
    assert not clinic.desk().rows[0].returning
    before = a_booked_appointment(
        house.sessions,
        schedule_id=earlier,
        account_id=clinic.booked[0].account_id,
        patient_id=clinic.booked[0].patient_id,
    )
    with house.sessions.begin() as session:
        session.get_one(Appointment, before.id).status = Status.FULFILLED
    assert clinic.desk().rows[0].returning
