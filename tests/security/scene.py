"""Somebody whose things others reach for, and those others."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.identity import ADMIN_ROLES, Role
from hospital_app.models.booking import ScheduleTemplate
from hospital_app.models.hospital import Area
from hospital_app.models.identity import LoginSession, Staff
from hospital_app.services.sessions import fingerprint
from tests.support.browser import new_document
from tests.support.living import AREA, DEPARTMENT, HALF_HOUR, Living, OnDuty
from tests.support.people import PASSWORD
from tests.support.totp import next_code
from tests.support.waiting import wait_until

#: Full name, ID number: nobody but the victim's own doctor may ever be told.
VICTIM_NAME = "慕容守秘"


@dataclass
class Caller:
    """Somebody at a terminal. `cookie` is empty for who has not signed in."""

    name: str
    role: Role
    cookie: str = ""
    http: httpx.Client = field(default_factory=httpx.Client)
    phone: str = ""


@dataclass
class Scene:
    living: Living
    victim: Caller
    account_id: int
    patient_id: int
    doctor: OnDuty
    doctor_staff_id: int
    desk: Caller  # the doctor's own
    schedule: int
    waiting: str  # no: checked in, waiting at the doctor's desk
    ticket: int
    booked: str  # no: paid, of another day
    held: str  # no: not paid yet
    unsaid: str  # no: paid; no test ever names it
    area_code: str  # the code on the wall
    starts_at: datetime  # of the clinic
    code: str  # the eight digits of `booked`
    consent_id: int  # the victim's
    template_id: int  # of the doctor's department
    secrets: dict[str, str] = field(default_factory=dict)  # what → what no stranger may be told
    strangers: list[Caller] = field(default_factory=list)

    @property
    def session_id(self) -> int:
        """The victim's newest session."""
        token_hash = fingerprint(self.victim.cookie.partition("=")[2])
        with self.living.sessions() as session:
            found = session.scalar(select(col(LoginSession.id)).where(col(LoginSession.token_hash) == token_hash))
        return found or 0

    @property
    def period(self) -> str:
        """The clinic's first half hour, as the pages name it."""
        return f"{self.schedule}-{int(self.starts_at.timestamp())}"


def make(living: Living) -> Scene:
    """A patient with one appointment in every state that matters, and one caller of each other kind."""
    doctor = living.employ("守口瓶")
    today = living.clinic_now(doctor)
    coming = [living.morning(doctor, days=days) for days in (2, 3, 4)]
    victim = patient(living, "victim")
    document = new_document()
    patient_id = add_person(victim, VICTIM_NAME, document)
    kiosk = staff(living, "kiosk", Role.KIOSK)
    waiting, booked, unsaid = (hold(living, victim, schedule, patient_id) for schedule in (today, *coming[:2]))
    for no in (waiting, booked, unsaid):
        pay(living, victim, no)
    ticket_of = kiosk.http.post("/api/v1/check-ins", json={"code": living.appointment(waiting).code})
    assert ticket_of.status_code == 201, ticket_of.text
    held = hold(
        living, other := patient(living, "victim's other account"), coming[2], add_person(other, "慕容旁人", "")
    )
    desk = staff_session(living, "its doctor", doctor.staff_no, Role.DOCTOR)
    called = desk.http.post("/api/v1/desk/next", json={"after": None}).json()
    with living.sessions() as session:
        doctor_staff_id = session.scalar(select(col(Staff.id)).where(col(Staff.staff_no) == doctor.staff_no))
        own_templates = select(col(ScheduleTemplate.id)).where(col(ScheduleTemplate.department_code) == DEPARTMENT)
        template_id = session.scalar(own_templates.order_by(col(ScheduleTemplate.id)).limit(1))
        area_code = session.scalar(select(col(Area.check_in_code)).where(col(Area.code) == AREA)) or ""
    scene = Scene(
        living=living,
        victim=victim,
        account_id=living.appointment(booked).account_id,
        patient_id=patient_id,
        doctor=doctor,
        doctor_staff_id=doctor_staff_id or 0,
        desk=desk,
        schedule=today,
        waiting=waiting,
        ticket=int(called["current"]["ticket_id"]),
        booked=booked,
        held=held,
        unsaid=unsaid,
        area_code=area_code,
        starts_at=living.starts_at(today),
        code=living.appointment(booked).code,
        consent_id=int(victim.http.get("/api/v1/consents").json()["consents"][0]["id"]),
        template_id=template_id or 0,
    )
    scene.secrets = {
        "name": VICTIM_NAME,
        "phone": victim.phone,
        "document": document,
        "masked document": f"{document[:3]}{'*' * 11}{document[-4:]}",
        "unsaid no": unsaid,
        "its code": living.appointment(unsaid).code,
        "token": victim.cookie.partition("=")[2],
    }
    colleague = living.employ("另一位")
    living.clinic_now(colleague)
    stranger = patient(living, "another patient")
    add_person(stranger, "陌生人")
    scene.strangers = [
        Caller("nobody", Role.ANONYMOUS, http=client(living)),
        stranger,
        staff_session(living, "another doctor", colleague.staff_no, Role.DOCTOR),
        kiosk,
        staff(living, "clerk", Role.CLERK),
        staff(living, "department admin", Role.DEPARTMENT_ADMIN, department_code="07"),
        staff(living, "hospital admin", Role.HOSPITAL_ADMIN),
    ]
    wait_until(lambda: living.owed() == 0, seconds=60, what="the end of the outbox")
    return scene


