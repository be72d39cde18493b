"""转诊: a doctor of this hospital gives a patient a number that is kept for referrals, at a colleague's or elsewhere.

It is held for this patient for some hours and paid for like every other; given back, it is kept for referrals again.
These numbers can be had before their release: they are kept for those whom a doctor sends.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import SlotStatus
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.errors import Refusal, forbidden, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.schedule import Channel, Provider
from hospital_app.domain.taking import slot_taken, suspended
from hospital_app.models.booking import Referral as Sent
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import Doctor
from hospital_app.models.identity import Patient
from hospital_app.services import change_notices, his_outbox, limits, overbooking, pending, releasing, slots, unmasking
from hospital_app.work import Work

LISTED = 500


@dataclass(frozen=True, slots=True)
class Referred:
    """Whom a document belongs to, masked."""

    patient_id: int
    name: str
    gender: str
    born_on: date | None


@dataclass(frozen=True, slots=True)
class ReferralPeriod:
    """A half hour in which `left` numbers are kept for referrals."""

    schedule_id: int
    doctor_name: str  # empty: 普通门诊
    doctor_title: str
    service_type: str
    on: date
    session: str
    room: str
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    left: int


@dataclass(frozen=True, slots=True)
class Referral:
    """The number that is held for the patient until then."""

    no: str
    seq: int
    starts_at: datetime
    held_until: datetime
    fee_fen: int


def person(work: Work, *, document_number: str) -> Referred:
    """Whom the document belongs to that lies on the desk; on the trail. Raises `not_found`."""
    authority.check(work.actor, Right.REFER)
    found = work.session.scalars(unmasking.of_document(document_number[:40])).first()
    work.record("patient.find", "patient", by="document", found=[found.id] if found else [])
    if found is None or found.id is None:
        raise not_found("这位患者")
    return Referred(found.id, found.name_masked, found.gender, found.born_on)


def periods(work: Work, *, department_code: str) -> list[ReferralPeriod]:
    """Where a department still has numbers for referrals, but for one's own clinics."""
    mine = _provider(work)
    query = (
        select(Schedule, Doctor, col(Slot.starts_at), func.min(col(Slot.ends_at)), func.count(col(Slot.id)))
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .outerjoin(Doctor, col(Doctor.id) == col(Schedule.doctor_id))
        .where(
            col(Schedule.department_code) == department_code[:12],
            col(Schedule.on) >= clinic_day(work.now),
            ~col(Schedule.suspended),
            col(Schedule.provider) != mine,
            col(Slot.starts_at) > work.now,
            _kept(work.now),
        )
        .group_by(*Schedule.__table__.columns, *Doctor.__table__.columns, col(Slot.starts_at))  # type: ignore[attr-defined]
        .order_by(col(Slot.starts_at), col(Schedule.id))
        .limit(LISTED)
    )
    return [
        ReferralPeriod(
            schedule_id=schedule.id or 0,
            doctor_name=doctor.name if doctor else "",
            doctor_title=doctor.title if doctor else "",
            service_type=schedule.service_type,
            on=schedule.on,
            session=schedule.session,
            room=schedule.room,
            starts_at=starts_at,
            ends_at=ends_at,
            fee_fen=schedule.fee_fen,
            left=int(left),
        )
        for schedule, doctor, starts_at, ends_at, left in work.session.execute(query)
    ]


