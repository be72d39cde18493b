from collections import Counter
from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import schedules as flow
from hospital_app.models.booking import Appointment, Schedule, ScheduleTemplate, Slot
from hospital_app.models.hospital import Doctor
from hospital_app.services import schedules, slots, templates
from hospital_app.services.schedules import TemplateEntry
from tests.support.booked import a_booked_appointment
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
ADMIN = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
OWN = Actor(Role.DEPARTMENT_ADMIN, staff_id=2, department_code="03.01")
OTHER = Actor(Role.DEPARTMENT_ADMIN, staff_id=3, department_code="07")


@pytest.fixture
def hospital(house: House) -> Hospital:
    built = a_hospital(house)
    flow.generate_ahead()
    return built


def entry_of(house: House, template_id: int) -> TemplateEntry:
    with house.sessions() as session:
        template = session.get_one(ScheduleTemplate, template_id)
        return TemplateEntry(**{name: getattr(template, name) for name in TemplateEntry.__dataclass_fields__})


def wednesday_of(house: House, hospital: Hospital) -> tuple[int, int]:
    """(template, schedule) of Dr Shan's Wednesday: 16 numbers in eight half hours."""
    with house.sessions() as session:
        clinic = session.scalars(
            select(Schedule).where(Schedule.provider == f"doctor:{hospital.shan}", Schedule.on == WEDNESDAY)
        ).one()
        return clinic.template_id or 0, clinic.id or 0


def numbers(house: House, schedule_id: int) -> tuple[int, Counter[str]]:
    """(capacity, how many numbers of each status)."""
    with house.sessions() as session:
        found = session.scalars(select(col(Slot.status)).where(col(Slot.schedule_id) == schedule_id))
        return session.get_one(Schedule, schedule_id).capacity, Counter(found)


def test_a_change_holds_from_its_day_on_and_leaves_what_is_generated(house: House, hospital: Hospital) -> None:
    template_id, schedule_id = wednesday_of(house, hospital)
    more = replace(entry_of(house, template_id), per_period=3, fee_fen=9000)
    house.do(templates.change, actor=OWN, template_id=template_id, entry=more, since=date(2026, 12, 3), generated=False)
    assert numbers(house, schedule_id) == (16, {"free": 16})
    house.do(schedules.generate, start=date(2026, 12, 9), days=1)
    with house.sessions() as session:
        new = session.scalars(
            select(Schedule).where(Schedule.provider == f"doctor:{hospital.shan}", Schedule.on == date(2026, 12, 9))
        ).one()
        old = session.get_one(ScheduleTemplate, template_id)
    assert (new.capacity, new.fee_fen) == (24, 9000)
    assert old.until == date(2026, 12, 2)
    week = house.do(templates.week, actor=OWN, department_code="03.01", doctor_id=hospital.shan)
    assert [(view.per_period, view.since) for view in week if view.weekday == 2] == [
        (2, None),
        (3, date(2026, 12, 3)),
    ]


def test_raising_adds_numbers_to_generated_days(house: House, hospital: Hospital) -> None:
    template_id, schedule_id = wednesday_of(house, hospital)
    a_booked_appointment(house.sessions, schedule_id=schedule_id)
    wanted = {
        "template_id": template_id,
        "entry": replace(entry_of(house, template_id), per_period=4, referral_percent=25, fee_fen=9000),
        "since": WEDNESDAY,
    }
    foreseen = house.do(templates.preview, actor=ADMIN, **wanted)
    effect = house.do(templates.change, actor=ADMIN, **wanted, generated=True)
    assert effect == foreseen
    assert (effect.clinics, effect.booked, effect.added, effect.removed, effect.stuck) == (2, 1, 32, 0, 0)
    assert numbers(house, schedule_id) == (32, {"busy": 1, "free": 31})
    with house.sessions() as session:
        kept = Counter(session.scalars(select(col(Slot.channel)).where(col(Slot.schedule_id) == schedule_id)))
        clinic = session.get_one(Schedule, schedule_id)
        booked = session.scalars(select(Appointment)).one()
    assert kept == {"online": 24, "referral": 8}
    assert clinic.fee_fen == 9000 and booked.fee_fen != 9000 and clinic.template_id != template_id
    assert house.broken() == []


def test_lowering_takes_only_free_ones_and_says_how_many_could_not_go(house: House, hospital: Hospital) -> None:
    template_id, schedule_id = wednesday_of(house, hospital)
    for seq in (1, 2):  # the whole first half hour
        a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq, name=f"王秀{seq}")
    with house.sessions() as session:
        third = session.scalars(select(Slot).where(Slot.schedule_id == schedule_id, Slot.seq == 3)).one()
    with house.sessions.begin() as session:  # somebody had the fourth and gave it back
        held = session.scalars(select(Slot).where(Slot.schedule_id == schedule_id, Slot.seq == 4)).one()
        appointment = session.scalars(select(Appointment)).first()
        assert appointment is not None
        session.add(
            Appointment(
                **{
                    **appointment.model_dump(exclude={"id", "live"}),
                    "no": "GH2611250000000001",
                    "slot_id": held.id,
                    "seq": held.seq,
                    "starts_at": held.starts_at,
                    "ends_at": held.ends_at,
                    "code": "00000001",
                    "status": "cancelled",
                }
            )
        )
    fewer = replace(entry_of(house, template_id), per_period=1, room="305")
    effect = house.do(
        templates.change, actor=OWN, template_id=template_id, entry=fewer, since=WEDNESDAY, generated=True
    )
    assert (effect.removed, effect.stuck, effect.kept) == (15, 1, 1)
    assert numbers(house, schedule_id) == (10, {"busy": 2, "free": 7, "busy-unavailable": 1})
    with house.sessions() as session:
        assert session.get_one(Schedule, schedule_id).room == "302"  # people were told that room
        assert session.get(Slot, third.id) is not None
    assert house.broken() == []