def client(living: Living) -> httpx.Client:
    unkept = httpx.Limits(max_keepalive_connections=0)
    headers = {"Origin": living.url}
    return httpx.Client(base_url=living.url, trust_env=False, verify=False, timeout=60, limits=unkept, headers=headers)


def patient(living: Living, name: str) -> Caller:
    phone, http = living.new_phone(), client(living)
    assert http.post("/api/v1/sms-codes", json={"phone": phone}).status_code == 202
    answer = http.post("/api/v1/sessions", json={"phone": phone, "code": living.text_message(phone)["code"]})
    assert answer.status_code == 201, answer.text
    assert http.post("/api/v1/consents", json={"kind": "health-data"}).status_code == 201
    return Caller(name, Role.PATIENT, _cookie(http), http, phone)


def staff(living: Living, name: str, role: Role, **more: Any) -> Caller:
    number = f"S{uuid4().hex[:8]}"
    living.hire(number, role, **more)
    return staff_session(living, name, number, role)


def staff_session(living: Living, name: str, staff_no: str, role: Role) -> Caller:
    http = client(living)
    given = {"staff_no": staff_no, "password": PASSWORD}
    if role in ADMIN_ROLES:
        given["otp"] = next_code(staff_no)
    answer = http.post("/api/v1/staff/sessions", json=given)
    assert answer.status_code == 201, answer.text
    return Caller(name, role, _cookie(http), http)


def add_person(caller: Caller, name: str, document: str = "") -> int:
    body = {"name": name, "relation": "self", "document_number": document or new_document()}
    answer = caller.http.post("/api/v1/patients", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def hold(living: Living, caller: Caller, schedule: int, patient_id: int) -> str:
    starts_at = living.starts_at(schedule) + HALF_HOUR
    answer = caller.http.post(
        "/api/v1/appointments",
        json={"schedule_id": schedule, "starts_at": starts_at.isoformat(), "patient_id": patient_id},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["no"])


def pay(living: Living, caller: Caller, no: str) -> None:
    payment = caller.http.post(f"/api/v1/appointments/{no}/payments", json={"cash": "wechat"}).json()["payment_no"]
    assert caller.http.post(f"/sandbox/cashier/{payment}", json={"outcome": "success"}).status_code == 202
    wait_until(lambda: living.appointment(no).status == "booked", seconds=30, what=f"{no} booked")


def _cookie(http: httpx.Client) -> str:
    return f"guahao_session={http.cookies['guahao_session']}"
