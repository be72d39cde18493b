"""锁号: the batch that grants or refuses each of a list of holds, in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import load_only
from sqlmodel import col

from hospital_app.domain.appointment import LIVE, Status
from hospital_app.domain.authority import account_frozen
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.consent import consent_required
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import appointment_no, provider_day
from hospital_app.domain.policy import check_bookable
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.identity import Account, FamilyMember, Patient
from hospital_app.models.operation import IdempotencyKey
from hospital_app.services import consents, families, his_outbox, limits, releasing, slots
from hospital_app.services.lottery import digits
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """One wish for a number. `key` is the client's Idempotency-Key."""

    account_id: int
    patient_id: int
    schedule_id: int
    starts_at: datetime
    key: str
    terminal: str = "web"

    @property
    def body_hash(self) -> str:
        text = f"{self.schedule_id}|{self.starts_at.isoformat()}|{self.patient_id}"
        return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Period:
    """What an appointment takes from the schedule of its half hour."""

    provider: str
    on: date
    department_code: str
    doctor_id: int | None
    fee_fen: int


# Names and numbers of people are sealed: open what must be looked at, and nothing else.
_NEEDED_OF_PATIENT: tuple[Any, ...] = (
    col(Patient.name),
    col(Patient.document_number),
    col(Patient.born_on),
    col(Patient.gender),
    col(Patient.noshow_banned_until),
)


def hold_many(work: Work, requests: list[HoldRequest]) -> list[str | Refusal]:
    """For each request the number of its appointment, or why not, in the order given.

    A refusal leaves no trace of its request; that of a batch of one is raised, since nothing has to outlive it.
    A duplicate that only a unique index can see raises IntegrityError for the whole batch: the flow replays it,
    and then one by one.
    """
    if len(requests) == 1:
        return [_hold(work, requests[0])]
    return [_hold_or_refuse(work, request) for request in requests]


def _hold_or_refuse(work: Work, request: HoldRequest) -> str | Refusal:
    try:
        with work.session.begin_nested():
            return _hold(work, request)
    except Refusal as refusal:
        # The same key may have been granted beside us a moment ago: then that is the answer, not "duplicate".
        return earlier(work, request=request) or refusal


def _hold(work: Work, request: HoldRequest) -> str:
    before = earlier(work, request=request)
    if before is not None:
        return before
    period = _open_period(work, request)
    _check_person(work, request)
    releasing.lapse_stale(work, account_id=request.account_id, patient_id=request.patient_id)
    _check_single(work, request, period)
    today = clinic_day(work.now)
    for subject in limits.subjects(account_id=request.account_id, patient_id=request.patient_id):
        limits.count_booking(work, subject=subject, on=today)
    picked = slots.pick(work, schedule_id=request.schedule_id, starts_at=request.starts_at, count=1)
    if not picked:
        raise slot_taken()
    return _grant(work, request, period, picked[0])


def slot_taken() -> Refusal:
    return Refusal("slot_taken", "这个时段的号刚刚被约完，请选择其他时段。")


def _grant(work: Work, request: HoldRequest, period: _Period, slot: Slot) -> str:
    releasing.vacate(work, slot=slot)
    held_until = work.now + timedelta(minutes=work.rules.hold_minutes)
    if slot.id is None or not slots.take(work, slot=slot, held_until=held_until):
        raise slot_taken()
    appointment = Appointment(
        no=appointment_no(period.on, digits(8)),
        account_id=request.account_id,
        patient_id=request.patient_id,
        schedule_id=request.schedule_id,
        slot_id=slot.id,
        provider_day=provider_day(period.provider, period.on),
        department_code=period.department_code,
        doctor_id=period.doctor_id,
        on=period.on,
        seq=slot.seq,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        status=Status.PENDING,
        held_until=held_until,
        fee_fen=period.fee_fen,
        terminal=request.terminal,
        code=digits(8),
        created_at=work.now,
    )
    work.session.add(appointment)
    work.session.add(
        IdempotencyKey(
            account_id=request.account_id,
            key=request.key,
            body_hash=request.body_hash,
            appointment_no=appointment.no,
            created_at=work.now,
        )
    )
    work.session.flush()
    his_outbox.queue(work, appointment=appointment, slots=[slot])
    work.later("hold.expire", run_at=held_until, no=appointment.no)
    work.record("hold", f"appointment:{appointment.no}", schedule_id=request.schedule_id, seq=slot.seq)
    work.hint(f"schedule:{request.schedule_id}", f"appointment:{appointment.no}", "today")
    return appointment.no