def test_ending_closes_generated_days_only_where_nobody_is_booked(house: House, hospital: Hospital) -> None:
    template_id, schedule_id = wednesday_of(house, hospital)
    a_booked_appointment(house.sessions, schedule_id=schedule_id)
    effect = house.do(templates.end, actor=OWN, template_id=template_id, since=WEDNESDAY, generated=True)
    assert (effect.clinics, effect.booked, effect.kept, effect.removed) == (2, 1, 1, 16)
    with house.sessions() as session:
        clinics = session.scalars(
            select(Schedule).where(Schedule.template_id == template_id).order_by(col(Schedule.on))
        )
        assert [clinic.suspended for clinic in clinics] == [False, True]
    made = house.do(schedules.generate, start=date(2026, 12, 8), days=3)
    assert len(made.schedule_ids) == 6 + 5 + 6
    assert house.broken() == []


def test_a_doctor_who_came_back_gets_clinics_on_days_that_were_generated(house: House, hospital: Hospital) -> None:
    with house.sessions.begin() as session:
        newcomer = Doctor(
            name="赵一", pinyin="zhaoyi", initials="zy", title="主治医师", specialty="", department_code="03.01"
        )
        session.add(newcomer)
        session.flush()
        doctor_id = newcomer.id
    choice = house.do(templates.providers, actor=OWN, department_code="03.01")
    assert [(one.name, one.room, one.clinics) for one in choice] == [
        ("单国立", "", 5),
        ("曾小敏", "", 5),
        ("赵一", "", 0),
        ("", "301", 5),
    ]
    entry = TemplateEntry(
        doctor_id, "03.01", 3, "afternoon", "associate", "306", time(13, 30), time(17, 30), 3, 6000, 20, 10
    )
    flow.add_template(OWN, entry=entry, since=WEDNESDAY)
    with house.sessions() as session:
        days = session.scalars(select(col(Schedule.on)).where(col(Schedule.doctor_id) == doctor_id)).all()
    assert days == [date(2026, 11, 26), date(2026, 12, 3)]
    with pytest.raises(Refusal) as refused:
        flow.add_template(OWN, entry=entry, since=WEDNESDAY)
    assert refused.value.code == "template_exists"


def test_a_department_admin_stays_in_the_own_department(house: House, hospital: Hospital) -> None:
    template_id, _ = wednesday_of(house, hospital)
    entry = entry_of(house, template_id)
    wanted = {"template_id": template_id, "since": WEDNESDAY}
    for service, given in (
        (templates.preview, {**wanted, "entry": entry}),
        (templates.change, {**wanted, "entry": entry, "generated": True}),
        (templates.preview_end, wanted),
        (templates.end, {**wanted, "generated": True}),
        (templates.add, {"entry": replace(entry, weekday=6), "since": WEDNESDAY}),
        (templates.providers, {"department_code": "03.01"}),
        (templates.week, {"department_code": "03.01", "doctor_id": hospital.shan}),
    ):
        with pytest.raises(Refusal) as refused:
            house.do(service, actor=OTHER, **given)
        assert refused.value.code in {"forbidden", "not_found"}
    assert {view.department_code for view in house.do(templates.listing, actor=OTHER)} == {"07"}
    assert house.do(templates.listing, actor=OTHER, department_code="03.01") == []


@pytest.mark.parametrize("since", [TUESDAY, date(2026, 11, 1), date(2028, 1, 1)])
def test_a_change_begins_tomorrow_at_the_earliest(house: House, hospital: Hospital, since: date) -> None:
    template_id, _ = wednesday_of(house, hospital)
    with pytest.raises(Refusal) as refused:
        house.do(templates.end, actor=ADMIN, template_id=template_id, since=since, generated=False)
    assert refused.value.code == "bad_since"


def test_a_number_held_meanwhile_is_not_taken_away(house: House, hospital: Hospital) -> None:
    template_id, schedule_id = wednesday_of(house, hospital)
    with house.sessions() as session:
        first = session.scalars(select(Slot).where(Slot.schedule_id == schedule_id, Slot.seq == 2)).one()
    with house.sessions.begin() as session:
        session.get_one(Slot, first.id).status = "busy-tentative"
        session.get_one(Slot, first.id).held_until = house.now
    one = replace(entry_of(house, template_id), per_period=1)
    house.do(templates.change, actor=OWN, template_id=template_id, entry=one, since=WEDNESDAY, generated=True)
    assert house.do(slots.lock, ids=[first.id])[first.id or 0].status == "busy-tentative"
