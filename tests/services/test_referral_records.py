"""转诊记录: a department admin sees what its doctors sent and what was sent to it; the hospital's admin everything."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.referral import Outcome, Way
from hospital_app.flows import booking, referrals
from hospital_app.models.booking import Appointment
from hospital_app.services import cash, referral_records
from hospital_app.services.referral_records import Wanted
from tests.support.booked import CLERK, HOSPITAL_ADMIN, department_admin, doctor_actor, employed
from tests.support.builders import people
from tests.support.hospital import Hospital, a_referring_hospital
from tests.support.house import House, patient_actor

FRIDAY = date(2026, 11, 27)
LUNGS, HEART = "03.01", "03.04"


@pytest.fixture
def hospital(house: House) -> Hospital:
    return a_referring_hospital(house)


def refer(hospital: Hospital, patient_id: int, *, to: str, at: int = 0) -> str:
    sender = doctor_actor(hospital.shan, department=LUNGS)
    found = [each for each in referrals.periods(sender, department_code=to) if each.on > FRIDAY]
    wanted = {"schedule_id": found[at].schedule_id, "starts_at": found[at].starts_at}
    return referrals.refer(sender, patient_id=patient_id, **wanted).no


def nos(actor: Actor, **wanted: Any) -> list[str]:
    return [each.sent.no for each in referrals.records(actor, wanted=Wanted(**wanted)).records]


def test_each_department_sees_both_directions(house: House, hospital: Hospital) -> None:
    persons = [person for _, person in people(house.sessions, 2)]
    away, within = refer(hospital, persons[0], to=HEART), refer(hospital, persons[1], to=LUNGS)
    lungs, heart, neither = department_admin(LUNGS), department_admin(HEART), department_admin("03.02")
    assert nos(HOSPITAL_ADMIN) == nos(lungs) == [within, away], "the newest first"
    assert (nos(lungs, way=Way.SENT), nos(lungs, way=Way.RECEIVED)) == ([within, away], [within])
    assert (nos(heart), nos(heart, way=Way.SENT), nos(heart, way=Way.RECEIVED)) == ([away], [], [away])
    assert nos(neither) == []
    assert nos(HOSPITAL_ADMIN, department_code=HEART) == [away]
    seen = referrals.records(heart, wanted=Wanted()).records[0]
    assert (seen.from_department, seen.sent.department_name) == ("呼吸内科", "心血管内科")
    assert seen.from_doctor and "*" in seen.sent.patient_name


def test_nobody_reaches_further_than_their_department(house: House, hospital: Hospital) -> None:
    account_id, patient_id = people(house.sessions, 1)[0]
    refer(hospital, patient_id, to=HEART)
    beyond = [(department_admin("03.02"), HEART), (department_admin(LUNGS), HEART)]
    others = [CLERK, patient_actor(account_id), doctor_actor(hospital.shan, department=LUNGS)]
    for actor, code in [*beyond, *((actor, code) for actor in others for code in ("", LUNGS))]:
        with pytest.raises(Refusal) as refusal:
            referrals.records(actor, wanted=Wanted(department_code=code))
        assert refusal.value.code == "forbidden"


def test_what_became_of_each_is_counted_and_can_be_asked_for(house: House, hospital: Hospital) -> None:
    employed(house.sessions, CLERK)
    pairs = people(house.sessions, 6)
    sent = [refer(hospital, person, to=HEART, at=at) for at, (_, person) in enumerate(pairs)]
    paid, seen, missed, left, unpaid, late = sent
    for no in (paid, seen, missed):
        house.do(cash.collect, actor=CLERK, no=no)
    with house.sessions.begin() as session:
        for no, status in ((seen, "fulfilled"), (missed, "noshow")):
            session.execute(update(Appointment).where(col(Appointment.no) == no).values(status=status))
        session.execute(
            update(Appointment).where(col(Appointment.no) == late).values(held_until=house.now + timedelta(minutes=5))
        )
    booking.cancel(patient_actor(pairs[3][0]), no=left)
    house.later(minutes=6)
    became = {
        Outcome.WAITING: [unpaid],
        Outcome.TAKEN: [paid],
        Outcome.USED: [seen],
        Outcome.MISSED: [missed],
        Outcome.EXPIRED: [late],
        Outcome.GIVEN_BACK: [left],
    }
    assert {outcome: nos(HOSPITAL_ADMIN, outcome=outcome) for outcome in Outcome} == became
    page = referrals.records(department_admin(HEART), wanted=Wanted(outcome=Outcome.USED))
    assert page.counts == dict.fromkeys(Outcome, 1), "whichever of them is asked for"
    assert nos(HOSPITAL_ADMIN, since=house.now) == nos(HOSPITAL_ADMIN, until=house.now - timedelta(hours=1)) == []
    assert len(nos(HOSPITAL_ADMIN, since=house.now - timedelta(hours=1), until=house.now)) == 6


def test_older_ones_come_page_by_page(house: House, hospital: Hospital) -> None:
    sent = [refer(hospital, person, to=HEART, at=at) for at, (_, person) in enumerate(people(house.sessions, 3))]
    asked = {"actor": HOSPITAL_ADMIN, "wanted": Wanted(), "limit": 2}
    first = house.do(referral_records.page, **asked)
    second = house.do(referral_records.page, **asked, below=first.older)
    assert [each.sent.no for page in (first, second) for each in page.records] == sent[::-1]
    assert (second.older, sum(second.counts.values())) == (None, 3)