def refer(work: Work, *, patient_id: int, schedule_id: int, starts_at: datetime) -> Referral:
    """Hold a number for this patient, who is told. Raises Refusal slot_taken, duplicate_booking, limit_reached,
    suspended, own_clinic, not_found.
    """
    schedule = _clinic(work, schedule_id)
    patient = work.session.get(Patient, min(patient_id, ID_MAX))
    if patient is None:
        raise not_found("这位患者")
    account_id = overbooking.account_of(work, patient_id=patient_id)
    for subject in limits.subjects(account_id=account_id, patient_id=patient_id):
        limits.count_booking(work, subject=subject, on=clinic_day(work.now))
    if pending.live_with(work, patient_id=patient_id, provider=schedule.provider, on=schedule.on):
        raise Refusal("duplicate_booking", "这位就诊人当天已经约了这位医生，请选择其他日期。")
    until = _held_until(work, starts_at)
    slot = _pick(work, schedule_id=schedule_id, starts_at=starts_at, held_until=until)
    appointment = pending.write(
        work,
        schedule=schedule,
        slot=slot,
        account_id=account_id,
        patient_id=patient_id,
        held_until=until,
        terminal=work.actor.terminal,
        channel=Channel.REFERRAL.value,
    )
    work.session.add(
        Sent(appointment_id=appointment.id or 0, doctor_id=work.actor.doctor_id or 0, referred_at=work.now)
    )
    his_outbox.queue(work, appointment=appointment, slots=[slot])
    work.later("hold.expire", run_at=until, nos=[appointment.no])
    change_notices.tell(
        work,
        account_id=account_id,
        kind="referred",
        appointment_no=appointment.no,
        at=f"{local(slot.starts_at):%m-%d %H:%M}",
        until=f"{local(until):%m-%d %H:%M}",
    )
    work.record(
        "refer",
        f"appointment:{appointment.no}",
        doctor=work.actor.doctor_id,
        schedule_id=schedule_id,
        department=schedule.department_code,
        seq=slot.seq,
    )
    work.hint(f"schedule:{schedule_id}", f"appointment:{appointment.no}", "today")
    return Referral(appointment.no, slot.seq, slot.starts_at, until, schedule.fee_fen)


def _provider(work: Work) -> str:
    """The doctor's own clinics, by the key of schedules. Raises like `check`."""
    authority.check(work.actor, Right.REFER)
    if work.actor.doctor_id is None:
        raise forbidden()
    return Provider(work.actor.doctor_id).key


def _clinic(work: Work, schedule_id: int) -> Schedule:
    mine = _provider(work)
    schedule = work.session.get(Schedule, min(schedule_id, ID_MAX))
    if schedule is None:
        raise not_found("这次门诊")
    if schedule.provider == mine:
        raise Refusal("own_clinic", "转诊请选择其他医生的门诊；自己的复诊请用加号。")
    if schedule.suspended:
        raise suspended()
    return schedule


def _held_until(work: Work, starts_at: datetime) -> datetime:
    """For the hours of the rule, and not beyond the beginning of the visit; a quarter of an hour at least."""
    least = work.now + timedelta(minutes=work.rules.hold_minutes)
    return max(least, min(work.now + timedelta(hours=work.rules.referral_hold_hours), starts_at))


def _pick(work: Work, *, schedule_id: int, starts_at: datetime, held_until: datetime) -> Slot:
    """The lowest number of the half hour that is kept for referrals; locked and held."""
    query = (
        select(col(Slot.id))
        .where(
            col(Slot.schedule_id) == schedule_id,
            col(Slot.starts_at) == starts_at,
            col(Slot.starts_at) > work.now,
            _kept(work.now),
        )
        .order_by(col(Slot.seq))
    )
    for slot_id in work.session.scalars(query).all():
        slot = slots.lock(work, [slot_id])[slot_id or 0]
        releasing.vacate(work, slot=slot)
        done = work.change(
            update(Slot)
            .where(col(Slot.id) == slot_id, _kept(work.now))
            .values(status=SlotStatus.HELD, held_until=held_until, version=col(Slot.version) + 1)
        )
        if done == 1:
            return slots.lock(work, [slot_id])[slot_id or 0]
    raise slot_taken()


def _kept(now: datetime) -> ColumnElement[bool]:
    """Nobody's, and kept for referrals; once it has returned to everybody, a waitlist's first goes before."""
    return and_(
        slots.vacant(now),
        col(Slot.channel) == Channel.REFERRAL,
        ~col(Slot.overbooked),
        or_(col(Slot.opens_at) > now, ~slots.awaited(now)),
    )
