"""Words that people write reach calendars, slips and text messages as text: nothing unseen, no new line."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

import pytest
from icalendar import Calendar
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain import text_messages
from hospital_app.domain.errors import Refusal
from hospital_app.domain.passkeys import clean_label
from hospital_app.domain.staffing import check_name
from hospital_app.flows import booking, holidays, signin
from hospital_app.models.booking import Schedule
from hospital_app.models.hospital import Area, CalendarOverride, Department, Doctor
from hospital_app.models.operation import OutboxRow
from hospital_app.services import change_notices, departments, doctors, schedules
from hospital_app.services.departments import AreaEntry, DepartmentEntry
from hospital_app.services.doctors import DoctorEntry
from hospital_app.services.schedules import TemplateEntry
from tests.support.booked import HOSPITAL_ADMIN, a_booked_appointment
from tests.support.builders import AREA, DEPARTMENT, a_schedule, an_account
from tests.support.house import House, patient_actor

#: A tag, a turn of the direction of writing, two properties of a calendar, a terminal's colour.
EVIL = "<script>alert(1)</script>\u202eгpc\u2066\r\nATTENDEE:mailto:x@evil.example\nX-EVIL:1\u2028\x1b[31m"
UNSEEN = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]")
ONE_LINE = "<script>alert(1)</script>гpc ATTENDEE:mailto:x@evil.example X-EVIL:1 [31m"


class Pigeonhole:
    """SmsSender: what would leave the house."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, phone: str, template: str, params: Mapping[str, str]) -> str:
        self.texts.append(text_messages.fill(template, params))
        return phone


def test_what_administrators_write_is_kept_on_one_line(house: House) -> None:
    a_schedule(house.sessions)
    areas = [AreaEntry(AREA, EVIL[:40], EVIL, "A1-2468")]
    house.do(departments.save_areas, actor=HOSPITAL_ADMIN, areas=areas)
    name = f"呼吸\u202e内科\n{EVIL[:8]}"
    entry = DepartmentEntry(DEPARTMENT, name, location=EVIL, scope=EVIL, area_code=AREA, open=True)
    house.do(departments.save_departments, actor=HOSPITAL_ADMIN, departments=[entry])
    doctor = DoctorEntry("张\r\n国立", "male", "主任\u202e医师", EVIL, EVIL, DEPARTMENT)
    doctor_id = house.do(doctors.add, actor=HOSPITAL_ADMIN, entry=doctor)
    holidays.correct(HOSPITAL_ADMIN, on=date(2026, 12, 1), workday=False, name=" 院庆\r\nX:1\u202e ")
    with house.sessions() as session:
        area, department = session.get_one(Area, AREA), session.get_one(Department, DEPARTMENT)
        written = session.get_one(Doctor, doctor_id)
        assert (area.location, department.location, written.specialty) == (ONE_LINE, ONE_LINE, ONE_LINE)
        assert (department.name, written.name, written.title) == ("呼吸内科 <script>", "张 国立", "主任医师")
        assert session.get_one(CalendarOverride, date(2026, 12, 1)).name == "院庆 X:1"
        for text in (department.scope, written.introduction):
            assert UNSEEN.search(text) is None and "\nX-EVIL" in text  # paragraphs are their writer's


def test_names_and_rooms_of_two_lines_are_refused(house: House) -> None:
    with pytest.raises(Refusal):
        check_name("张\n三")
    with pytest.raises(Refusal):
        holidays.correct(HOSPITAL_ADMIN, on=date(2026, 12, 1), workday=False, name="\u200b\u202e")
    a_schedule(house.sessions)
    entry = TemplateEntry(None, DEPARTMENT, 0, "morning", "ordinary", "301\r\nX", time(8), time(12), 2, 1000)
    with pytest.raises(Refusal) as refusal:
        house.do(schedules.check_entry, actor=HOSPITAL_ADMIN, entry=entry)
    assert refusal.value.code == "bad_template"
    assert clean_label(" 我的\u202e手机\r\n<b> ") == "我的手机 <b>"


def test_a_calendar_entry_gains_no_property_and_no_direction(house: House) -> None:
    """Also of what was written before anybody filtered it."""
    schedule_id = a_schedule(house.sessions)
    booked = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    with house.sessions.begin() as session:
        session.execute(update(Area).values(location=EVIL))
        session.execute(update(Department).where(col(Department.code) == DEPARTMENT).values(name=EVIL[:60]))
        session.execute(update(Schedule).where(col(Schedule.id) == schedule_id).values(room="2\r\nX:1"))
    file = booking.ics(patient_actor(booked.account_id), no=booked.no).decode()
    assert not any(line.startswith(("ATTENDEE", "X-EVIL", "X:")) for line in file.splitlines())
    assert UNSEEN.search(file.replace("\r\n", "\n")) is None
    [event] = Calendar.from_ical(file).walk("VEVENT")
    assert set(event) <= {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS"}
    assert str(event["LOCATION"]) == f"{ONE_LINE} 2 X:1"


def test_a_text_message_stays_on_one_line(house: House) -> None:
    account_id = an_account(house.sessions)
    house.do(
        change_notices.tell,
        account_id=account_id,
        kind="adjusted-doctor",
        appointment_no=None,
        at="12-01 09:00",
        doctor=f"张\r\n【挂号】请到 evil.example 退款\u202e{EVIL}",
    )
    with house.sessions() as session:
        [payload] = session.scalars(select(col(OutboxRow.payload)).where(col(OutboxRow.kind) == "sms.notice"))
    letters = Pigeonhole()
    containers.use(replace(house.container, sms=letters))
    signin.send_notice(**json.loads(payload))
    [text] = letters.texts
    assert UNSEEN.search(text) is None and "\n" not in text
    assert "张 【挂号】请到 evil.example 退款<script>" in text
