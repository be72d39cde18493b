"""转诊记录: who was sent from where to where, and what became of it; for administrators, to read only.

A department's are those that its doctors sent and those that were sent to it, where the appointment is now.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.referral import Outcome, Way
from hospital_app.models.booking import Appointment, Referral, Schedule
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Patient
from hospital_app.services import sent_referrals
from hospital_app.services.sent_referrals import SentReferral
from hospital_app.services.tallies import count_if
from hospital_app.work import Work

AT_ONCE = 50

Sender: Any = aliased(Doctor)
Home: Any = aliased(Department)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`department_code` empty: of all within reach. `way` is seen from one department, else it means nothing.

    `since` and `until`: when they were sent.
    """

    department_code: str = ""
    way: Way | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReferralRecord:
    """`from_department`: where the doctor works today."""

    from_department: str
    from_doctor: str
    from_title: str
    sent: SentReferral


@dataclass(frozen=True, slots=True)
class Page:
    """`counts`: how many there are of each outcome, whichever of them is asked for. `older`: to go on below."""

    records: tuple[ReferralRecord, ...]
    counts: dict[Outcome, int]
    older: int | None


def page(work: Work, *, wanted: Wanted, below: int | None = None, limit: int = AT_ONCE) -> Page:
    """The newest first. Raises `forbidden` for another department's."""
    reach = _reach(work, wanted)
    query = _joined(
        select(
            Referral,
            Appointment,
            Schedule,
            Doctor,
            col(Department.name),
            col(Patient.name_masked),
            Sender,
            Home.name,
        )
    ).where(*reach)
    if wanted.outcome is not None:
        query = query.where(_outcomes(work.now)[wanted.outcome])
    if below is not None:
        query = query.where(col(Referral.appointment_id) < min(below, ID_MAX))
    rows = work.session.execute(query.order_by(col(Referral.appointment_id).desc()).limit(limit + 1)).all()
    return Page(
        records=tuple(_record(work.now, *row) for row in rows[:limit]),
        counts=_counts(work, reach),
        older=rows[limit - 1][0].appointment_id if len(rows) > limit else None,
    )


def _reach(work: Work, wanted: Wanted) -> list[ColumnElement[bool]]:
    code: str | None = wanted.department_code[:12] or authority.own_department(work.actor, Right.SEE_REFERRALS)
    conditions = []
    if code is not None:
        authority.check_department(work.actor, Right.SEE_REFERRALS, code)
        sent, received = Sender.department_code == code, col(Schedule.department_code) == code
        conditions.append({Way.SENT: sent, Way.RECEIVED: received, None: or_(sent, received)}[wanted.way])
    if wanted.since is not None:
        conditions.append(col(Referral.referred_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(Referral.referred_at) < wanted.until)
    return conditions


def _joined(query: "Select[*tuple[Any, ...]]") -> "Select[*tuple[Any, ...]]":
    return (
        query.select_from(Referral)
        .join(Appointment, col(Appointment.id) == col(Referral.appointment_id))
        .join(Schedule, col(Schedule.id) == col(Appointment.schedule_id))
        .join(Department, col(Department.code) == col(Schedule.department_code))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .outerjoin(Doctor, col(Doctor.id) == col(Schedule.doctor_id))
        .join(Sender, Sender.id == col(Referral.doctor_id))
        .join(Home, Home.code == Sender.department_code)
    )


def _outcomes(now: datetime) -> dict[Outcome, ColumnElement[bool]]:
    """What nobody paid for in time is expired from that second on, as everywhere."""
    status, reason = col(Appointment.status), col(Appointment.cancel_reason)
    late = and_(status == Status.PENDING, col(Appointment.held_until) <= now)
    expired = or_(late, and_(status == Status.CANCELLED, reason == CancelReason.EXPIRED))
    return {
        Outcome.WAITING: and_(status == Status.PENDING, ~expired),
        Outcome.TAKEN: status.in_([Status.BOOKED, Status.CHECKED_IN]),
        Outcome.USED: status == Status.FULFILLED,
        Outcome.MISSED: status == Status.NOSHOW,
        Outcome.EXPIRED: expired,
        Outcome.GIVEN_BACK: and_(status == Status.CANCELLED, reason != CancelReason.EXPIRED),
    }


def _counts(work: Work, reach: list[ColumnElement[bool]]) -> dict[Outcome, int]:
    sums = [count_if(condition) for condition in _outcomes(work.now).values()]
    row = work.session.execute(_joined(select(*sums)).where(*reach)).one()
    return {outcome: int(count) for outcome, count in zip(Outcome, row, strict=True)}


def _record(now: datetime, *row: Any) -> ReferralRecord:
    *of_sent, sender, home = row
    return ReferralRecord(home, sender.name, sender.title, sent_referrals.view(now, *of_sent))