def earlier(work: Work, *, request: HoldRequest) -> str | None:
    """The answer given before to the same key; raises Refusal 422 for the same key with another body."""
    found = work.session.execute(
        select(col(IdempotencyKey.body_hash), col(IdempotencyKey.appointment_no)).where(
            col(IdempotencyKey.account_id) == request.account_id, col(IdempotencyKey.key) == request.key
        )
    ).one_or_none()
    if found is None:
        return None
    if found.body_hash != request.body_hash:
        raise Refusal("key_reused", "这次提交与上一次内容不同，请返回后重新选择时段。", 422)
    return str(found.appointment_no)


def _open_period(work: Work, request: HoldRequest) -> _Period:
    found = work.session.execute(
        select(
            col(Schedule.provider),
            col(Schedule.on),
            col(Schedule.department_code),
            col(Schedule.doctor_id),
            col(Schedule.fee_fen),
            col(Schedule.suspended),
            col(Schedule.released_at),
            col(Slot.ends_at),
        )
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(col(Slot.schedule_id) == request.schedule_id, col(Slot.starts_at) == request.starts_at)
        .limit(1)
    ).one_or_none()
    if found is None:
        raise not_found("这个时段")
    if found.suspended:
        raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    check_bookable(
        work.rules,
        now=work.now,
        released_at=found.released_at,
        starts_at=request.starts_at,
        ends_at=found.ends_at,
    )
    return _Period(found.provider, found.on, found.department_code, found.doctor_id, found.fee_fen)


def _check_person(work: Work, request: HoldRequest) -> None:
    """The person stands in this account's list, is complete, what must be agreed to is, and nobody is barred."""
    found = work.session.execute(
        select(
            Patient,
            col(Account.frozen_until),
            col(Account.booking_banned_until),
            consents.agreed_to_health_data(),
        )
        .join(FamilyMember, col(FamilyMember.patient_id) == col(Patient.id))
        .join(Account, col(FamilyMember.account_id) == col(Account.id))
        .where(col(FamilyMember.account_id) == request.account_id, col(Patient.id) == request.patient_id)
        .options(load_only(*_NEEDED_OF_PATIENT))
    ).one_or_none()
    if found is None:
        raise not_found("这位就诊人")
    patient, frozen_until, banned_until, agreed = found
    if not agreed:
        raise consent_required()
    missing = families.missing_for(work, account_id=request.account_id, patient=patient)
    if missing:
        raise families.incomplete(missing, patient_id=request.patient_id)
    if frozen_until is not None and frozen_until > work.now:
        raise account_frozen()
    banned = [until for until in (banned_until, patient.noshow_banned_until) if until]
    if banned and max(banned) > work.now:
        raise Refusal(
            "noshow_penalty",
            "因多次爽约，{until} 之前不能在线预约，如需就诊请到窗口挂号。",
            403,
            params={"until": clinic_day(max(banned)).isoformat()},
        )


def _check_single(work: Work, request: HoldRequest, period: _Period) -> None:
    """One live appointment per patient, doctor and day; the unique index is the judge, this is the kind word."""
    other = work.session.execute(
        select(col(Appointment.no), col(Appointment.account_id)).where(
            col(Appointment.patient_id) == request.patient_id,
            col(Appointment.provider_day) == provider_day(period.provider, period.on),
            col(Appointment.status).in_([status.value for status in LIVE]),
        )
    ).first()
    if other is None:
        return
    if other.account_id != request.account_id:
        raise Refusal("duplicate_booking", "这位就诊人当天已由其他账号约了这位医生，请换一天或换一位医生。")
    raise Refusal(
        "duplicate_booking",
        "这位就诊人当天已经约了这位医生，请在“我的挂号”里查看或改签。",
        extra={"no": other.no},
    )
