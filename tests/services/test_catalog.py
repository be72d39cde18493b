from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.flows import catalog
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import Doctor
from hospital_app.services import doctors, schedules
from hospital_app.services.doctors import DoctorEntry
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House

TUESDAY = date(2026, 11, 24)
EIGHT = datetime(2026, 11, 24, 0, tzinfo=UTC)


#: What is looked for → whose cards are found.
FOUND: dict[str, list[str]] = {
    "国立": ["单国立"],
    "shan": ["单国立"],
    "danguoli": ["单国立"],  # who only knows the character
    "Shan Guoli": ["单国立"],
    "guoli": ["单国立"],
    "sgl": ["单国立"],
    "zxm": ["曾小敏"],
    "cengxiao": ["曾小敏"],
    "ｚｘｍ": ["曾小敏"],
    "oyx": ["欧阳雪"],
    "ouyang": ["欧阳雪"],
    "高血压": ["欧阳雪"],
    "儿科": ["王芳", "普通门诊201"],
    "ek": ["王芳", "普通门诊201"],
    "心血管内科": ["欧阳雪"],
    "孩子咳嗽": ["王芳", "普通门诊201"],
    "uoli": [],
    "%": [],
    "_": [],
    "": [],
    "张三": [],
}


@pytest.fixture
def hospital(house: House) -> Hospital:
    """Tuesday 09:00, two weeks of clinics."""
    made = a_hospital(house)
    house.do(schedules.generate, start=TUESDAY, days=14)
    return made


def names(cards: list[catalog.Card]) -> list[str]:
    return [f"{card.name}{card.room}" for card in cards]


def sell(house: House, *, provider: str, on: date, status: str = "busy") -> None:
    with house.sessions.begin() as session:
        session.execute(
            update(Slot)
            .where(
                col(Slot.schedule_id).in_(
                    schedule.id for schedule in session.query(Schedule).filter_by(provider=provider, on=on)
                )
            )
            .values(status=status)
        )


def test_what_is_written_of_a_doctor_says_what_it_shows(house: House, hospital: Hospital) -> None:
    """Turned writing and unseen signs go; what looks like markup or a formula stays the text that it is."""
    entry = DoctorEntry("柳\u202e青", "female", "主任医师", "=1+1\u200b<b>", "\ufeff第一行\r\n第二行\x00 ", "07")
    doctor_id = house.do(doctors.add, entry=entry)
    house.do(doctors.correct, doctor_id=doctor_id, entry=entry)
    with house.sessions() as session:
        doctor = session.get_one(Doctor, doctor_id)
    assert (doctor.name, doctor.specialty, doctor.introduction) == ("柳青", "=1+1<b>", "第一行\n第二行")


def test_departments_are_the_open_ones_and_their_groups(house: House, hospital: Hospital) -> None:
    found = catalog.departments()
    assert [(d.code, d.open) for d in found] == [("03", False), ("03.01", True), ("03.04", True), ("07", True)]
    assert (found[1].parent, found[1].area_name, found[1].location) == ("03", "三层A区", "门诊楼3层")


def test_home_shows_hot_departments_with_todays_left(house: House, hospital: Hospital) -> None:
    first, second = catalog.departments_home()
    # 09:00: two of eight half hours are over; two doctors with 2 and the pool with 4 each
    assert (first.name, first.state, first.left_today, first.left_tomorrow) == ("呼吸内科", "free", 48, 64)
    sell(house, provider=f"doctor:{hospital.ouyang}", on=TUESDAY)
    second = catalog.departments_home()[1]
    assert (second.name, second.state, second.left_today, second.left_tomorrow) == ("心血管内科", "full", 0, 24)


def test_search(house: House, hospital: Hospital) -> None:
    assert {q: sorted(names(list(catalog.search(q).doctors))) for q in FOUND} == {
        q: sorted(found) for q, found in FOUND.items()
    }


def test_a_query_of_a_department_lists_doctors_and_pools(house: House, hospital: Hospital) -> None:
    assert sorted(names(catalog.doctors(department="03.01"))) == ["单国立", "普通门诊301", "曾小敏"]
    assert len(catalog.doctors(department="03")) == 4
    assert len(catalog.doctors()) == 6
    assert catalog.doctors(department="99") == []
    assert names(catalog.doctors(department="03.01", q="zxm")) == ["曾小敏"]
    assert catalog.doctors(department="07", q="zxm") == []


def test_a_red_flag_comes_before_the_departments(house: House, hospital: Hospital) -> None:
    found = catalog.triage("发烧，胸口疼")
    assert [a.flag for a in found.advice] == ["red_flag", "fever"]
    assert [d.code for d in found.departments] == ["03.04", "03.01"]  # the emergency room is no clinic to book
    assert catalog.search("胸痛").advice[0].text == "请立即前往急诊"
    assert catalog.triage("没有胸痛").advice == ()


def test_a_closed_department_is_answered_for_by_its_group(house: House, hospital: Hospital) -> None:
    assert [d.code for d in catalog.triage("小儿咳嗽三天").departments] == ["07"]
    assert {card.department_code for card in catalog.doctors(symptom="小儿咳嗽")} == {"07"}


def test_a_card_says_fee_rating_and_next_free_time(house: House, hospital: Hospital) -> None:
    with house.sessions.begin() as session:
        session.execute(update(Doctor).where(col(Doctor.id) == hospital.shan).values(rating_sum=4870, rating_count=100))
    card = catalog.doctor(hospital.shan)
    assert (card.rating, card.rating_count, card.fee_fen, card.kind) == (4.9, 100, 8000, "doctor")
    assert card.next_free_at == EIGHT + timedelta(hours=1)  # the half hour that begins now
    assert card.next_left == 12
    assert catalog.doctor(hospital.zeng).rating is None
    sell(house, provider=card.provider, on=TUESDAY)
    card = catalog.doctor(hospital.shan)
    assert card.next_free_at == EIGHT + timedelta(days=1)
    assert catalog.doctors(department="03.01")[-1].id == hospital.shan


def test_a_pooled_clinic_is_a_provider_too(house: House, hospital: Hospital) -> None:
    card = catalog.provider(hospital.pool)
    assert (card.kind, card.id, card.name, card.department, card.fee_fen) == (
        "pool",
        None,
        "普通门诊",
        "呼吸内科",
        5000,
    )
    assert len(catalog.calendar(provider=card.provider).cells) == 5 * 8


def status_of(provider: str) -> int:
    with pytest.raises(Refusal) as refused:
        catalog.calendar(provider=provider)
    return refused.value.status


def test_an_unknown_provider_is_not_found(house: House, hospital: Hospital) -> None:
    assert [status_of(provider) for provider in ("doctor:999999", "pool:03.01:999")] == [404, 404]


def test_a_malformed_provider_is_refused(house: House, hospital: Hospital) -> None:
    malformed = ["", "doctor:", "doctor:x", "doctor:1 OR 1=1", "pool:", "pool:03", "doctor:" + "9" * 30]
    assert {provider: status_of(provider) for provider in malformed} == dict.fromkeys(malformed, 422)


def test_a_retired_doctor_is_gone(house: House, hospital: Hospital) -> None:
    with house.sessions.begin() as session:
        session.execute(update(Doctor).where(col(Doctor.id) == hospital.shan).values(active=False))
    assert catalog.search("sgl").doctors == ()
    with pytest.raises(Refusal):
        catalog.doctor(hospital.shan)
