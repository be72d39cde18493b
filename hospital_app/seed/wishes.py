"""申请与转诊：what waits for a decision, what was decided, and whom the doctor on duty has referred.

Through the product's own services, so that whoever decides finds patients, numbers and money behind each request.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.change import ChangeKind, Wanted
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.payment import Channel
from hospital_app.models.booking import Schedule
from hospital_app.models.identity import Staff
from hospital_app.seed import demo
from hospital_app.seed.accounts import DEPARTMENT_ADMIN_NO, DEPARTMENT_OF_ADMIN, DUTY_DOCTOR, FAMOUS_DOCTOR
from hospital_app.seed.hospital import Staffed
from hospital_app.seed.people import Person
from hospital_app.seed.plan import Stage
from hospital_app.services import changes, referring
from hospital_app.work import Work

_REFERRED_AGO = (timedelta(hours=21), timedelta(hours=5), timedelta(hours=2))
_PAID = 1  # of these, the earliest
_GROWN_UP = 18


@dataclass(frozen=True, slots=True)
class Wish:
    """`doctor`: the how-manieth of the department; the first clinic that begins after so many hours."""

    doctor: int
    kind: ChangeKind
    reason: str
    hours_ahead: int
    asked_ago: timedelta
    room: str | None = None
    per_period: int | None = None
    answer: str | None = None  # of the department's admin: empty approves; None: nobody has decided


WISHES = (
    Wish(2, ChangeKind.ADJUST, "原诊室检修空调", 30, timedelta(hours=28), room="227诊室", answer=""),
    Wish(3, ChangeKind.SUSPEND, "家中有事", 48, timedelta(hours=26), answer="当天本科只有您一位出诊，请先与同事调班。"),
    Wish(0, ChangeKind.SUSPEND, "外出参加学术会议", 72, timedelta(hours=3)),
    Wish(1, ChangeKind.QUOTA, "复诊患者增多，希望每半小时多放一个号", 50, timedelta(hours=2), per_period=5),
    Wish(4, ChangeKind.ADJUST, "与教学门诊合用诊室", 54, timedelta(minutes=40), room="228诊室"),
)


def file(stage: Stage, staffed: Staffed, people: list[Person]) -> None:
    """Of the department that has an admin of its own, and of the doctor on duty."""
    for wish in WISHES:
        _ask(stage, staffed, wish)
    _refer(stage, staffed, people)


def _ask(stage: Stage, staffed: Staffed, wish: Wish) -> None:
    """Around a long holiday a doctor may have no clinic to ask for."""
    doctors = _in_order(staffed, DEPARTMENT_OF_ADMIN)
    at = stage.now - wish.asked_ago
    doctor_id = doctors[wish.doctor % len(doctors)]
    clinic = stage.do(_clinic_after, doctor_id=doctor_id, after=stage.now + timedelta(hours=wish.hours_ahead))
    if clinic is None:
        return
    change_id = stage.do(
        changes.request,
        actor=stage.do(_doctor, doctor_id=doctor_id),
        at=at,
        schedule_id=clinic,
        kind=wish.kind.value,
        wanted=Wanted(room=wish.room, per_period=wish.per_period),
        reason=wish.reason,
    )
    if wish.answer is None:
        return
    admin, decided_at = stage.do(_admin), at + timedelta(hours=1)
    if wish.answer:
        stage.do(changes.reject, actor=admin, at=decided_at, change_id=change_id, answer=wish.answer)
    else:
        stage.do(changes.approve, actor=admin, at=decided_at, change_id=change_id)


def _refer(stage: Stage, staffed: Staffed, people: list[Person]) -> None:
    """To the department of the admin; the first patient has paid, the others are still asked to."""
    doctor = stage.do(_doctor, doctor_id=staffed.doctor_id(DUTY_DOCTOR))
    chance = stage.chance("referrals")
    grown_up = [person for person in people if person.age >= _GROWN_UP]
    candidates = iter(chance.sample(grown_up, min(len(grown_up), 60)))
    for place, ago in enumerate(_REFERRED_AGO):
        at = stage.now - ago
        given = _first_given(stage, doctor, candidates, at)
        if given is not None and place < _PAID:
            person, no = given
            patient = Actor(Role.PATIENT, account_id=person.account_id)
            demo.pay(stage, patient, no, at=at + timedelta(minutes=20), channel=Channel.WECHAT)


def _first_given(stage: Stage, doctor: Actor, candidates: Iterator[Person], at: datetime) -> tuple[Person, str] | None:
    """Who may have another number today gets one of tomorrow or later."""
    later = stage.now + timedelta(hours=20)
    free = [
        period
        for period in stage.do(referring.periods, actor=doctor, at=at, department_code=DEPARTMENT_OF_ADMIN)
        if period.starts_at > later
    ]
    for person in candidates if free else ():
        try:
            given = stage.do(
                referring.refer,
                actor=replace(doctor, terminal="desk"),
                at=at,
                patient_id=person.patient_id,
                schedule_id=free[0].schedule_id,
                starts_at=free[0].starts_at,
            )
        except Refusal:
            continue
        return person, given.no
    return None


def _in_order(staffed: Staffed, department_code: str) -> list[int]:
    """The doctors of a department, the famous one first."""
    found = [
        (hired.entry.name != FAMOUS_DOCTOR, doctor_id)
        for hired, doctor_id in staffed.doctors
        if hired.entry.department_code == department_code
    ]
    return [doctor_id for _, doctor_id in sorted(found)]


def _clinic_after(work: Work, *, doctor_id: int, after: datetime) -> int | None:
    return work.session.scalar(
        select(col(Schedule.id))
        .where(col(Schedule.doctor_id) == doctor_id, col(Schedule.starts_at) > after, ~col(Schedule.suspended))
        .order_by(col(Schedule.starts_at))
        .limit(1)
    )


def _doctor(work: Work, *, doctor_id: int) -> Actor:
    found = work.session.scalars(select(Staff).where(col(Staff.doctor_id) == doctor_id)).one()
    return Actor(Role.DOCTOR, staff_id=found.id, doctor_id=doctor_id, department_code=found.department_code)


def _admin(work: Work) -> Actor:
    found = work.session.scalars(select(Staff).where(col(Staff.staff_no) == DEPARTMENT_ADMIN_NO)).one()
    return Actor(Role.DEPARTMENT_ADMIN, staff_id=found.id, department_code=found.department_code)
