"""Checking in, three ways, and how far it is."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor
from hospital_app.flows import waiting
from hospital_app.models.booking import Appointment
from hospital_app.models.operation import OutboxRow
from hospital_app.models.waiting import Ticket
from hospital_app.services import waiting as services
from hospital_app.services.slips import qr_text
from hospital_app.work import transaction
from tests.support.booked import CLERK, KIOSK, a_booked_appointment, doctor_actor
from tests.support.builders import a_doctor, a_schedule, first_period
from tests.support.house import House, patient_actor


@pytest.fixture
def schedule_id(house: House) -> int:
    found = a_schedule(house.sessions)
    house.at(first_period())
    return found


def refused(house: House, actor: Actor, **presented: str) -> str:
    with pytest.raises(Refusal) as refusal:
        waiting.check_in(actor, **presented)
    return refusal.value.code


def stored(house: House, no: str) -> Appointment:
    with house.sessions() as session:
        return session.scalars(select(Appointment).where(col(Appointment.no) == no)).one()


@pytest.mark.parametrize("way", ["qr", "code", "spaced code", "area"])
def test_three_ways_to_check_in(house: House, schedule_id: int, way: str) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=2)
    own = patient_actor(booked.account_id)
    presented, actor = {
        "qr": ({"qr": qr_text(no=booked.no, version=booked.version)}, KIOSK),
        "code": ({"code": booked.code}, CLERK),
        "spaced code": ({"code": f"{booked.code[:4]} {booked.code[4:]}"}, own),
        "area": ({"no": booked.no, "area_code": " a1-2468 "}, own),
    }[way]
    position = waiting.check_in(actor, **presented)
    assert (position.status, position.ticket_no, position.ahead) == ("waiting", "2", 0)
    assert (position.room, position.area_code) == ("2诊室", "A1")
    row = stored(house, booked.no)
    assert (row.status, row.version, row.checked_in_at) == (Status.CHECKED_IN, booked.version + 1, house.now)
    with house.sessions() as session:
        owed = session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "his.sync")).all()
    assert len(owed) == 1 and '"status":"checked-in"' in owed[0].payload


def test_the_same_slip_works_once(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    qr = qr_text(no=booked.no, version=booked.version)
    waiting.check_in(KIOSK, qr=qr)
    assert refused(house, KIOSK, qr=qr) == "already_used"
    assert refused(house, CLERK, code=booked.code) == "already_used"
    with house.sessions() as session:
        assert len(session.scalars(select(Ticket)).all()) == 1


def test_the_window_opens_an_hour_before_the_period_and_ends_with_the_session(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=4)  # the second period, 8:30
    house.later(minutes=-31)
    assert refused(house, KIOSK, code=booked.code) == "too_early"
    house.later(minutes=1)
    waiting.check_in(KIOSK, code=booked.code)
    late = a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=1)
    house.at(first_period())
    house.later(hours=4)
    assert refused(house, KIOSK, code=late.code) == "not_today"


def test_the_slip_of_another_day_is_refused(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    house.later(days=-1)
    assert refused(house, KIOSK, qr=qr_text(no=booked.no, version=booked.version)) == "not_today"
    assert refused(house, KIOSK, code=booked.code) == "not_found"


def test_forged_outdated_and_malformed_slips(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    good = qr_text(no=booked.no, version=booked.version)
    assert refused(house, KIOSK, qr=good[:-1] + ("A" if good[-1] != "A" else "B")) == "bad_qr"
    assert refused(house, KIOSK, qr=qr_text(no=booked.no, version=booked.version - 1)) == "bad_qr"
    assert refused(house, KIOSK, qr="https://example.invalid/") == "bad_qr"
    assert refused(house, KIOSK, code="1234") == "bad_qr"
    assert refused(house, KIOSK, code="１２３４５６７８") == "bad_qr"
    assert refused(house, KIOSK, no=booked.no) == "malformed"
    assert refused(house, KIOSK) == "malformed"
    assert stored(house, booked.no).status == Status.BOOKED


def test_only_ones_own_and_only_in_the_right_area(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    stranger = patient_actor(booked.account_id + 1000)
    assert refused(house, stranger, code=booked.code) == "not_found"
    assert refused(house, stranger, no=booked.no, area_code="A1-2468") == "not_found"
    assert refused(house, patient_actor(booked.account_id), no=booked.no, area_code="B9-0000") == "wrong_area"
    assert refused(house, ANONYMOUS, code=booked.code) == "signed_out"
    assert refused(house, doctor_actor(1), code=booked.code) == "forbidden"
    assert stored(house, booked.no).status == Status.BOOKED


def test_a_cancelled_number_cannot_check_in(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    with house.sessions.begin() as session:
        session.get_one(Appointment, booked.id).status = Status.CANCELLED
    assert refused(house, KIOSK, code=booked.code) == "wrong_status"


def test_position_before_and_after_checking_in(house: House, schedule_id: int) -> None:
    booked = [a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=n) for n in (1, 2, 3)]
    for each in (booked[0], booked[2]):
        waiting.check_in(KIOSK, code=each.code)
    me = patient_actor(booked[1].account_id)
    before = waiting.position(me, no=booked[1].no)
    assert (before.status, before.ahead, before.ticket_no) == ("booked", 1, "2")
    last = waiting.position(patient_actor(booked[2].account_id), no=booked[2].no)
    assert last.ahead == 1
    waiting.check_in(me, code=booked[1].code)
    assert waiting.position(patient_actor(booked[2].account_id), no=booked[2].no).ahead == 2
    assert 0 < before.eta_low <= before.eta_minutes <= before.eta_high
    with pytest.raises(Refusal) as refusal:
        waiting.position(me, no=booked[0].no)
    assert refusal.value.code == "not_found"


def test_position_names_the_room_when_called(house: House) -> None:
    doctor_id = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    house.at(first_period())
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    waiting.check_in(KIOSK, code=booked.code)
    waiting.next_patient(doctor_actor(doctor_id), after=None)
    position = waiting.position(patient_actor(booked.account_id), no=booked.no)
    assert (position.status, position.room, position.ahead, position.eta_high) == ("called", "2诊室", 0, 0)
    assert position.current == "1"


def test_checking_in_tells_the_screens(house: House, schedule_id: int) -> None:
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    rules = house.container.settings.rules
    with transaction(house.sessions, now=house.now, actor=KIOSK, rules=rules) as work:
        services.check_in(work, code=booked.code)
        assert work.topics == {f"queue:{schedule_id}", "area:A1", f"appointment:{booked.no}", "today"}
